#include "espeak_voices.h"

#include <espeak-ng/speak_lib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace hearth::espeak {
namespace {

constexpr std::uint32_t kTextBytesMax = 4'000;
constexpr int kPartMs = 80;  // what a listener waits for between two parts
// First of the voices that are there is the default.
constexpr const char* kDefaults[] = {"en-us", "en-gb", "en"};

std::mutex& library_gate() {
  static std::mutex gate;
  return gate;
}

// The text that the library works on; it has one callback for the process.
struct Speaking {
  const sdk::CallGuard& call;
  const sdk::AudioReceiver& receive;
  std::vector<float> part = {};
  bool wanted = true;
};
Speaking* on_its_way = nullptr;  // guarded by library_gate()

int take(short* wave, int n, espeak_EVENT* /*events*/) {
  if (on_its_way == nullptr) return 1;
  auto& self = *on_its_way;
  if (wave != nullptr && n > 0 && self.wanted) {
    self.part.resize(static_cast<std::size_t>(n));
    std::transform(wave, wave + n, self.part.begin(),
                   [](short value) { return static_cast<float>(value) / 32'768.0F; });
    self.wanted = self.receive(self.part) && !self.call.should_stop();
  }
  return self.wanted ? 0 : 1;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

std::string library_version() {
  const std::string text = espeak_Info(nullptr);
  return text.substr(0, text.find(' '));
}

sdk::MemoryItems voice_memory() {
  const char* folder = nullptr;
  (void)espeak_Info(&folder);
  std::uint64_t bytes = 0;
  for (const char* file : {"phondata", "phonindex", "phontab", "intonations", "en_dict"}) {
    std::error_code unknown;
    const auto size = folder == nullptr ? 0 : std::filesystem::file_size(std::filesystem::path(folder) / file, unknown);
    if (!unknown) bytes += size;
  }
  return {{"cpu", "CPU", HEARTH_MEM_WEIGHTS, bytes}};
}

EspeakVoices::EspeakVoices() {
  const std::lock_guard lock(library_gate());
  const int rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, kPartMs, nullptr, espeakINITIALIZE_DONT_EXIT);
  if (rate <= 0)
    throw sdk::Error(HEARTH_UNAVAILABLE,
                     "eSpeak NG finds no voices; install its data, such as the package espeak-ng-data");
  espeak_SetSynthCallback(&take);
  info_.sample_rate_hz = static_cast<std::uint32_t>(rate);
  info_.normalizes = true;
  info_.text_bytes_max = kTextBytesMax;
  info_.speed_min = static_cast<double>(espeakRATE_MINIMUM) / espeakRATE_NORMAL;
  info_.speed_max = static_cast<double>(espeakRATE_MAXIMUM) / espeakRATE_NORMAL;
  list_voices();
}

// A voice's languages are pairs of a priority's byte and a code; the first is its own.
void EspeakVoices::list_voices() {
  const espeak_VOICE** list = espeak_ListVoices(nullptr);
  for (; list != nullptr && *list != nullptr; ++list) {
    const espeak_VOICE& from = **list;
    if (from.name == nullptr || from.languages == nullptr || from.languages[0] == 0) continue;
    const std::string code = lower(from.languages + 1);
    if (std::ranges::find(voices_, code, &sdk::Voice::id) != voices_.end()) continue;
    voices_.push_back({code, code, from.name});
    names_.emplace_back(from.name);
    const std::string language = code.substr(0, code.find('-'));
    if (("," + info_.languages + ",").find("," + language + ",") == std::string::npos)
      info_.languages += (info_.languages.empty() ? "" : ",") + language;
  }
  if (voices_.empty()) throw sdk::Error(HEARTH_UNAVAILABLE, "eSpeak NG lists no voices; install its data anew");
  for (const char* wanted : kDefaults) {
    const auto found = std::ranges::find(voices_, wanted, &sdk::Voice::id);
    if (found == voices_.end()) continue;
    const auto at = found - voices_.begin();
    std::rotate(voices_.begin(), found, found + 1);
    std::rotate(names_.begin(), names_.begin() + at, names_.begin() + at + 1);
    return;
  }
}

sdk::MemoryItems EspeakVoices::placement() const { return voice_memory(); }

void EspeakVoices::synthesize(const std::string& text, const sdk::SynthesizeOptions& options,
                              const sdk::CallGuard& call, const sdk::AudioReceiver& receive) {
  const auto at = std::ranges::find(voices_, options.voice, &sdk::Voice::id) - voices_.begin();
  Speaking speaking{call, receive};
  const std::lock_guard lock(library_gate());
  call.check("speaking");  // again: it may have waited
  if (espeak_SetVoiceByName(names_[static_cast<std::size_t>(at)].c_str()) != EE_OK)
    throw sdk::Error(HEARTH_NOT_FOUND, "eSpeak NG can't load its voice '" + options.voice + "'; install its data anew");
  const auto rate = static_cast<int>(std::lround(options.speed * espeakRATE_NORMAL));
  (void)espeak_SetParameter(espeakRATE, std::clamp(rate, espeakRATE_MINIMUM, espeakRATE_MAXIMUM), 0);
  on_its_way = &speaking;
  const auto status =
      espeak_Synth(text.c_str(), text.size() + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, nullptr, nullptr);
  on_its_way = nullptr;
  call.check("speaking");
  if (status != EE_OK && speaking.wanted)
    throw sdk::Error(HEARTH_INTERNAL, "eSpeak NG gave the text up (status " + std::to_string(status) + ")");
}

}  // namespace hearth::espeak
