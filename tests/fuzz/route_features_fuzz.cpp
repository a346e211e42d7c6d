// Any bytes as a request: features, exits and tokens within their bounds, and the same twice.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "router/features.h"
#include "router/intent_features.h"
#include "router/language.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_tokens(const hearth::TokenFlow& tokens) {
  check(tokens.n_tokens <= hearth::kIntentWindowChars);
  check(tokens.n_flow <= tokens.flow.size());
  for (std::size_t i = 0; i < tokens.n_tokens; ++i) {
    check(!tokens.token(i).empty() && tokens.token(i).size() <= 24);
    check(tokens.segment(i) <= hearth::kMiddleSegment);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned settings = data[0];
  const hearth::RouteAttachment attachment{static_cast<hearth::AttachmentKind>(settings % 4), (settings & 4U) != 0,
                                           size};
  hearth::RouteRequest request;
  request.text = std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((settings & 8U) != 0) request.attachments = {&attachment, 1};
  request.has_tools = (settings & 16U) != 0;
  request.audio_wanted = (settings & 32U) != 0;
  request.max_tokens = settings & 64U;
  request.security = static_cast<hearth::SecurityLevel>(settings % 3);
  const auto features = hearth::read_features(request);
  check(features.code_score >= 0 && features.code_score <= 1);
  check(features.json_score >= 0 && features.json_score <= 1);
  check(features.language_confidence >= 0 && features.language_confidence <= 1);
  check(features.n_chars <= request.text.size());
  const auto exit = hearth::early_exit(request, features, {});
  if (exit.reason == hearth::ExitReason::kImage) check(attachment.decoded && !request.attachments.empty());
  if (exit.reason == hearth::ExitReason::kAudio) check(attachment.decoded && !request.attachments.empty());
  hearth::TextWindow window;
  hearth::read_window(request.text, window);
  hearth::TokenFlow tokens;
  hearth::read_tokens(window, tokens);
  check_tokens(tokens);
  for (const float value : hearth::read_dense(request, features.n_chars, window)) check(value >= 0 && value <= 1);
  return 0;
}
