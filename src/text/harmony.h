// gpt-oss writes messages with headers: <|channel|>analysis<|message|>...<|end|><|start|>assistant<|channel|>final...
#pragma once

#include <string>
#include <string_view>

#include "text/event_sink.h"
#include "text/json_scanner.h"
#include "text/markers.h"

namespace hearth {

// Reads harmony's messages byte by byte: analysis is reasoning, a recipient makes a call, the rest is content.
// Text without any header is content; a header without its message is content, marked malformed.
// Source: openai/harmony, docs/format.md. Externally synchronised.
class HarmonyParser : private CallEvents {
 public:
  struct Options {
    bool parse_calls = true;
    bool separate_reasoning = true;
  };
  HarmonyParser(EventSink& sink, Options options);

  void put(char c);
  void end();

 private:
  enum class Body { kNone, kReasoning, kContent, kCall, kAfterCall };
  void marker(int index);
  void text(std::string_view text);
  void call_text(char c);
  void begin_message();
  void end_message();
  void start_call(std::string_view name, std::string_view id) override { sink_.start_call(name, id); }
  void call_arguments(std::string_view text) override { sink_.call_arguments(text); }
  void end_call(bool malformed) override { sink_.end_call(malformed); }

  EventSink& sink_;
  Options options_;
  MarkerGate gate_;
  ObjectStream object_;
  std::string header_;  // since the last message, markers included
  std::string name_;    // of the call
  std::string held_;    // white space before the arguments
  bool seen_marker_ = false;
  Body body_ = Body::kNone;
};

}  // namespace hearth
