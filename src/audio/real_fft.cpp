#include "audio/real_fft.h"

#include <fmt/format.h>
#include <kiss_fftr.h>

#include <cstdlib>
#include <type_traits>

#include "base/unique_handle.h"

namespace hearth {
namespace {

static_assert(std::is_same_v<kiss_fft_scalar, float>, "KissFFT is compiled for another type of numbers");
static_assert(sizeof(kiss_fft_cpx) == sizeof(std::complex<float>));

struct FftTraits {
  using Type = kiss_fftr_cfg;
  static Type invalid() { return nullptr; }
  static void close(Type fft) { kiss_fftr_free(fft); }
};

class KissFft final : public RealFft {
 public:
  KissFft(std::size_t n, kiss_fftr_cfg fft, kiss_fftr_cfg back)
      : scale_(1 / static_cast<float>(n)), fft_(fft), back_(back) {}
  void transform(std::span<const float> in, std::span<std::complex<float>> out) override {
    kiss_fftr(fft_.get(), in.data(), reinterpret_cast<kiss_fft_cpx*>(out.data()));
  }
  void invert(std::span<const std::complex<float>> in, std::span<float> out) override {
    kiss_fftri(back_.get(), reinterpret_cast<const kiss_fft_cpx*>(in.data()), out.data());
    for (float& value : out) value *= scale_;
  }

 private:
  float scale_;
  UniqueHandle<FftTraits> fft_;
  UniqueHandle<FftTraits> back_;
};

}  // namespace

Result<std::unique_ptr<RealFft>> RealFft::create(std::size_t n) {
  constexpr std::size_t kLengthMax = std::size_t{1} << 20U;
  if (n == 0 || n % 2 != 0 || n > kLengthMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a transform of {} values is not offered; give an even number", n));
  kiss_fftr_cfg fft = kiss_fftr_alloc(static_cast<int>(n), 0, nullptr, nullptr);
  kiss_fftr_cfg back = kiss_fftr_alloc(static_cast<int>(n), 1, nullptr, nullptr);
  auto made = std::make_unique<KissFft>(n, fft, back);
  if (fft == nullptr || back == nullptr) return fail(ErrorCode::kOutOfMemory, "no memory for a Fourier transform");
  return std::unique_ptr<RealFft>(std::move(made));
}

}  // namespace hearth
