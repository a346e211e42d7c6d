#include "audio/resampler.h"

#include <fmt/format.h>
#include <soxr.h>

#include <algorithm>
#include <array>

#include "base/unique_handle.h"

namespace hearth {
namespace {

struct SoxrTraits {
  using Type = soxr_t;
  static Type invalid() { return nullptr; }
  static void close(Type resampler) { soxr_delete(resampler); }
};

Unexpected refused(soxr_error_t error) {
  return fail(ErrorCode::kInternal, fmt::format("the audio can't be resampled: {}", error));
}

class SoxrResampler final : public Resampler {
 public:
  explicit SoxrResampler(soxr_t handle) : handle_(handle) {}

  [[nodiscard]] Status process(std::span<const float> in, std::vector<float>& out) override {
    while (!in.empty()) {
      std::size_t n_in = 0;
      std::size_t n_out = 0;
      const soxr_error_t error =
          soxr_process(handle_.get(), in.data(), in.size(), &n_in, block_.data(), block_.size(), &n_out);
      if (error != nullptr) return refused(error);
      append(n_out, out);
      in = in.subspan(n_in);
    }
    return {};
  }

  [[nodiscard]] Status finish(std::vector<float>& out) override {
    for (std::size_t n_out = block_.size(); n_out == block_.size();) {
      const soxr_error_t error = soxr_process(handle_.get(), nullptr, 0, nullptr, block_.data(), block_.size(), &n_out);
      if (error != nullptr) return refused(error);
      append(n_out, out);
    }
    return {};
  }

 private:
  // A filter swings beyond its input where that jumps.
  void append(std::size_t n, std::vector<float>& out) const {
    for (const float value : std::span(block_).first(n)) out.push_back(std::clamp(value, -1.0F, 1.0F));
  }

  UniqueHandle<SoxrTraits> handle_;
  std::array<float, 4096> block_{};
};

class Unchanged final : public Resampler {
 public:
  [[nodiscard]] Status process(std::span<const float> in, std::vector<float>& out) override {
    out.insert(out.end(), in.begin(), in.end());
    return {};
  }
  [[nodiscard]] Status finish(std::vector<float>& /*out*/) override { return {}; }
};

}  // namespace

Result<std::unique_ptr<Resampler>> Resampler::create(std::uint32_t from_hz, std::uint32_t to_hz) {
  if (from_hz == 0 || to_hz == 0)
    return fail(ErrorCode::kInvalidArgument, fmt::format("audio can't be resampled from {} to {} Hz", from_hz, to_hz));
  if (from_hz == to_hz) return std::unique_ptr<Resampler>(std::make_unique<Unchanged>());
  soxr_error_t error = nullptr;
  const auto io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const auto quality = soxr_quality_spec(SOXR_HQ, 0);
  const auto threads = soxr_runtime_spec(1);
  soxr_t handle = soxr_create(from_hz, to_hz, 1, &error, &io, &quality, &threads);
  if (error != nullptr || handle == nullptr) return refused(error == nullptr ? "no memory" : error);
  return std::unique_ptr<Resampler>(std::make_unique<SoxrResampler>(handle));
}

}  // namespace hearth
