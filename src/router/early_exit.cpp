#include <algorithm>

#include "router/attachment_words.h"
#include "router/features.h"

namespace hearth {
namespace {

// Bounds of the exit for short prompts. Source: our choice; 24 tokens are about 18 English words, 96 a short paragraph.
constexpr std::uint32_t kShortPromptTokens = 24;
constexpr std::uint32_t kShortAnswerTokens = 96;
constexpr float kCode = 0.25F;  // of the score of stage 1: two or more lines of code among little else
constexpr float kJson = 0.6F;
// How sure an exit is of its intent: a decoded attachment and a text about it leave little doubt, shortness leaves
// more.
constexpr float kSure = 0.97F;
constexpr float kFairlySure = 0.7F;

EarlyExit exit_as(ExitReason reason, Intent intent, float confidence) {
  EarlyExit out;
  out.reason = reason;
  auto& verdict = out.verdict;
  verdict.probability.fill((1 - confidence) / static_cast<float>(kIntentCount - 1));
  verdict.probability[static_cast<std::size_t>(intent)] = confidence;
  verdict.intent = intent;
  verdict.confidence = confidence;
  verdict.degrade_ok = reason == ExitReason::kShort;
  verdict.degrade_confidence = verdict.degrade_ok ? confidence : 1 - confidence;
  verdict.difficulty = verdict.degrade_ok ? 0.2F : 0.5F;
  return out;
}

bool is_empty(const RouteFeatures& features) { return features.n_sentences == 0; }  // white space at most

bool looks_technical(const RouteFeatures& features) {
  return features.code_score > kCode || features.n_fences > 0 || features.json_score > kJson;
}

// A text that only asks about what came with it; more words than that may ask for more than that.
bool is_brief(const RouteFeatures& features) { return features.n_tokens <= kShortPromptTokens; }

bool has_no_attachment(const RouteRequest& request) { return request.attachments.empty(); }

}  // namespace

EarlyExit early_exit(const RouteRequest& request, const RouteFeatures& f, const MachineState& /*machine*/) {
  const bool empty = is_empty(f);
  const bool technical = looks_technical(f);
  // An answer that is to be heard needs a voice behind the model: composed by the policy, after stage 2.
  const bool asks = f.n_questions > 0 || f.has_tools || f.has_json_schema || technical;
  if (f.image && !f.audio && !f.video && !f.audio_wanted && !f.has_tools && !technical &&
      (empty || (f.refers_to_image && !f.refers_to_audio && is_brief(f))))
    return exit_as(ExitReason::kImage, Intent::kVision, kSure);
  if (f.audio && !f.image && !f.video && !f.audio_wanted && empty)
    return exit_as(ExitReason::kAudio, Intent::kStt, kSure);
  if (f.audio_wanted && has_no_attachment(request) && !empty && !asks)
    return exit_as(ExitReason::kAudioWanted, Intent::kTts, kFairlySure);
  // What is left has a text. Without any sign of another need it goes by its size, or stays with what runs here.
  const bool plain = !empty && has_no_attachment(request) && !f.has_tools && !f.has_json_schema && !f.audio_wanted &&
                     !f.refers_to_image && !f.refers_to_audio && f.n_urls == 0;
  if (request.security == SecurityLevel::kAirgap && plain)
    return exit_as(ExitReason::kAirgap, technical ? Intent::kCode : Intent::kChat, kFairlySure);
  if (plain && !technical && is_brief(f) && request.max_tokens > 0 && request.max_tokens <= kShortAnswerTokens)
    return exit_as(ExitReason::kShort, Intent::kChat, kFairlySure);
  return {};
}

}  // namespace hearth
