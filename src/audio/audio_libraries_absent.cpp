// Stands where libsndfile, libsoxr or KissFFT was missing when this build was configured.
#include "audio/audio_encoding.h"
#include "audio/audio_reader.h"
#include "audio/real_fft.h"
#include "audio/resampler.h"

namespace hearth {
namespace {

Unexpected absent() {
  return fail(ErrorCode::kUnavailable,
              "this build does no work with sound: libsndfile, libsoxr or libkissfft was missing when it was made",
              "install their development packages (./dev setup does) and build again");
}

}  // namespace

Result<std::unique_ptr<AudioReader>> AudioReader::open(std::unique_ptr<ByteInput> /*input*/,
                                                       const AudioLimits& /*limits*/) {
  return absent();
}

Result<std::unique_ptr<Resampler>> Resampler::create(std::uint32_t /*from_hz*/, std::uint32_t /*to_hz*/) {
  return absent();
}

Result<std::unique_ptr<RealFft>> RealFft::create(std::size_t /*n*/) { return absent(); }

Result<std::unique_ptr<AudioEncoder>> AudioEncoder::create(ByteOutput& /*output*/, std::uint32_t /*sample_rate_hz*/,
                                                           AudioEncoding /*encoding*/) {
  return absent();
}

}  // namespace hearth
