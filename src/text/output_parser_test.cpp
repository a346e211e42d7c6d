#include "text/output_parser.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

struct Case {
  const char* name;
  CallFamily calls;
  ReasoningFamily reasoning;
  std::string text;
  std::string content;
  std::string thought;
  std::vector<ToolCall> tool_calls;
  bool malformed = false;
};

std::string deepseek(const std::string& mark) { return "<\uFF5Ctool\u2581" + mark + "\uFF5C>"; }

ToolCall call(int index, const std::string& name, const std::string& arguments, bool malformed = false) {
  return {"call_" + std::to_string(index), name, arguments, malformed};
}

const std::vector<Case> kCases = {
    {"hermes",
     CallFamily::kHermes,
     ReasoningFamily::kThink,
     "<think>\nWhich city?\n</think>\n\nLet me look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": "
     "\"K\u00F6ln\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>",
     "Let me look.",
     "Which city?",
     {call(0, "weather", "{\"city\": \"K\u00F6ln\"}"), call(1, "time", "{}")}},
    {"hermes_arguments_first",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>{\"arguments\": {\"a\": [1, {\"b\": null}]}, \"name\": \"f\"}</tool_call>",
     "",
     "",
     {call(0, "f", "{\"a\": [1, {\"b\": null}]}")}},
    {"hermes_arguments_as_a_string",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"a\\\": 1}\"}</tool_call>",
     "",
     "",
     {call(0, "f", "{\"a\": 1}")}},
    {"hermes_line_break_inside_a_string",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"x\ny\"}}</tool_call>",
     "",
     "",
     {call(0, "f", "{\"a\": \"x\\ny\"}")}},
    {"hermes_stopped_before_its_closing_tag",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool",
     "",
     "",
     {call(0, "f", "{}")}},
    {"hermes_broken_off",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"unfin",
     "",
     "",
     {call(0, "f", "{\"a\": \"unfin", true)},
     true},
    {"hermes_not_json",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "So: <tool_call>f(1)</tool_call> done",
     "So: <tool_call>f(1)</tool_call> done",
     "",
     {},
     true},
    {"hermes_misspelt_key",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>{\"name\": \"f\", \"args\": {}}</tool_call>",
     "<tool_call>{\"name\": \"f\", \"args\": {}}</tool_call>",
     "",
     {},
     true},
    {"hermes_closing_tag_forgotten",
     CallFamily::kHermes,
     ReasoningFamily::kNone,
     "<tool_call>{\"name\": \"f\"}\n<tool_call>{\"name\": \"g\"}</tool_call>",
     "",
     "",
     {call(0, "f", "{}"), call(1, "g", "{}")}},
    {"qwen_xml",
     CallFamily::kQwenXml,
     ReasoningFamily::kNone,
     "Writing.\n<tool_call>\n<function=write>\n<parameter=path>\na.txt\n</parameter>\n<parameter=text>\nline "
     "1\n\"2\" <b>\n\n</parameter>\n<parameter=mode>\n420\n</parameter>\n</function>\n</tool_call>",
     "Writing.",
     "",
     {call(0, "write", "{\"path\": \"a.txt\", \"text\": \"line 1\\n\\\"2\\\" <b>\\n\", \"mode\": 420}")}},
    {"qwen_xml_without_parameters",
     CallFamily::kQwenXml,
     ReasoningFamily::kNone,
     "<function=now>\n</function>",
     "",
     "",
     {call(0, "now", "{}")}},
    {"llama_bare",
     CallFamily::kLlama,
     ReasoningFamily::kNone,
     "{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome\"}}; {\"name\": \"time\", \"parameters\": {}}",
     "",
     "",
     {call(0, "weather", "{\"city\": \"Rome\"}"), call(1, "time", "{}")}},
    {"llama_answers_in_json",
     CallFamily::kLlama,
     ReasoningFamily::kNone,
     "{\"name\": \"Ada\", \"age\": 36}",
     "{\"name\": \"Ada\", \"age\": 36}",
     "",
     {}},
    {"llama_names_no_known_tool",
     CallFamily::kLlama,
     ReasoningFamily::kNone,
     "{\"name\": \"Ada\", \"parameters\": {}}",
     "{\"name\": \"Ada\", \"parameters\": {}}",
     "",
     {}},
    {"llama_tagged",
     CallFamily::kLlama,
     ReasoningFamily::kNone,
     "<|python_tag|>{\"type\": \"function\", \"name\": \"weather\", \"parameters\": {\"city\": 1}}",
     "",
     "",
     {call(0, "weather", "{\"city\": 1}")}},
    {"llama_builtin",
     CallFamily::kLlama,
     ReasoningFamily::kNone,
     "<|python_tag|>brave_search.call(query=\"rain, 'now'\", n=3)",
     "",
     "",
     {call(0, "brave_search", "{\"query\": \"rain, 'now'\", \"n\": 3}")}},
    {"llama_code",
     CallFamily::kLlama,
     ReasoningFamily::kNone,
     "<|python_tag|>x = 1\nprint(x)",
     "",
     "",
     {call(0, "code_interpreter", "{\"code\": \"x = 1\\nprint(x)\"}")}},
    {"mistral_list",
     CallFamily::kMistral,
     ReasoningFamily::kMagistral,
     "[THINK]Hm.[/THINK][TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": 1}, \"id\": \"abcdefghi\"}, {\"id\": "
     "\"123456789\", \"name\": \"g\", \"arguments\": {}}]",
     "",
     "Hm.",
     {{"", "f", "{\"a\": 1}"}, {"123456789", "g", "{}"}}},
    {"mistral_named",
     CallFamily::kMistral,
     ReasoningFamily::kNone,
     "[TOOL_CALLS]f[CALL_ID]abcdefghi[ARGS]{\"a\": 1}[TOOL_CALLS]g[ARGS]{}",
     "",
     "",
     {{"abcdefghi", "f", "{\"a\": 1}"}, {"", "g", "{}"}}},
    {"deepseek_v3",
     CallFamily::kDeepSeek,
     ReasoningFamily::kThink,
     "<think>Hm.</think>" + deepseek("calls\u2581begin") + deepseek("call\u2581begin") + "function" + deepseek("sep") +
         "f\n```json\n{\"a\": 1}\n```" + deepseek("call\u2581end") + "\n" + deepseek("call\u2581begin") + "function" +
         deepseek("sep") + "g\n```json\n{}\n```" + deepseek("call\u2581end") + deepseek("calls\u2581end"),
     "",
     "Hm.",
     {call(0, "f", "{\"a\": 1}"), call(1, "g", "{}")}},
    {"deepseek_v31",
     CallFamily::kDeepSeek,
     ReasoningFamily::kNone,
     "Ok." + deepseek("calls\u2581begin") + deepseek("call\u2581begin") + "f" + deepseek("sep") + "{\"a\": 1}" +
         deepseek("call\u2581end") + deepseek("calls\u2581end"),
     "Ok.",
     "",
     {call(0, "f", "{\"a\": 1}")}},
    {"gemma_code",
     CallFamily::kGemma,
     ReasoningFamily::kNone,
     "Sure.\n```tool_code\nprint(weather(city='Rome', days=[1, 2], now=True))\n```\n",
     "Sure.",
     "",
     {call(0, "weather", "{\"city\": \"Rome\", \"days\": [1, 2], \"now\": true}")}},
    {"gemma_json",
     CallFamily::kGemma,
     ReasoningFamily::kNone,
     "```json\n{\"name\": \"weather\", \"parameters\": {}}\n```",
     "",
     "",
     {call(0, "weather", "{}")}},
    {"gemma_program",
     CallFamily::kGemma,
     ReasoningFamily::kNone,
     "```json\n{\"a\": 1}\n```\nThat is it.",
     "```json\n{\"a\": 1}\n```\nThat is it.",
     "",
     {}},
    {"phi_tagged",
     CallFamily::kPhi,
     ReasoningFamily::kNone,
     "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {\"a\": "
     "-1.5e3}}]<|/tool_call|>",
     "",
     "",
     {call(0, "f", "{}"), call(1, "g", "{\"a\": -1.5e3}")}},
    {"phi_functools",
     CallFamily::kPhi,
     ReasoningFamily::kNone,
     "Use functools.partial: functools[{\"name\": \"f\", \"arguments\": {}}]",
     "Use functools.partial:",
     "",
     {call(0, "f", "{}")}},
    {"generic_wrapped",
     CallFamily::kGeneric,
     ReasoningFamily::kNone,
     "{\n  \"tool_calls\": [{\"name\": \"f\", \"arguments\": {}, \"id\": \"x\"}]\n}",
     "",
     "",
     {call(0, "f", "{}")}},
    {"generic_list",
     CallFamily::kGeneric,
     ReasoningFamily::kNone,
     "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"parameters\": {}}]",
     "",
     "",
     {call(0, "f", "{}"), call(1, "g", "{}")}},
    {"generic_prose",
     CallFamily::kGeneric,
     ReasoningFamily::kNone,
     "[1, 2] is a list, {} is empty",
     "[1, 2] is a list, {} is empty",
     "",
     {}},
    {"harmony",
     CallFamily::kHarmony,
     ReasoningFamily::kHarmony,
     "<|channel|>analysis<|message|>Need rain.<|end|><|start|>assistant<|channel|>commentary to=functions.weather "
     "<|constrain|>json<|message|>{\"city\": \"Rome\"}<|call|>",
     "",
     "Need rain.",
     {call(0, "weather", "{\"city\": \"Rome\"}")}},
    {"harmony_final",
     CallFamily::kHarmony,
     ReasoningFamily::kHarmony,
     "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final<|message|>4 < 5<|return|>",
     "4 < 5",
     "Easy.",
     {}},
    {"harmony_recipient_in_the_role",
     CallFamily::kHarmony,
     ReasoningFamily::kHarmony,
     " to=functions.f<|channel|>commentary json<|message|>{}<|call|>",
     "",
     "",
     {call(0, "f", "{}")}},
    {"prose_with_half_markers",
     CallFamily::kHermes,
     ReasoningFamily::kThink,
     "a < b <tool_ <think> </think>\n ",
     "a < b <tool_ <think> </think>\n ",
     "",
     {}},
};

ParsedOutput parse(const Case& c, std::size_t cut_a, std::size_t cut_b) {
  OutputParserOptions options{{c.calls, c.reasoning}};
  if (c.calls == CallFamily::kLlama || c.calls == CallFamily::kGemma) options.tools = {{"weather"}, {"time"}};
  if (c.calls == CallFamily::kQwenXml)
    options.tools = {{"write", "", R"({"properties": {"text": {"type": "string"}, "mode": {"type": "integer"}}})"}};
  OutputParser parser(options);
  ParsedOutput out;
  const auto add = [&out](const std::vector<OutputEvent>& events) {
    for (const auto& event : events) out.add(event);
  };
  add(parser.feed(std::string_view(c.text).substr(0, cut_a)));
  add(parser.feed(std::string_view(c.text).substr(cut_a, cut_b - cut_a)));
  add(parser.feed(std::string_view(c.text).substr(cut_b)));
  add(parser.finish());
  return out;
}

void expect_output(const Case& c, const ParsedOutput& out) {
  ASSERT_EQ(out.content, c.content);
  ASSERT_EQ(out.reasoning, c.thought);
  ASSERT_EQ(out.malformed, c.malformed);
  ASSERT_EQ(out.calls.size(), c.tool_calls.size());
  for (std::size_t i = 0; i < out.calls.size(); ++i) {
    ASSERT_EQ(out.calls[i].name, c.tool_calls[i].name);
    ASSERT_EQ(out.calls[i].arguments_json, c.tool_calls[i].arguments_json);
    ASSERT_EQ(out.calls[i].malformed, c.tool_calls[i].malformed);
    if (c.calls == CallFamily::kMistral) {
      ASSERT_EQ(out.calls[i].id.size(), 9U);
    }
  }
}

TEST(OutputParser, every_family_at_every_cut) {
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    for (std::size_t a = 0; a <= c.text.size(); ++a) {
      expect_output(c, parse(c, a, a));
      if (HasFatalFailure()) return;
    }
    for (std::size_t a = 0; a <= c.text.size(); a += 3)
      for (std::size_t b = a; b <= c.text.size(); b += 3) {
        expect_output(c, parse(c, a, b));
        if (HasFatalFailure()) return;
      }
  }
}

