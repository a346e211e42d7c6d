// Models on this machine by name, their bytes addressed by content.
//
//   <home>/store/blobs/sha256-<hex>     the files, read-only, each once however many names it has
//   <home>/store/names/<name>.json      what a name stands for
//   <home>/store/tmp/                   blobs being copied in; what a crash left is removed after a day
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// What is known of one stored model.
struct StoredModel {
  std::string name;
  std::string sha256;
  std::uint64_t bytes = 0;
  std::string format;          // "gguf", ...
  std::string licence;         // empty where unknown
  std::string source;          // where it came from, in words
  std::string note;            // what the user should know of it
  std::string added_at;        // RFC 3339, UTC
  std::filesystem::path path;  // of the blob; not stored
};

// What put() and add_file() record beside the bytes.
struct ModelOrigin {
  std::string format;
  std::string licence;
  std::string source;
  std::string note;
};

// Names and blobs are written atomically: processes may share a store without a lock. Immutable after open().
class ModelStore {
 public:
  // Makes the folders. Errors as in platform/file.h.
  static Result<ModelStore> open(const std::filesystem::path& home);

  // Sorted by name. A record that can't be read is left out and named in `damaged`.
  [[nodiscard]] Result<std::vector<StoredModel>> list(std::vector<std::string>* damaged = nullptr) const;
  // kNotFound (the hint names the nearest name), kInvalidData (damaged record, or its blob is gone or of another size).
  [[nodiscard]] Result<StoredModel> find(const std::string& name) const;

  // Copies a file in under a name; an existing name is replaced only if `replace`. Bytes already stored are not copied
  // again.
  [[nodiscard]] Result<StoredModel> add_file(const std::string& name, const std::filesystem::path& file,
                                             const ModelOrigin& origin, bool replace) const;
  // The same for bytes in memory, for models the program carries.
  [[nodiscard]] Result<StoredModel> put(const std::string& name, std::span<const std::byte> bytes,
                                        const ModelOrigin& origin) const;
  // Removes the name, and the blob when no other name has it; returns the bytes freed.
  [[nodiscard]] Result<std::uint64_t> remove(const std::string& name) const;
  // Reads the blob again: kVerificationFailed with both hashes when it changed.
  [[nodiscard]] Status verify(const StoredModel& model) const;

 private:
  explicit ModelStore(std::filesystem::path root) : root_(std::move(root)) {}
  void remove_abandoned() const;
  [[nodiscard]] std::filesystem::path blob_path(const std::string& sha256) const;
  [[nodiscard]] std::filesystem::path record_path(const std::string& name) const;
  [[nodiscard]] Result<StoredModel> read_record(const std::string& name) const;
  [[nodiscard]] Result<StoredModel> write_record(StoredModel model, const ModelOrigin& origin) const;
  [[nodiscard]] Result<std::string> copy_in(const std::filesystem::path& file) const;

  std::filesystem::path root_;
};

// Whether `name` may name a model: 1 to 128 of letters, digits, '.', '_', '-', ':', opening with a letter or digit.
[[nodiscard]] bool is_model_name(const std::string& name);

}  // namespace hearth
