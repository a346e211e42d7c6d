// What the tests of the ledger share.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "metrics/ledger_record.h"

namespace hearth {

// A folder of its own, gone with the object.
class LedgerTestFolder {
 public:
  LedgerTestFolder()
      : path_(std::filesystem::temp_directory_path() / ("hearth-ledger-" + std::to_string(std::random_device{}()))) {
    std::filesystem::create_directories(path_);
  }
  ~LedgerTestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LedgerTestFolder(const LedgerTestFolder&) = delete;
  LedgerTestFolder& operator=(const LedgerTestFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string file_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline LedgerRecord test_record(const std::string& key, double measured) {
  LedgerRecord record;
  record.time = std::chrono::system_clock::time_point(std::chrono::seconds(1'000));
  record.machine = "box";
  record.kind = "speed";
  record.key = key;
  record.metric = "decode_tok_s";
  record.unit = "tok/s";
  record.model = "m";
  record.precision = "q4-k-m";
  record.runtime = "llama";
  record.backend = "cpu";
  record.measured = measured;
  return record;
}

}  // namespace hearth