std::vector<OutputEvent> events_of(const Case& c, std::size_t piece) {
  OutputParser parser(OutputParserOptions{{c.calls, c.reasoning}});
  std::vector<OutputEvent> all;
  for (std::size_t at = 0; at < c.text.size(); at += piece)
    for (auto& event : parser.feed(std::string_view(c.text).substr(at, piece))) all.push_back(std::move(event));
  for (auto& event : parser.finish()) all.push_back(std::move(event));
  return all;
}

TEST(OutputParser, arguments_stream_as_they_come) {
  const auto events = events_of(kCases[0], 4);
  int deltas = 0;
  for (const auto& event : events) deltas += event.kind == OutputKind::kCallArguments ? 1 : 0;
  EXPECT_GE(deltas, 5);
}

TEST(OutputParser, starts_and_ends_stand_in_order) {
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    int open = -1;
    std::uint32_t next = 0;
    for (const auto& event : events_of(c, 5)) {
      if (event.kind == OutputKind::kCallStart) {
        EXPECT_EQ(open, -1);
        EXPECT_EQ(event.call_index, next++);
        open = static_cast<int>(event.call_index);
      } else if (event.kind == OutputKind::kCallArguments || event.kind == OutputKind::kCallEnd) {
        EXPECT_EQ(open, static_cast<int>(event.call_index));
        if (event.kind == OutputKind::kCallEnd) open = -1;
      } else {
        EXPECT_EQ(open, -1);
      }
    }
    EXPECT_EQ(open, -1);
  }
}

