#include "app/vocoder_session.h"

#include <fmt/format.h>

#include "audio/npy.h"
#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kFeatureBytesMax = std::uint64_t{1} << 30U;  // nine hours of 80 bands

}  // namespace

Result<std::unique_ptr<VocoderSession>> VocoderSession::open(const TensorHostParts& parts,
                                                             const TensorModelSettings& settings,
                                                             const CallBounds& bounds) {
  std::unique_ptr<VocoderSession> session(new VocoderSession());
  std::vector<TensorModelSettings> models(1, settings);
  models[0].name = "vocoder";
  HEARTH_ASSIGN(host, TensorHost::create(parts, std::move(models)));
  HEARTH_ASSIGN(lane, host->engine().borrow("vocoder", bounds));
  HEARTH_ASSIGN(vocoder, Vocoder::create(std::move(lane)));
  session->host_ = std::move(host);
  session->vocoder_ = std::move(vocoder);
  return session;
}

Result<std::vector<float>> VocoderSession::read_features(const std::string& path) const {
  HEARTH_ASSIGN(bytes, read_file(path, kFeatureBytesMax));
  HEARTH_ASSIGN(array, read_npy(std::as_bytes(std::span(bytes))));
  auto shape = array.shape;
  if (shape.size() == 3 && shape[0] == 1) shape.erase(shape.begin());
  const std::size_t n_mels = vocoder_->options().n_mels;
  if (shape.size() != 2 || shape[0] != n_mels || shape[1] == 0)
    return fail(ErrorCode::kInvalidData,
                fmt::format("{} holds no log-mel features: its shape is [{}]", path, fmt::join(array.shape, ",")),
                fmt::format("save them as [{}, n_frames]", n_mels));
  return std::move(array.values);
}

}  // namespace hearth
