// The ledger: every measurement that plans are held to, in one SQLite file that several processes may write.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hearth/result.h"
#include "metrics/ledger_record.h"

namespace hearth {

inline constexpr const char* kLedgerFile = "ledger.sqlite";  // below the home folder

struct LedgerOptions {
  // When there are more, the oldest record of the machine and key that has the most goes first.
  std::uint64_t records_max = 100'000;
  std::chrono::milliseconds busy_timeout{10'000};  // that a write waits for other processes
};

// Externally synchronised; processes synchronise through the file. Each record is one transaction that is on the disk
// when append() returns: a process that is killed, or a machine that loses power, loses at most the record under way.
// A file that turns out to be corrupt is set aside under another name, a new one is begun, and notices() says so.
class Ledger {
 public:
  // Makes the file where there is none; its folder must be there. kUnsupported: written by a newer version.
  // kUnavailable: others write for longer than the timeout. kPermissionDenied, kIo.
  static Result<Ledger> open(const std::filesystem::path& file, const LedgerOptions& options = {});
  ~Ledger();
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;

  // kInvalidArgument where a name that identifies the record is empty, a text is longer than 4 KiB, or a figure is not
  // finite.
  [[nodiscard]] Status append(const LedgerRecord& record) const;
  // Oldest first.
  [[nodiscard]] Result<std::vector<LedgerRecord>> records(const LedgerFilter& filter = {}) const;
  [[nodiscard]] Result<std::uint64_t> size() const;

  [[nodiscard]] const std::filesystem::path& file() const;
  // What the user should be told.
  [[nodiscard]] const std::vector<std::string>& notices() const;

 private:
  class State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hearth
