#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/prepared_request.h"
#include "engine/text_kit.h"
#include "engine/tool_constraint.h"

namespace hearth {
namespace {

constexpr std::uint32_t kChoicesMax = 128;  // Source: the OpenAI API reference, n
constexpr std::size_t kStopsMax = 64;

Status check_fields(const TextRequest& request) {
  const auto refuse = [](const char* field, std::string why) {
    return fail(Error(ErrorCode::kInvalidArgument, std::move(why)).with("param", field));
  };
  if (request.choices == 0 || request.choices > kChoicesMax)
    return refuse("n", fmt::format("n must be 1 to {}, not {}", kChoicesMax, request.choices));
  if (request.stop.size() > kStopsMax)
    return refuse("stop",
                  fmt::format("{} stop strings were given; at most {} are taken", request.stop.size(), kStopsMax));
  if (request.constraint && request.tool_choice == ToolChoice::kRequired)
    return refuse("tool_choice", "an answer can't be held to a schema and to a tool's call at once");
  return {};
}

// Room that is kept for the answer when a prompt is cut.
std::uint32_t answer_room(const TextRequest& request, std::uint32_t context_length) {
  const std::uint32_t most = context_length / 2;
  return request.max_tokens > 0 ? std::min(request.max_tokens, most) : std::max(1U, context_length / 4);
}

// Keeps the system turns and the newest turns, from a user's turn on.
class ConversationCut {
 public:
  explicit ConversationCut(const PromptRequest& whole) : whole_(whole) {
    const auto& messages = whole.messages;
    while (system_ < messages.size() && messages[system_].role == "system") ++system_;
    for (std::size_t i = system_; i < messages.size(); ++i) {
      if (messages[i].role == "user") starts_.push_back(i);
    }
  }
  [[nodiscard]] std::size_t choices() const { return starts_.size(); }
  [[nodiscard]] std::size_t dropped(std::size_t choice) const { return starts_[choice] - system_; }
  [[nodiscard]] PromptRequest made(std::size_t choice) const {
    PromptRequest cut = whole_;
    const auto begin = cut.messages.begin() + static_cast<std::ptrdiff_t>(system_);
    cut.messages.erase(begin, cut.messages.begin() + static_cast<std::ptrdiff_t>(starts_[choice]));
    return cut;
  }

 private:
  const PromptRequest& whole_;
  std::size_t system_ = 0;
  std::vector<std::size_t> starts_;
};

class Preparation {
 public:
  Preparation(PreparedRequest& request, const ModelKit& kit, const PromptLimits& limits)
      : out_(request), in_(request.request), kit_(kit), limits_(limits) {}

  Status run() {
    HEARTH_TRY(check_fields(in_));
    out_.notices = out_.foregone;
    if (auto* chat = std::get_if<PromptRequest>(&in_.prompt)) {
      HEARTH_TRY(prepare_chat(*chat));
    } else {
      HEARTH_ASSIGN(tokens, kit_.prompt_tokens(in_.prompt));
      out_.prompt = std::move(tokens);
    }
    if (out_.prompt.empty())
      return fail(ErrorCode::kInvalidArgument, "the prompt is empty: the model has nothing to go on from",
                  "give some text");
    if (out_.prompt.size() >= limits_.context_length) HEARTH_TRY(fit());
    bound_answer();
    return constrain();
  }

 private:
  Status prepare_chat(PromptRequest& chat) {
    if (in_.tool_choice == ToolChoice::kNone) chat.tools.clear();
    out_.stop_after_call = !in_.parallel_calls;
    out_.parser.format = kit_.output_format();
    out_.parser.tools = chat.tools;
    out_.parser.parse_calls = !chat.tools.empty();
    out_.parser.id_prefix = fmt::format("call_{}_", out_.id);
    HEARTH_ASSIGN(text, kit_.render(chat));
    out_.parser.reasoning_opened = prompt_opens_reasoning(out_.parser.format.reasoning, text);
    HEARTH_ASSIGN(tokens, kit_.prompt_tokens(PlainPrompt{std::move(text), true}));
    out_.prompt = std::move(tokens);
    return {};
  }

