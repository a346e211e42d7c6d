// A vocoder brought up for one command: log-mel features from a file made into sound.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/tensor_host.h"
#include "pipeline/vocoder.h"

namespace hearth {

// Externally synchronised.
class VocoderSession {
 public:
  // Errors of TensorHost::create, of loading, and of Vocoder::create.
  static Result<std::unique_ptr<VocoderSession>> open(const TensorHostParts& parts, const TensorModelSettings& settings,
                                                      const CallBounds& bounds);

  // The features of a .npy file, [n_mels, n_frames] or [1, n_mels, n_frames]. Errors of reading it and of read_npy;
  // kInvalidData: another shape.
  [[nodiscard]] Result<std::vector<float>> read_features(const std::string& path) const;

  [[nodiscard]] Vocoder& vocoder() { return *vocoder_; }

 private:
  VocoderSession() = default;
  std::unique_ptr<TensorHost> host_;
  std::unique_ptr<Vocoder> vocoder_;  // before its host goes
};

}  // namespace hearth
