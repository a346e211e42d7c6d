// A PocketSphinx model: acoustic model, language model and dictionary, and the decoders that were made of them.
#pragma once

#include <pocketsphinx.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hearth/sdk/plugin.h"

namespace hearth::pocketsphinx {

// The three parts, found from the language model NAME.lm.bin: NAME/ with the acoustic model and the one dictionary
// *-NAME.dict lie beside it, as Debian's model packages lay them out.
struct ModelParts {
  std::string language_model;
  std::string acoustic_folder;
  std::string dictionary;
  std::string language;  // "en" of "en-us"
  std::uint64_t bytes = 0;
};

// Throws NOT_FOUND naming the part that is missing.
[[nodiscard]] ModelParts find_parts(const std::string& language_model);
// What one decoder of it takes.
[[nodiscard]] sdk::MemoryItems decoder_memory(const ModelParts& parts, std::uint64_t n_decoders);

struct DecoderFree {
  void operator()(ps_decoder_t* decoder) const { ps_free(decoder); }
};
using Decoder = std::unique_ptr<ps_decoder_t, DecoderFree>;

// What a decoder is for. Those of drafts search once, with the cheap first pass.
enum class DecoderUse : std::uint8_t { kFinals, kDrafts };

// Thread-safe. A decoder serves one utterance at a time and is kept for the next: making one takes as long as loading.
class SphinxModel final : public sdk::Model,
                          public sdk::TranscribeModel,
                          public std::enable_shared_from_this<SphinxModel> {
 public:
  // Makes the first decoder, which checks the files. Throws INVALID_DATA.
  explicit SphinxModel(ModelParts parts);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TranscribeInfo& info() const override { return info_; }
  [[nodiscard]] std::unique_ptr<sdk::TranscribeStream> new_stream(const sdk::TranscribeOptions& options) override;

  // Throws INVALID_DATA when a new one has to be made and the files can't be read any more.
  [[nodiscard]] Decoder borrow(DecoderUse use);
  void give_back(DecoderUse use, Decoder decoder);

 private:
  [[nodiscard]] Decoder make_decoder(DecoderUse use) const;

  ModelParts parts_;
  sdk::TranscribeInfo info_;
  mutable std::mutex gate_;
  std::array<std::vector<Decoder>, 2> idle_;  // by use
  std::uint64_t n_decoders_ = 0;
};

}  // namespace hearth::pocketsphinx
