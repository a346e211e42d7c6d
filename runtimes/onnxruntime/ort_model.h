// One ONNX model that was read, and sessions compiled from it.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "hearth/sdk/compiled_cache.h"
#include "onnx_file.h"
#include "ort_library.h"

namespace hearth::onnxruntime {

// Bytes that one session holds, as its arena tells.
struct SessionBytes {
  std::atomic<std::uint64_t> compute = 0;
};

// Thread-safe.
class OrtModel final : public sdk::TensorModel {
 public:
  // Throws as read_onnx_file; UNAVAILABLE when a device that is not here was asked for without fallback.
  OrtModel(const sdk::Host& host, sdk::LoadOptions options);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TensorPorts& ports() const override { return file_.ports; }
  [[nodiscard]] std::map<std::string, std::string> metadata() const override { return file_.metadata; }
  [[nodiscard]] std::unique_ptr<sdk::TensorSession> new_session(const sdk::TensorOptions& options,
                                                                const sdk::CallGuard& call) override;

  [[nodiscard]] const sdk::Host& host() const { return host_; }
  [[nodiscard]] const sdk::LoadOptions& options() const { return options_; }
  [[nodiscard]] const OnnxFile& file() const { return file_; }
  [[nodiscard]] const std::vector<std::string>& devices() const { return devices_; }
  // Of the file and the files it names; computed once.
  [[nodiscard]] std::string content_hash();
  void add(const SessionBytes* bytes);
  void remove(const SessionBytes* bytes);

 private:
  const sdk::Host& host_;
  const sdk::LoadOptions options_;
  const OnnxFile file_;
  const std::vector<std::string> devices_;
  mutable std::mutex gate_;  // of the two below
  std::string content_hash_;
  std::vector<const SessionBytes*> sessions_;
};

// Estimated before load. The factors are assumptions until bench/tensor_start.py, which prints estimate and held bytes
// side by side, has been run.
[[nodiscard]] sdk::MemoryItems estimate(const OnnxFile& file, const sdk::TensorOptions& options);

}  // namespace hearth::onnxruntime
