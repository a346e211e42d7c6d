#include "router/route_parts.h"

namespace hearth {
namespace {

// From here on a question about a picture wants a model that reasons, beside the one that sees. Source: our choice: the
// upper quarter of the difficulty scale (docs/guides/routing.md).
constexpr float kHardPicture = 0.75F;

bool work_on_a_picture(const IntentVerdict& verdict) {
  switch (verdict.intent) {
    case Intent::kCode:
    case Intent::kToolUse:
    case Intent::kLongForm: return !verdict.abstained;
    case Intent::kVision:
    case Intent::kChat: return verdict.difficulty >= kHardPicture;
    default: return false;
  }
}

}  // namespace

WantedParts wanted_parts(const RouteRequest& request, const RouteDecision& decision) {
  WantedParts wanted;
  const RouteFeatures& features = decision.features;
  const bool picture = features.image || features.video;
  const auto want = [&](PartRole role, Skill skill, bool needed) {
    wanted.part[wanted.n++] = {role, skill, needed, skill != Skill::kText && !picture && !features.audio};
  };
  const Intent intent = decision.verdict.intent;
  if (intent == Intent::kTts && !features.audio && !picture) {
    want(PartRole::kSpeak, Skill::kSpeak, true);
    return wanted;
  }
  if (intent == Intent::kStt && !picture) {
    want(PartRole::kHear, Skill::kHear, true);
    return wanted;
  }
  if (features.audio) want(PartRole::kHear, Skill::kHear, true);
  if (picture && (work_on_a_picture(decision.verdict) || features.audio)) {
    want(PartRole::kSee, Skill::kSee, true);
    want(PartRole::kAnswer, Skill::kText, true);
  } else if (picture || intent == Intent::kVision) {
    want(PartRole::kAnswer, Skill::kSee, true);
  } else {
    want(PartRole::kAnswer, Skill::kText, true);
  }
  if (request.audio_wanted && wanted.n < kRoutePartsMax) want(PartRole::kSpeak, Skill::kSpeak, false);
  return wanted;
}

}  // namespace hearth
