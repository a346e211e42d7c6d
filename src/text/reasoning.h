// Separates what a model thinks aloud from what it answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "text/event_sink.h"
#include "text/markers.h"

namespace hearth {

// How a family marks its reasoning: one block before the answer. kHarmony is read by HarmonyParser.
enum class ReasoningFamily { kNone, kThink, kMagistral, kCohere, kSeed, kGemma, kThought, kHarmony };
[[nodiscard]] std::string_view to_string(ReasoningFamily family);

struct ReasoningMarks {
  std::string_view open, close;
};
[[nodiscard]] ReasoningMarks reasoning_marks(ReasoningFamily family);

// By the text of the model's chat template; kNone when nothing is recognised.
[[nodiscard]] ReasoningFamily detect_reasoning_family(std::string_view template_source);

// Whether a rendered prompt ends inside an opened block, so that the model goes on thinking without opening one itself.
[[nodiscard]] bool prompt_opens_reasoning(ReasoningFamily family, std::string_view prompt);

// Takes a model's text byte by byte. White space around the marks belongs to them. A block is looked for only where the
// answer begins: a mark later on is prose about marks. An unclosed block is reasoning to its end.
// Externally synchronised.
class ReasoningSplitter {
 public:
  using Answer = std::function<void(char)>;
  // `keep`: reasoning and its marks come out as content. `answer` takes what follows the block.
  ReasoningSplitter(ReasoningFamily family, bool opened, bool keep, EventSink& sink, Answer answer);

  void put(char c);
  void end();

 private:
  enum class State { kStart, kThinking, kAfter, kAnswer };
  void at_start(char c);
  void thinking(char c);
  void report(std::string_view text);
  void begin_answer(std::string_view text);

  MarkerGate close_;
  std::string open_;
  bool keep_;
  EventSink& sink_;
  Answer answer_;
  std::string held_;  // at the start: white space and the beginning of an opening mark; else white space
  bool said_ = false, open_allowed_ = true;
  State state_ = State::kStart;
};

}  // namespace hearth
