#include "plugin_host/synthesize_model.h"

#include <algorithm>
#include <cmath>

#include "plugin_host/abi_values.h"

namespace hearth {
namespace {

constexpr std::size_t kVoicesMax = 10'000;  // espeak-ng has some hundreds
constexpr std::uint32_t kRateMaxHz = 768'000;

std::string own(hearth_str text) { return std::string(view(text)); }

struct CollectedVoices {
  std::vector<SynthesizeVoice> voices;
  bool is_broken = false;

  static void take(void* ctx, const hearth_voice* from) {
    auto& self = *static_cast<CollectedVoices*>(ctx);
    if (from == nullptr || !HEARTH_HAS_FIELD(from, hearth_voice, about) || self.voices.size() >= kVoicesMax)
      self.is_broken = true;
    else
      self.voices.push_back({own(from->id), own(from->language), own(from->about)});
  }
};

// What the plugin hands over, checked as it comes.
struct CheckedAudio {
  const std::function<bool(std::span<const float>)>& receive;
  bool is_broken = false;

  static std::int32_t take(void* ctx, const float* samples, std::size_t n) {
    auto& self = *static_cast<CheckedAudio*>(ctx);
    if (n == 0) return 0;
    const std::span<const float> audio(samples, samples == nullptr ? 0 : n);
    if (audio.empty() || !std::ranges::all_of(audio, [](float value) { return std::isfinite(value); })) {
      self.is_broken = true;
      return 1;
    }
    return self.receive(audio) ? 0 : 1;
  }
};

Unexpected senseless(std::string_view what) {
  return fail(ErrorCode::kInvalidData, "the runtime's " + std::string(what) + " makes no sense",
              "update the runtime's plugin");
}

}  // namespace

Result<const hearth_synthesize*> synthesize_table_of(const hearth_plugin& plugin) {
  constexpr std::string_view kId = HEARTH_CAP_SYNTHESIZE;
  const auto* table =
      static_cast<const hearth_synthesize*>(plugin.capability(plugin.self, borrow(kId), HEARTH_CAP_SYNTHESIZE_MAJOR));
  if (table == nullptr)
    return fail(ErrorCode::kUnsupported, "this runtime doesn't speak",
                "use a runtime whose capabilities list 'synthesize' (hearth runtimes)");
  if (!HEARTH_HAS_FIELD(table, hearth_synthesize, major) || table->major != HEARTH_CAP_SYNTHESIZE_MAJOR ||
      !HEARTH_HAS_CALL(table, hearth_synthesize, info) || !HEARTH_HAS_CALL(table, hearth_synthesize, voices) ||
      !HEARTH_HAS_CALL(table, hearth_synthesize, synthesize))
    return fail(ErrorCode::kInvalidData, "the runtime's synthesize table lacks a call that every one must have",
                "update the plugin");
  return table;
}

Result<std::shared_ptr<SynthesizeModel>> SynthesizeModel::from(std::shared_ptr<Model> model) {
  HEARTH_ASSIGN(table, synthesize_table_of(*model->source()->table()));
  auto made = std::make_shared<SynthesizeModel>(std::move(model), table);
  HEARTH_TRY(made->read_facts());
  return made;
}

Status SynthesizeModel::read_facts() {
  hearth_synthesize_info raw{};
  raw.struct_size = sizeof(raw);
  HEARTH_TRY(take_status(table_->info(model_->handle(), &raw), "info"));
  if (raw.sample_rate_hz == 0 || raw.sample_rate_hz > kRateMaxHz || !(raw.speed_min > 0) ||
      !(raw.speed_max >= raw.speed_min))
    return senseless("sample rate or range of speeds");
  info_ = {raw.sample_rate_hz, raw.normalizes != 0, raw.text_bytes_max,
           raw.speed_min,      raw.speed_max,       split_by_commas(own(raw.languages))};
  CollectedVoices collected;
  const hearth_voice_emit emit{&collected, &CollectedVoices::take};
  HEARTH_TRY(take_status(table_->voices(model_->handle(), &emit), "voices"));
  if (collected.is_broken || collected.voices.empty()) return senseless("list of voices");
  voices_ = std::move(collected.voices);
  return {};
}

Status SynthesizeModel::synthesize(const std::string& text, const SynthesizeOptions& options, const CallBounds& bounds,
                                   const std::function<bool(std::span<const float>)>& receive) const {
  hearth_synthesize_options raw{};
  raw.struct_size = sizeof(raw);
  raw.voice = borrow(options.voice);
  raw.speed = options.speed;
  raw.extra_json = borrow(options.extra_json);
  CheckedAudio checked{receive};
  const hearth_audio_sink sink{&checked, &CheckedAudio::take};
  const BorrowedBounds call(bounds);
  Status done = take_status(table_->synthesize(model_->handle(), borrow(text), &raw, call.get(), &sink), "synthesize");
  if (checked.is_broken) return senseless("audio");
  return done;
}

}  // namespace hearth
