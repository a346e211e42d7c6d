// What a runtime that compiles graphs keeps of a loaded model: its files' hash, its devices, and what its sessions
// hold.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "hearth/sdk/compiled_cache.h"
#include "hearth/sdk/devices.h"
#include "hearth/sdk/tensor.h"

namespace hearth::sdk {

// The host's hash where it gave one of the only file, else that of all files; empty where one can't be read.
inline std::string content_hash_of(const LoadOptions& options, const std::vector<std::filesystem::path>& files) {
  if (!options.content_hash.empty() && files.size() == 1) return options.content_hash;
  return hash_files(files).value_or("");
}

class SessionBytes;

// Thread-safe.
class GraphModel : public TensorModel {
 public:
  // `files`: the named file and those it can't do without. Throws as choose_devices.
  GraphModel(const Host& host, LoadOptions options, const std::vector<Device>& present,
             std::vector<std::filesystem::path> files)
      : host_(host),
        options_(std::move(options)),
        devices_(choose_devices(options_, present)),
        files_(std::move(files)) {}

  [[nodiscard]] const Host& host() const { return host_; }
  [[nodiscard]] const LoadOptions& options() const { return options_; }
  // The requested devices that are here; empty: the processor.
  [[nodiscard]] const std::vector<std::string>& devices() const { return devices_; }
  [[nodiscard]] bool is_on_host() const {
    return devices_.empty() || (devices_.size() == 1 && devices_.front() == "cpu");
  }
  [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }
  // See content_hash_of; computed once.
  [[nodiscard]] std::string content_hash() const {
    const std::lock_guard lock(gate_);
    if (content_hash_.empty()) content_hash_ = content_hash_of(options_, files_);
    return content_hash_;
  }

 protected:
  struct Held {
    std::uint64_t n_sessions = 0;
    std::uint64_t n_mapped = 0;  // of these, whose weights are in a mapped compilation
    std::uint64_t compute = 0;
    std::uint64_t mapped = 0;
  };
  // Of all live sessions together.
  [[nodiscard]] Held held() const;

 private:
  friend class SessionBytes;
  const Host& host_;
  const LoadOptions options_;
  const std::vector<std::string> devices_;
  const std::vector<std::filesystem::path> files_;
  mutable std::mutex gate_;  // of the two below
  mutable std::string content_hash_;
  std::vector<const SessionBytes*> sessions_;
};

// Bytes that one session holds, as far as its runtime can tell; they count for the model while this lives. Thread-safe.
class SessionBytes {
 public:
  // `model` outlives it.
  explicit SessionBytes(GraphModel& model) : model_(model) {
    const std::lock_guard lock(model_.gate_);
    model_.sessions_.push_back(this);
  }
  ~SessionBytes() {
    const std::lock_guard lock(model_.gate_);
    std::erase(model_.sessions_, this);
  }
  SessionBytes(const SessionBytes&) = delete;
  SessionBytes& operator=(const SessionBytes&) = delete;

  std::atomic<std::uint64_t> compute = 0;  // memory of its own
  std::atomic<std::uint64_t> mapped = 0;   // pages of a cached compilation that it reads in place

 private:
  GraphModel& model_;
};

inline GraphModel::Held GraphModel::held() const {
  const std::lock_guard lock(gate_);
  Held all;
  all.n_sessions = sessions_.size();
  for (const auto* session : sessions_) {
    all.compute += session->compute.load();
    all.mapped += session->mapped.load();
    all.n_mapped += session->mapped.load() != 0 ? 1 : 0;
  }
  return all;
}

}  // namespace hearth::sdk