TEST(OutputParser, a_prompt_that_opened_the_block_makes_the_beginning_reasoning) {
  OutputParserOptions options{{CallFamily::kHermes, ReasoningFamily::kThink}};
  options.reasoning_opened = prompt_opens_reasoning(ReasoningFamily::kThink, "<|im_start|>assistant\n<think>\n");
  ASSERT_TRUE(options.reasoning_opened);
  EXPECT_FALSE(prompt_opens_reasoning(ReasoningFamily::kThink, "<think>\n\n</think>\n\n"));
  for (const char* text : {"\nSo.\n</think>\n\nYes.", "<think>\nSo.</think>Yes."}) {
    OutputParser parser(options);
    ParsedOutput out;
    for (const auto& event : parser.feed(text)) out.add(event);
    for (const auto& event : parser.finish()) out.add(event);
    EXPECT_EQ(out.reasoning, "So.");
    EXPECT_EQ(out.content, "Yes.");
  }
}

TEST(OutputParser, switched_off_halves_leave_the_text_as_it_is) {
  const std::string text = "<think>\nA</think>\nB <tool_call>{\"name\": \"f\"}</tool_call>";
  OutputParserOptions options{{CallFamily::kHermes, ReasoningFamily::kThink}};
  options.parse_calls = false;
  options.separate_reasoning = false;
  OutputParser parser(options);
  ParsedOutput out;
  for (const auto& event : parser.feed(text)) out.add(event);
  for (const auto& event : parser.finish()) out.add(event);
  EXPECT_EQ(out.content, text);
  EXPECT_TRUE(out.calls.empty());
}