  [[nodiscard]] Error too_long(std::size_t tokens) const {
    return Error(ErrorCode::kDoesNotFit,
                 fmt::format("the prompt has {} tokens; with room for an "
                             "answer the context of '{}' holds {}",
                             tokens, limits_.model, limits_.context_length - 1),
                 "shorten the prompt, ask for truncation, or serve the model "
                 "with a longer context")
        .with("param", "prompt")
        .with("prompt_tokens", std::to_string(tokens))
        .with("context_length", std::to_string(limits_.context_length));
  }

  Status fit() {
    if (in_.truncation == Truncation::kRefuse) return fail(too_long(out_.prompt.size()));
    const std::uint32_t room = limits_.context_length - answer_room(in_, limits_.context_length);
    return std::holds_alternative<PromptRequest>(in_.prompt) ? cut_turns(room) : cut_tokens(room);
  }

  Status cut_tokens(std::uint32_t room) {
    const std::size_t whole = out_.prompt.size();
    const bool has_bos = kit_.info().bos != HEARTH_TOKEN_NONE && out_.prompt.front() == kit_.info().bos;
    const std::size_t first = has_bos ? 1 : 0;
    const std::size_t drop = whole - std::min<std::size_t>(whole, std::max<std::size_t>(room, first + 1));
    out_.prompt.erase(out_.prompt.begin() + static_cast<std::ptrdiff_t>(first),
                      out_.prompt.begin() + static_cast<std::ptrdiff_t>(first + drop));
    out_.notices.push_back(
        fmt::format("the prompt of {} tokens was cut: its first {} tokens were left out", whole, drop));
    return {};
  }

  // The fewest turns that have to go, found by halving: each try renders and
  // tokenises.
  Status cut_turns(std::uint32_t room) {
    const std::size_t whole = out_.prompt.size();
    const ConversationCut cut(std::get<PromptRequest>(in_.prompt));
    std::size_t low = 1;
    std::size_t high = cut.choices();
    std::optional<std::vector<Token>> best;
    std::size_t chosen = 0;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      HEARTH_ASSIGN(tokens, kit_.prompt_tokens(cut.made(middle)));
      if (tokens.size() <= room) {
        best = std::move(tokens);
        chosen = high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (!best) {
      Error error = too_long(whole);
      error.hint =
          "the last turn alone is too long: shorten it, or serve the "
          "model with a longer context";
      return fail(std::move(error));
    }
    out_.prompt = std::move(*best);
    out_.notices.push_back(
        fmt::format("the conversation of {} tokens was cut: "
                    "its first {} turns were left out",
                    whole, cut.dropped(chosen)));
    return {};
  }

  void bound_answer() {
    const auto room = static_cast<std::uint32_t>(limits_.context_length - out_.prompt.size());
    out_.max_new_tokens = in_.max_tokens == 0 ? room : std::min(in_.max_tokens, room);
    if (in_.max_tokens > room)
      out_.notices.push_back(
          fmt::format("the answer may have {} tokens, not {}: the context holds {} and the "
                      "prompt has {}",
                      room, in_.max_tokens, limits_.context_length, out_.prompt.size()));
  }

  Status constrain() {
    std::optional<ConstraintSpec> spec = in_.constraint;
    if (const auto* chat = std::get_if<PromptRequest>(&in_.prompt);
        chat != nullptr && in_.tool_choice == ToolChoice::kRequired) {
      HEARTH_ASSIGN(schema, tool_call_schema(chat->tools, in_.tool_name));
      spec = ConstraintSpec{ConstraintKind::kJsonSchema, std::move(schema)};
      out_.parser.format = {CallFamily::kGeneric, ReasoningFamily::kNone};
    }
    if (!spec) return {};
    HEARTH_ASSIGN(constraint, kit_.compile(*spec));
    for (const auto& notice : constraint->notices()) out_.notices.push_back(notice);
    out_.constraint = std::move(constraint);
    return {};
  }

  PreparedRequest& out_;
  TextRequest& in_;
  const ModelKit& kit_;
  const PromptLimits& limits_;
};

}  // namespace

Status prepare_request(PreparedRequest& request, const ModelKit& kit, const PromptLimits& limits) {
  return Preparation(request, kit, limits).run();
}

}  // namespace hearth
