// What a runtime compiled from a model, kept on disk: one file and beside it a record that says whose it is. Nothing is
// used before the record's key and the file's checksum are found right; what is not is removed, and compiled again.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "hearth/sdk/json_keys.h"
#include "hearth/sdk/mapped_file.h"

namespace hearth::sdk {

inline std::string hash_text(XXH128_hash_t hash) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text.data();
}

// XXH3 over the bytes of the files, one after the other; absent when one can't be read. It finds damage and confusion,
// not malice: whoever can write into the cache can write the record too.
inline std::optional<std::string> hash_files(const std::vector<std::filesystem::path>& paths) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const auto& path : paths) {
    const auto file = MappedFile::open(path);
    if (!file) return std::nullopt;
    if (file->size() > 0) XXH3_128bits_update(&state, file->data(), file->size());
  }
  return hash_text(XXH3_128bits_digest(&state));
}

// All that makes a compiled model another one.
struct CompiledKey {
  std::string model_hash;  // empty: not known, and nothing is found or kept
  std::string runtime;     // name and version
  std::string device;      // id and what is known of the hardware, such as the instruction sets
  std::string options;     // those that change what is compiled
  [[nodiscard]] nlohmann::json json() const {
    return {{"model_hash", model_hash}, {"runtime", runtime}, {"device", device}, {"options", options}};
  }
  [[nodiscard]] std::string name() const {
    const auto text = json_text(json());
    return hash_text(XXH3_128bits(text.data(), text.size()));
  }
};

// Thread-safe, and between processes: files appear whole under their final names. An empty folder name keeps nothing.
class CompiledCache {
 public:
  explicit CompiledCache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] bool enabled() const { return !folder_.empty(); }

  // What was compiled under `key`, checked; absent, with `note` saying why unless there simply was none, when it must
  // be compiled.
  [[nodiscard]] std::optional<MappedFile> find(const CompiledKey& key, std::string& note) const {
    std::error_code error;
    const auto record_path = path_of(key, ".json");
    if (!enabled() || key.model_hash.empty() || !std::filesystem::exists(record_path, error)) return std::nullopt;
    std::ifstream text(record_path, std::ios::binary);
    const auto record = nlohmann::json::parse(text, nullptr, false);
    if (!record.is_object() || record.value("format", 0) != kFormat) return refuse(key, "its record is broken", note);
    if (record.value("key", nlohmann::json()) != key.json()) return refuse(key, "it belongs to another model", note);
    auto file = MappedFile::open(path_of(key, ".bin"));
    if (!file || file->size() != record.value("bytes", std::uintmax_t{0}))
      return refuse(key, "its size is wrong", note);
    if (hash_text(XXH3_128bits(file->data(), file->size())) != record.value("xxh3_128", ""))
      return refuse(key, "its checksum is wrong", note);
    return file;
  }

  // What was found but could not be loaded after all.
  void discard(const CompiledKey& key, const std::string& why, std::string& note) const {
    (void)refuse(key, why, note);
  }

  // Where to write what will be committed; throws IO when the folder can't be made.
  [[nodiscard]] std::filesystem::path begin(const CompiledKey& key) const {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw Error(HEARTH_IO, "cannot make the cache folder " + folder_.string() + ": " + error.message());
    return path_of(key, "." + std::to_string(std::random_device{}()) + ".tmp");
  }

  // Files the written file under its key; false, with nothing left behind, when that fails: the model runs all the
  // same.
  bool commit(const CompiledKey& key, const std::filesystem::path& written) const {
    std::error_code error;
    const auto size = std::filesystem::file_size(written, error);
    const auto hash = error ? std::nullopt : hash_files({written});
    const auto record_tmp = written.string() + ".json";
    const nlohmann::json record = {
        {"format", kFormat}, {"key", key.json()}, {"bytes", size}, {"xxh3_128", hash.value_or("")}};
    bool done = hash.has_value() && !key.model_hash.empty();
    if (done) {
      std::ofstream out(record_tmp, std::ios::binary);
      out << json_text(record);
      out.close();
      done = out.good();
    }
    if (done) {
      std::filesystem::rename(written, path_of(key, ".bin"), error);
      if (!error) std::filesystem::rename(record_tmp, path_of(key, ".json"), error);
      done = !error;
    }
    if (!done) {
      std::filesystem::remove(written, error);
      std::filesystem::remove(record_tmp, error);
    }
    return done;
  }

 private:
  static constexpr int kFormat = 1;

  [[nodiscard]] std::filesystem::path path_of(const CompiledKey& key, const std::string& suffix) const {
    return folder_ / (key.name() + suffix);
  }
  std::nullopt_t refuse(const CompiledKey& key, const std::string& why, std::string& note) const {
    std::error_code ignored;
    std::filesystem::remove(path_of(key, ".json"), ignored);
    std::filesystem::remove(path_of(key, ".bin"), ignored);
    note = "the cached compilation was not used: " + why + "; compiled again";
    return std::nullopt;
  }

  std::filesystem::path folder_;
};

}  // namespace hearth::sdk
