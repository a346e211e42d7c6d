#include "flite_voices.h"

#include <dlfcn.h>
#include <flite/flite.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <span>

extern "C" {
cst_voice* register_cmu_us_slt(const char* folder);
cst_voice* register_cmu_us_rms(const char* folder);
cst_voice* register_cmu_us_awb(const char* folder);
cst_voice* register_cmu_us_kal16(const char* folder);
}

namespace hearth::flite {
namespace {

struct Known {
  const char* id;
  const char* about;
  cst_voice* (*make)(const char*);
};
// All of one sample rate: the eight-kilohertz voice kal is left out.
constexpr std::array<Known, 4> kVoices = {
    {{"slt", "woman, US English", &register_cmu_us_slt},
     {"rms", "man, US English", &register_cmu_us_rms},
     {"awb", "man, Scottish English", &register_cmu_us_awb},
     {"kal16", "man, US English, from diphones: smaller and rougher", &register_cmu_us_kal16}}};
constexpr std::uint32_t kRateHz = 16'000;
constexpr std::uint32_t kTextBytesMax = 4'000;  // a sentence; what the library takes for one grows with its square
constexpr int kPartSamples = 1'280;             // 80 ms: what a listener waits for between two parts

std::mutex& library_gate() {
  static std::mutex gate;
  return gate;
}

// One text on its way through the library, which hands the wave over while it grows.
struct Speaking {
  const sdk::CallGuard& call;
  const sdk::AudioReceiver& receive;
  std::vector<float> part = {};
  int n_given = 0;
  bool wanted = true;

  void give(const cst_wave& wave, int start, int size) {
    if (!wanted || size <= 0) return;
    part.resize(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i)
      part[static_cast<std::size_t>(i)] = static_cast<float>(wave.samples[start + i]) / 32'768.0F;
    n_given = start + size;
    wanted = receive(part) && !call.should_stop();
  }
  static int take(const cst_wave* wave, int start, int size, int /*last*/, cst_audio_streaming_info* info) {
    auto& self = *static_cast<Speaking*>(info->userdata);
    if (self.call.should_stop()) self.wanted = false;
    self.give(*wave, start, size);
    return self.wanted ? CST_AUDIO_STREAM_CONT : CST_AUDIO_STREAM_STOP;
  }
};

struct UtteranceFree {
  void operator()(cst_utterance* utterance) const { delete_utterance(utterance); }
};

bool is_word_character(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

sdk::MemoryItems voice_memory() {
  std::uint64_t bytes = 0;
  for (const auto& voice : kVoices) {
    Dl_info library{};
    std::error_code unknown;
    if (dladdr(reinterpret_cast<const void*>(voice.make), &library) == 0 || library.dli_fname == nullptr) continue;
    const auto size = std::filesystem::file_size(library.dli_fname, unknown);
    if (!unknown) bytes += size;
  }
  return {{"cpu", "mapped library", HEARTH_MEM_WEIGHTS, bytes, bytes}};
}

FliteVoices::FliteVoices() {
  const std::lock_guard lock(library_gate());
  flite_init();
  for (const auto& known : kVoices) {
    cst_voice* voice = known.make(nullptr);
    if (voice == nullptr) throw sdk::Error(HEARTH_INTERNAL, std::string("Flite has no voice ") + known.id + " in it");
    handles_.push_back(voice);
    voices_.push_back({known.id, "en", known.about});
  }
  info_.sample_rate_hz = kRateHz;
  info_.text_bytes_max = kTextBytesMax;
  // Source: own listening; beyond these the durations are no speech any more.
  info_.speed_min = 0.25;
  info_.speed_max = 4;
  info_.languages = "en";
}

sdk::MemoryItems FliteVoices::placement() const { return voice_memory(); }

void FliteVoices::synthesize(const std::string& text, const sdk::SynthesizeOptions& options, const sdk::CallGuard& call,
                             const sdk::AudioReceiver& receive) {
  if (std::ranges::none_of(text, is_word_character)) return;  // nothing that the library could say
  const auto at = std::ranges::find(voices_, options.voice, &sdk::Voice::id) - voices_.begin();
  cst_voice* voice = handles_[static_cast<std::size_t>(at)];
  Speaking speaking{call, receive};
  const std::lock_guard lock(library_gate());
  call.check("speaking");  // again: it may have waited
  const std::unique_ptr<cst_utterance, UtteranceFree> utterance(new_utterance());
  utt_set_input_text(utterance.get(), text.c_str());
  utt_init(utterance.get(), voice);
  feat_set_float(utterance->features, "duration_stretch", static_cast<float>(1.0 / options.speed));
  cst_audio_streaming_info* stream = new_audio_streaming_info();  // goes with the utterance's features
  stream->min_buffsize = kPartSamples;
  stream->asc = &Speaking::take;
  stream->userdata = &speaking;
  feat_set(utterance->features, "streaming_info", audio_streaming_info_val(stream));
  const bool spoken = utt_synth(utterance.get()) != nullptr;
  call.check("speaking");
  if (!speaking.wanted) return;
  const cst_wave* wave = spoken ? utt_wave(utterance.get()) : nullptr;
  if (wave == nullptr || wave->sample_rate != static_cast<int>(kRateHz) || wave->num_channels != 1)
    throw sdk::Error(HEARTH_INTERNAL,
                     "Flite gave no wave of 16 kHz for a text of " + std::to_string(text.size()) + " bytes");
  speaking.give(*wave, speaking.n_given, wave->num_samples - speaking.n_given);
}

}  // namespace hearth::flite
