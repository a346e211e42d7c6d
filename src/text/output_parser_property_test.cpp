// Random outputs, whole and damaged: whatever happens to the syntax, every word of the model comes out exactly once.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "text/output_parser.h"

namespace hearth {
namespace {

class OutputGenerator {
 public:
  OutputGenerator(CallFamily family, std::uint64_t seed) : family_(family), random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  // Words are unique, so that each can be looked for.
  std::string word() { return "w" + std::to_string(words_++) + "q"; }

  std::string json_value(int depth) {
    switch (below(depth > 2 ? 3 : 5)) {
      case 0: return "\"" + word() + " \\\"\\u00e9{}[]</ \u6C34\"";
      case 1: return std::to_string(static_cast<int>(below(2000)) - 1000);
      case 2: return below(2) != 0 ? "true" : "null";
      case 3: return "[" + json_value(depth + 1) + ", " + json_value(depth + 1) + "]";
      default: return object(depth + 1);
    }
  }
  std::string object(int depth) {
    std::string out = "{";
    const std::size_t n = below(4);
    for (std::size_t i = 0; i < n; ++i) out += (i != 0 ? ", \"" : "\"") + word() + "\": " + json_value(depth);
    return out + "}";
  }
  ToolCall call() { return {"", word(), object(0)}; }
  std::string envelope(const ToolCall& c, const char* key = "arguments") {
    return "{\"name\": \"" + c.name + "\", \"" + key + "\": " + c.arguments_json + "}";
  }

  std::string write(const std::vector<ToolCall>& calls) {
    std::string out, list;
    for (const auto& c : calls) {
      list += (list.empty() ? "" : ", ") + envelope(c);
      switch (family_) {
        case CallFamily::kHermes: out += "<tool_call>\n" + envelope(c) + "\n</tool_call>\n"; break;
        case CallFamily::kLlama: out += (out.empty() ? "<|python_tag|>" : "; ") + envelope(c, "parameters"); break;
        case CallFamily::kDeepSeek:
          out += mark("call\u2581begin") + "function" + mark("sep") + c.name + "\n```json\n" + c.arguments_json +
                 "\n```" + mark("call\u2581end");
          break;
        case CallFamily::kMistral: out += "[TOOL_CALLS]" + c.name + "[ARGS]" + c.arguments_json; break;
        case CallFamily::kHarmony:
          out += "<|start|>assistant<|channel|>commentary to=functions." + c.name + " <|constrain|>json<|message|>" +
                 c.arguments_json + "<|call|>";
          break;
        default: break;
      }
    }
    if (family_ == CallFamily::kDeepSeek) return mark("calls\u2581begin") + out + mark("calls\u2581end");
    if (family_ == CallFamily::kPhi) return "<|tool_call|>[" + list + "]<|/tool_call|>";
    if (family_ == CallFamily::kGeneric) return "```json\n{\"tool_calls\": [" + list + "]}\n```";
    return out;
  }
  static std::string mark(const std::string& name) { return "<\uFF5Ctool\u2581" + name + "\uFF5C>"; }

  std::string prose() {
    std::string out = word();
    for (std::size_t i = below(5); i > 0; --i) out += (below(3) != 0 ? " " : " <") + word();
    return family_ == CallFamily::kHarmony ? "<|channel|>final<|message|>" + out + "<|end|>" : out;
  }

  [[nodiscard]] std::size_t words() const { return words_; }

