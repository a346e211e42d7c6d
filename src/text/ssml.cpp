#include "text/ssml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <pugixml.hpp>

namespace hearth {
namespace {

constexpr int kDepthMax = 32;
constexpr double kPauseSecondsMax = 10;  // Source: the limit that Amazon's and Google's services have
constexpr double kRateMin = 0.1;
constexpr double kRateMax = 10;
// Source: own choice, of the order that the services above document.
constexpr std::uint32_t kSentencePauseMs = 200;
constexpr std::uint32_t kParagraphPauseMs = 500;

struct Named {
  std::string_view name;
  double value;
};
// Source: own choice in milliseconds; SSML leaves it to the processor.
constexpr std::array<Named, 6> kStrengths = {
    {{"none", 0}, {"x-weak", 50}, {"weak", 100}, {"medium", 250}, {"strong", 500}, {"x-strong", 1000}}};
// Source: own choice; SSML leaves it to the processor.
constexpr std::array<Named, 6> kRates = {
    {{"x-slow", 0.5}, {"slow", 0.75}, {"medium", 1}, {"default", 1}, {"fast", 1.5}, {"x-fast", 2}}};

template <std::size_t N>
std::optional<double> named_value(const std::array<Named, N>& table, std::string_view name) {
  for (const auto& entry : table)
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

// A number and what follows it; absent when there is none.
std::optional<double> read_number(std::string_view& text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (failed != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

Unexpected no_meaning(const char* element, const char* attribute, std::string_view value, std::string_view wanted) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("<{}> has {}=\"{}\"; it takes {}", element, attribute, value.substr(0, 40), wanted));
}

Result<double> read_rate(std::string_view written) {
  constexpr const char* kWanted = "slow, medium, fast, x-slow, x-fast, a factor such as 1.2, or per cent";
  if (const auto named = named_value(kRates, written)) return *named;
  std::string_view rest = written;
  const bool is_change = rest.starts_with('+') || rest.starts_with('-');
  if (rest.starts_with('+')) rest.remove_prefix(1);
  const auto number = read_number(rest);
  if (!number || (rest != "" && rest != "%") || (is_change && rest != "%"))
    return no_meaning("prosody", "rate", written, kWanted);
  const double rate = rest != "%" ? *number : (is_change ? 100 + *number : *number) / 100;
  if (!(rate >= kRateMin && rate <= kRateMax)) return no_meaning("prosody", "rate", written, "0.1 to 10");
  return rate;
}

Result<std::uint32_t> read_pause(const pugi::xml_node& node) {
  const auto time = node.attribute("time");
  if (time.empty()) {
    const std::string_view strength = node.attribute("strength").as_string("medium");
    if (const auto named = named_value(kStrengths, strength)) return static_cast<std::uint32_t>(*named);
    return no_meaning("break", "strength", strength, "none, x-weak, weak, medium, strong or x-strong");
  }
  std::string_view rest = time.value();
  const auto number = read_number(rest);
  const double seconds = !number ? -1 : rest == "s" ? *number : rest == "ms" ? *number / 1000 : -1;
  if (!(seconds >= 0 && seconds <= kPauseSecondsMax))
    return no_meaning("break", "time", time.value(), "seconds or milliseconds such as 0.5s or 500ms, at most 10s");
  return static_cast<std::uint32_t>(seconds * 1000);
}

class Reader {
 public:
  Status read(const pugi::xml_node& node, const SpeechPart& style, int depth) {
    if (depth > kDepthMax)
      return fail(ErrorCode::kInvalidArgument, fmt::format("SSML elements are nested more than {} deep", kDepthMax));
    for (const auto& child : node.children()) {
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
        add_text(child.value(), style);
      else if (child.type() == pugi::node_element)
        HEARTH_TRY(read_element(child, style, depth));
    }
    return {};
  }
  [[nodiscard]] std::vector<SpeechPart> take() { return std::move(parts_); }

 private:
  Status read_element(const pugi::xml_node& node, SpeechPart style, int depth) {
    const std::string_view name = node.name();
    if (name == "break") {
      HEARTH_ASSIGN(pause, read_pause(node));
      add_pause(pause);
      return {};
    }
    if (name == "sub") {
      if (node.attribute("alias").empty())
        return fail(ErrorCode::kInvalidArgument, "<sub> lacks its alias, the text to say instead");
      add_text(node.attribute("alias").value(), style);
      return {};
    }
    if (name == "p" || name == "s") {
      const std::size_t before = parts_.size();
      HEARTH_TRY(read(node, style, depth + 1));
      if (parts_.size() > before) add_pause(name == "p" ? kParagraphPauseMs : kSentencePauseMs);
      return {};
    }
    HEARTH_TRY(restyle(node, style));
    return read(node, style, depth + 1);
  }

  static Status restyle(const pugi::xml_node& node, SpeechPart& style) {
    const std::string_view name = node.name();
    if (name == "prosody") {
      if (const auto rate = node.attribute("rate")) {
        HEARTH_ASSIGN(factor, read_rate(rate.value()));
        style.rate *= factor;
      }
    } else if (name == "say-as") {
      const std::string_view as = node.attribute("interpret-as").value();
      if (as != "characters" && as != "spell-out" && as != "digits")
        return no_meaning("say-as", "interpret-as", as, "characters, spell-out or digits");
      style.spell = true;
    } else if (name == "voice") {
      style.voice = node.attribute("name").value();
    } else {
      return fail(ErrorCode::kUnsupported, fmt::format("SSML's <{}> is not followed here", name.substr(0, 40)),
                  "speak, p, s, break, prosody (rate), say-as, sub and voice are");
    }
    return {};
  }

  void add_text(std::string_view text, const SpeechPart& style) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    SpeechPart part = style;
    part.text = text;
    parts_.push_back(std::move(part));
  }

  // The longer of two pauses that meet counts: a break that closes a paragraph doesn't lengthen its pause.
  void add_pause(std::uint32_t pause_ms) {
    if (parts_.empty()) parts_.push_back({});
    parts_.back().pause_ms = std::max(parts_.back().pause_ms, pause_ms);
  }

  std::vector<SpeechPart> parts_;
};

}  // namespace

bool is_ssml(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with("<?xml")) {
    text.remove_prefix(std::min(text.find("?>"), text.size() - 2) + 2);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  }
  if (!text.starts_with("<speak")) return false;
  const char next = text.size() > 6 ? text[6] : '\0';
  return next == '>' || next == '/' || next == ' ' || next == '\t' || next == '\r' || next == '\n';
}

Result<std::vector<SpeechPart>> parse_ssml(std::string_view text) {
  pugi::xml_document document;
  // Text is kept as it is written; entities are the five of XML and characters by number, so that none grows.
  const auto parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  if (!parsed)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the SSML can't be read at byte {}: {}", parsed.offset, parsed.description()));
  const auto root = document.document_element();
  if (std::string_view(root.name()) != "speak")
    return fail(ErrorCode::kInvalidArgument, "SSML opens with the element <speak>");
  Reader reader;
  HEARTH_TRY(reader.read(root, {}, 0));
  return reader.take();
}

}  // namespace hearth
