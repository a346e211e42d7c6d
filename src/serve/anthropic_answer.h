// How an answer looks in Anthropic's Messages API: one message, or the events of a stream.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/stream_sink.h"

namespace hearth::serve {

// What stands where Anthropic's signature of a thought would: a local model signs nothing. Clients send it back; it is
// not looked at.
inline constexpr std::string_view kThinkingSignature = "hearth-unsigned";

// A prompt that is too long is an invalid request that says "prompt is too long", which is what agents look for to
// shorten their conversation. Other errors stay as they are.
[[nodiscard]] Error anthropic_error(const Error& error);

// What a message says of itself beside the answer. Notices and what was ignored go into its "hearth" member, which is
// absent without them.
struct AnthropicHead {
  std::string id;
  std::vector<std::string> notices{};
  std::vector<std::string> ignored{};
};

// The events of a stream come in this order:
//   message_start
//   for each block: content_block_start, (ping after the first), content_block_delta ..., content_block_stop
//   message_delta (stop_reason, usage), message_stop
// A block is a run of reasoning, a run of text, or one call. Source: Anthropic's API reference, "Streaming messages".
class AnthropicAnswer final : public AnswerForm {
 public:
  // The message names the model by its own name, as the API does where a request has an alias.
  explicit AnthropicAnswer(AnthropicHead head) : head_(std::move(head)) {}

  void begin(const TextAccepted& accepted, std::string& out) override;
  void delta(const TextDelta& delta, std::string& out) override;
  void choice_end(const ChoiceEnd& end, std::string& out) override;
  void end(const TextEnd& end, std::string& out) override;
  void error(const Error& error, std::string& out) override;
  [[nodiscard]] Error in_dialect(const Error& error) const override { return anthropic_error(error); }
  // Reasoning, text, calls. A call that the model broke has what it wrote in the input's "malformed_arguments".
  std::string whole(const WholeAnswer& answer) override;

 private:
  enum class BlockKind { kText, kThinking, kCall };

  void write(const OutputEvent& event, std::string& out);
  void open_block(BlockKind kind, const std::string& content_block, std::string& out);
  void close_block(std::string& out);
  void write_delta(std::string_view type, std::string_view field, std::string_view text, std::string& out) const;

  AnthropicHead head_;
  std::optional<BlockKind> open_;
  std::size_t blocks_ = 0;
  std::uint32_t open_call_ = 0;
  bool called_ = false;
  ChoiceEnd ended_;
};

}  // namespace hearth::serve