 private:
  CallFamily family_;
  std::mt19937_64 random_;
  std::size_t words_ = 0;
};

struct Parsed : ParsedOutput {
  std::string everything;  // all texts and names in order of their events
};

void add(const std::vector<OutputEvent>& events, Parsed& out) {
  for (const auto& event : events) {
    out.add(event);
    out.everything += event.kind == OutputKind::kCallStart ? " " + event.call_name + " " : event.text;
  }
}

Parsed parse(CallFamily family, const std::string& text, OutputGenerator* cuts) {
  OutputParser parser(OutputParserOptions{{family, ReasoningFamily::kNone}});
  Parsed out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = cuts != nullptr ? 1 + cuts->below(9) : text.size();
    add(parser.feed(std::string_view(text).substr(at, n)), out);
    at += n;
  }
  add(parser.finish(), out);
  return out;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

constexpr CallFamily kFamilies[] = {CallFamily::kHermes,   CallFamily::kLlama, CallFamily::kMistral,
                                    CallFamily::kDeepSeek, CallFamily::kPhi,   CallFamily::kHarmony,
                                    CallFamily::kGeneric};

TEST(OutputParserProperty, what_was_written_is_read_back) {
  for (const auto family : kFamilies) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      OutputGenerator g(family, seed);
      const std::string prose = g.prose();
      std::vector<ToolCall> calls(1 + g.below(3));
      for (auto& c : calls) c = g.call();
      const auto out = parse(family, prose + "\n" + g.write(calls), &g);
      SCOPED_TRACE(std::string(to_string(family)) + " " + std::to_string(seed));
      ASSERT_FALSE(out.malformed);
      ASSERT_EQ(out.content, family == CallFamily::kHarmony ? prose.substr(27, prose.size() - 34) : prose);
      ASSERT_EQ(out.calls.size(), calls.size());
      for (std::size_t i = 0; i < calls.size(); ++i) {
        ASSERT_EQ(out.calls[i].name, calls[i].name);
        ASSERT_EQ(out.calls[i].arguments_json, calls[i].arguments_json);
      }
    }
  }
}

// Cuts pieces out, plants markers and stray bytes, breaks off.
std::string damaged(std::string text, OutputGenerator& g) {
  static const std::vector<std::string> kPlants = {"<tool_call>",
                                                   "</tool_call>",
                                                   "[TOOL_CALLS]",
                                                   "[ARGS]",
                                                   "<|call|>",
                                                   "<|tool_call|>",
                                                   "```",
                                                   "{",
                                                   "}",
                                                   "]",
                                                   "\"",
                                                   ",",
                                                   "<|python_tag|>",
                                                   "<|end|>",
                                                   "<|channel|>",
                                                   OutputGenerator::mark("calls\u2581begin"),
                                                   OutputGenerator::mark("call\u2581end"),
                                                   "<",
                                                   "\n"};
  for (std::size_t i = 1 + g.below(3); i > 0; --i) {
    std::size_t at = g.below(text.size() + 1);
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;  // characters stay whole
    if (g.below(3) == 0) {
      text.resize(at);
    } else {
      text.insert(at, kPlants[g.below(kPlants.size())]);
    }
  }
  return text;
}

TEST(OutputParserProperty, damage_neither_loses_nor_repeats_a_word) {
  for (const auto family : kFamilies) {
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
      OutputGenerator g(family, seed);
      std::vector<ToolCall> calls(1 + g.below(3));
      for (auto& c : calls) c = g.call();
      std::string text = g.prose() + "\n";
      text += g.write(calls);
      text = damaged(text + g.prose(), g);
      const auto whole = parse(family, text, nullptr);
      const std::string& found = whole.everything;
      SCOPED_TRACE(std::string(to_string(family)) + " " + std::to_string(seed) + ": " + text + "\n-> " + found);
      ASSERT_EQ(parse(family, text, &g).everything, found);
      for (std::size_t i = 0; i < g.words(); ++i) {
        const std::string word = "w" + std::to_string(i) + "q";
        // A marker planted inside a word may be taken out again; a word never comes twice.
        ASSERT_GE(count(found, word), count(text, word)) << word;
        ASSERT_LE(count(found, word), 1U) << word;
      }
      for (const auto& c : whole.calls) {
        ASSERT_TRUE(c.malformed || nlohmann::json::accept(c.arguments_json)) << c.arguments_json;
      }
    }
  }
}

}  // namespace
}  // namespace hearth