TEST(OutputParser, families_are_known_by_their_templates) {
  const auto calls = [](std::string_view source) { return detect_output_format(source).calls; };
  EXPECT_EQ(calls("... <tool_call>\\n{\"name\": <function-name> ..."), CallFamily::kHermes);
  EXPECT_EQ(calls("<tool_call>\n<function=example>\n<parameter=a>"), CallFamily::kQwenXml);
  EXPECT_EQ(calls("{{ '<|start_header_id|>' + role }}"), CallFamily::kLlama);
  EXPECT_EQ(calls("{{- \"[TOOL_CALLS] [\" }}"), CallFamily::kMistral);
  EXPECT_EQ(calls("{{'" + deepseek("calls\u2581begin") + "'}}"), CallFamily::kDeepSeek);
  EXPECT_EQ(calls("<|start|>assistant<|channel|>final<|message|>"), CallFamily::kHarmony);
  EXPECT_EQ(calls("<start_of_turn>model"), CallFamily::kGemma);
  EXPECT_EQ(calls("<|tool_call|>"), CallFamily::kPhi);
  EXPECT_EQ(calls("{{ messages[0].content }}"), CallFamily::kGeneric);
  EXPECT_EQ(detect_output_format("content.split('</think>')[-1]").reasoning, ReasoningFamily::kThink);
}

}  // namespace
}  // namespace hearth
