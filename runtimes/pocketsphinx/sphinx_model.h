// A PocketSphinx model: acoustic model, language model and dictionary, and the decoders that were made of them.
#pragma once

#include <pocketsphinx.h>
#include <sphinxbase/fe.h>

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

struct SearchFree {
  void operator()(ps_decoder_t* search) const { ps_free(search); }
};
struct FrontEndFree {
  void operator()(fe_t* front_end) const { fe_free(front_end); }
};

// A decoder of the library's, and a front end beside it with the same settings, since its own tells no features.
struct Decoder {
  std::unique_ptr<ps_decoder_t, SearchFree> search;
  std::unique_ptr<fe_t, FrontEndFree> front_end;
};

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
  [[nodiscard]] Decoder borrow();
  void give_back(Decoder decoder);

 private:
  [[nodiscard]] Decoder make_decoder() const;

  ModelParts parts_;
  sdk::TranscribeInfo info_;
  mutable std::mutex gate_;
  std::vector<Decoder> idle_;
  std::uint64_t n_decoders_ = 0;
};

}  // namespace hearth::pocketsphinx
