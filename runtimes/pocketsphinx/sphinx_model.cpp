#include "sphinx_model.h"

#include <sphinxbase/cmd_ln.h>

#include <filesystem>

#include "sphinx_stream.h"

namespace hearth::pocketsphinx {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".lm.bin";
// An utterance is held until it ends, since it is decoded anew where its normalisation changes; a minute of it takes
// 2 MB. The host cuts longer speech in its pauses.
constexpr std::uint32_t kWindowMs = 60'000;
// What the decoder makes of its files takes more than they do. Source: own measurement of the model en-us on x86-64:
// 110 MB resident above the program's own after 11 s of speech, 37 MB of files.
constexpr std::uint64_t kBytesPerFileByte = 3;

std::uint64_t folder_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

// "*-NAME.dict" or "NAME.dict".
std::string find_dictionary(const fs::path& folder, const std::string& name) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file == name + ".dict" || file.ends_with("-" + name + ".dict")) return entry.path().string();
  }
  throw sdk::Error(HEARTH_NOT_FOUND, "no dictionary *-" + name + ".dict lies beside the language model in " +
                                         folder.string() + "; install the whole model, such as pocketsphinx-en-us");
}

}  // namespace

ModelParts find_parts(const std::string& language_model) {
  const fs::path path(language_model);
  const std::string file = path.filename().string();
  if (!file.ends_with(kEnding) || file.size() == kEnding.size())
    throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                     "PocketSphinx models are given by their language model NAME.lm.bin, not " + file);
  if (!fs::is_regular_file(path)) throw sdk::Error(HEARTH_NOT_FOUND, "there is no file " + language_model);
  const std::string name = file.substr(0, file.size() - kEnding.size());
  ModelParts parts;
  parts.language_model = language_model;
  const fs::path acoustic = path.parent_path() / name;
  if (!fs::is_regular_file(acoustic / "mdef"))
    throw sdk::Error(HEARTH_NOT_FOUND, "no acoustic model (a folder with the file mdef) is at " + acoustic.string() +
                                           "; install the whole model, such as pocketsphinx-en-us");
  parts.acoustic_folder = acoustic.string();
  parts.dictionary = find_dictionary(path.parent_path(), name);
  parts.language = name.substr(0, name.find_first_of("-_"));
  parts.bytes = fs::file_size(path) + fs::file_size(parts.dictionary) + folder_bytes(acoustic);
  return parts;
}

sdk::MemoryItems decoder_memory(const ModelParts& parts, std::uint64_t n_decoders) {
  return {{"cpu", "CPU", HEARTH_MEM_WEIGHTS, parts.bytes * kBytesPerFileByte * n_decoders}};
}

SphinxModel::SphinxModel(ModelParts parts) : parts_(std::move(parts)) {
  info_.has_partials = true;
  info_.has_words = true;
  info_.window_ms = kWindowMs;
  info_.languages = parts_.language;
  give_back(make_decoder());
  n_decoders_ = 1;
}

Decoder SphinxModel::make_decoder() const {
  // Silence is not removed: words would come with wrong times, and the host leaves silence out itself. The second pass
  // over the whole utterance is left out: it begins when the utterance has ended, and understands no more. Source: own
  // measurement on the test media: 35.8 % of the words wrong with and without it.
  cmd_ln_t* options = cmd_ln_init(nullptr, ps_args(), TRUE, "-hmm", parts_.acoustic_folder.c_str(), "-lm",
                                  parts_.language_model.c_str(), "-dict", parts_.dictionary.c_str(), "-remove_silence",
                                  "no", "-fwdflat", "no", nullptr);
  if (options == nullptr) throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx takes none of its options");
  Decoder decoder;
  decoder.search.reset(ps_init(options));
  if (decoder.search) decoder.front_end.reset(fe_init_auto_r(ps_get_config(decoder.search.get())));
  cmd_ln_free_r(options);  // the decoder keeps its own reference
  if (!decoder.front_end)
    throw sdk::Error(HEARTH_INVALID_DATA, "PocketSphinx can't open the model at " + parts_.language_model +
                                              "; install it anew, its files are damaged or of another version");
  return decoder;
}

sdk::MemoryItems SphinxModel::placement() const {
  const std::lock_guard lock(gate_);
  return decoder_memory(parts_, n_decoders_);
}

std::unique_ptr<sdk::TranscribeStream> SphinxModel::new_stream(const sdk::TranscribeOptions& options) {
  return std::make_unique<SphinxStream>(shared_from_this(), options.partials);
}

Decoder SphinxModel::borrow() {
  {
    const std::lock_guard lock(gate_);
    if (!idle_.empty()) {
      Decoder decoder = std::move(idle_.back());
      idle_.pop_back();
      return decoder;
    }
  }
  Decoder decoder = make_decoder();
  const std::lock_guard lock(gate_);
  ++n_decoders_;
  return decoder;
}

void SphinxModel::give_back(Decoder decoder) {
  const std::lock_guard lock(gate_);
  idle_.push_back(std::move(decoder));
}

}  // namespace hearth::pocketsphinx
