// Calls written as JSON: {"name": ..., "arguments": {...}}, one or a list of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "text/event_sink.h"
#include "text/json_scanner.h"

namespace hearth {

struct JsonCallRules {
  // Text that may as well be an answer: the arguments must be there and the name must be known.
  bool tentative = false;
  std::function<bool(std::string_view)> knows_tool{};  // empty: all names are known
};

// One call. Keys: "name"; "arguments" or "parameters"; "id"; "type". Another key
// makes it no call: it may be a misspelt one, and a call without its arguments does harm. The call starts as soon as
// its name and the first byte of its arguments are known, and its arguments stream from there; with the arguments
// before the name they are held until the name. Arguments given as a string that holds an object are unpacked.
class JsonCall {
 public:
  explicit JsonCall(JsonCallRules rules) : rules_(std::move(rules)) {}
  Step put(char c, CallEvents& out);
  void reset();

 private:
  enum class State { kOpen, kFirstKey, kNextKey, kKey, kColon, kValueStart, kValue, kCommaOrEnd };
  enum class Key { kName, kArguments, kId, kType };
  Step in_key(char c);
  Step start_value(char c, CallEvents& out);
  Step in_value(char c, CallEvents& out);
  Step end_of_value();
  Step take_arguments();
  Step finish(CallEvents& out);
  bool accept_key();
  [[nodiscard]] bool name_is_known() const;

  JsonCallRules rules_;
  State state_ = State::kOpen;
  Key key_ = Key::kType;
  JsonScanner scanner_;
  std::string text_;  // of the key or the value being read
  std::string name_, id_, arguments_;
  bool has_name_ = false, has_arguments_ = false, streaming_ = false, started_ = false;
};

// One call or a list of calls in brackets.
class JsonCalls {
 public:
  explicit JsonCalls(JsonCallRules rules) : call_(std::move(rules)) {}
  Step put(char c, CallEvents& out);
  void reset();
  // Whether what follows the last whole call is only the rest of the list.
  [[nodiscard]] bool between_calls() const { return state_ == State::kCommaOrEnd; }

 private:
  enum class State { kStart, kElementOrEnd, kElement, kCall, kCommaOrEnd };
  Step start_element(char c, CallEvents& out);
  Step in_call(char c, CallEvents& out);
  JsonCall call_;
  State state_ = State::kStart;
  bool is_list_ = false;
};

}  // namespace hearth
