// Separates a model's tool calls from its prose while it writes. What is no call after all comes out as content.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tool_call.h"
#include "text/event_sink.h"
#include "text/json_call.h"
#include "text/markers.h"

namespace hearth {

// What the parsers of all families share: prose passes, a marker (or, at the start, an opening bracket) begins a
// section of calls, a section ends or fails. White space between prose and calls belongs to neither and is dropped.
//
// A section that fails before its call has started comes out as content, marked malformed; one that fails inside a call
// ends the call, marked malformed, and goes on as content. Nothing is lost and nothing comes twice.
// Externally synchronised.
class ToolCallParser : protected CallEvents {
 public:
  // `bare`: bytes that begin a section when nothing but white space and calls came before.
  ToolCallParser(EventSink& sink, std::vector<std::string> markers, std::string bare = {});
  ToolCallParser(const ToolCallParser&) = delete;
  ToolCallParser& operator=(const ToolCallParser&) = delete;
  ~ToolCallParser() override = default;

  void put(char c);
  // The text has ended; to be called once.
  void end();

 protected:
  static constexpr int kBare = -1;

  // A section begins with this marker, or kBare: then its first byte follows by body().
  virtual void opened(int marker) = 0;
  virtual Step body(char c) = 0;
  // The text has ended inside a section without an open call: whether that is a proper end. May emit calls.
  virtual bool ended() = 0;
  // Whether the section may be prose that only looks like a call; then its failure is not marked.
  [[nodiscard]] virtual bool tentative() const { return false; }
  // Whether what came since the last call is no part of another call: then it is read again as prose on failure.
  [[nodiscard]] virtual bool between_calls() const { return false; }

  void start_call(std::string_view name, std::string_view id) override;
  void call_arguments(std::string_view text) override;
  void end_call(bool malformed) override;

 private:
  void prose(char c);
  void plain(std::string_view text);
  void open_section(int marker, std::string_view begun_with);
  void fail();

  EventSink& sink_;
  MarkerGate gate_;
  std::string bare_;
  std::string space_;  // white space that may stand before a call
  std::string raw_;    // what was written since the section began or its last event
  bool in_section_ = false;
  bool call_open_ = false;
  bool reported_ = false;    // the byte in hand led to an event
  bool after_call_ = false;  // nothing but white space since a call
  bool prose_seen_ = false;
};

// How a model family writes its calls.
enum class CallFamily { kNone, kHermes, kQwenXml, kLlama, kMistral, kDeepSeek, kGemma, kPhi, kHarmony, kGeneric };
[[nodiscard]] std::string_view to_string(CallFamily family);

// By the text of the model's chat template; kGeneric when no family is recognised.
[[nodiscard]] CallFamily detect_call_family(std::string_view template_source);

// What a parser knows of the tools offered.
class ToolTypes {
 public:
  explicit ToolTypes(const std::vector<ToolDefinition>& tools);
  // True for all names when no tools are known.
  [[nodiscard]] bool knows(std::string_view name) const;
  enum class Type { kUnknown, kString, kOther };
  // The type of a parameter by the tool's JSON Schema.
  [[nodiscard]] Type parameter(std::string_view tool, std::string_view name) const;
  [[nodiscard]] JsonCallRules rules(bool tentative) const;

 private:
  struct Parameter {
    std::string tool, name;
    Type type;
  };
  std::set<std::string, std::less<>> names_;
  std::vector<Parameter> parameters_;
};

// The parser of a family; null for kNone and kHarmony. `sink` and `types` are borrowed.
[[nodiscard]] std::unique_ptr<ToolCallParser> make_tool_call_parser(CallFamily family, EventSink& sink,
                                                                    const ToolTypes& types);

// One factory a family, each in the file of its name (tool_calls_<family>.cpp).
using ToolCallParserFactory = std::unique_ptr<ToolCallParser>(EventSink&, const ToolTypes&);
ToolCallParserFactory make_hermes_parser, make_qwen_xml_parser, make_llama_parser, make_mistral_parser,
    make_deepseek_parser, make_gemma_parser, make_phi_parser, make_generic_parser;

}  // namespace hearth
