#include "app/transcript_scores.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{256} << 20U;
constexpr std::size_t kWordsMax = 20'000;  // of one text: the alignment takes the square of it in time

struct NamedText {
  std::string name;
  std::string text;
};

struct TextFile {
  std::vector<NamedText> texts;
  bool has_names = false;
};

std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < content.size();) {
    const auto end = std::min(content.find('\n', at), content.size());
    std::string line = content.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

// Absent: the line is no object with the two. An item that failed has an error instead of a text: nothing was
// understood.
std::optional<NamedText> named_text(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("path") || !json["path"].is_string()) return std::nullopt;
  const std::string name = std::filesystem::path(json["path"].get<std::string>()).filename().string();
  if (json.contains("error")) return NamedText{name, ""};
  if (!json.contains("text") || !json["text"].is_string()) return std::nullopt;
  return NamedText{name, json["text"].get<std::string>()};
}

Result<TextFile> read_texts(const std::string& path) {
  HEARTH_ASSIGN(content, read_file(path, kFileBytesMax));
  TextFile file;
  std::size_t number = 0;
  for (auto& line : lines_of(content)) {
    ++number;
    if (number == 1) file.has_names = line.starts_with('{');
    if (!file.has_names) {
      file.texts.push_back({fmt::format("line {}", number), std::move(line)});
      continue;
    }
    if (line.empty()) continue;
    auto text = named_text(line);
    if (!text)
      return fail(ErrorCode::kInvalidData,
                  fmt::format("line {} of {} is no JSON object with path and text", number, path),
                  "write what `hearth run transcribe --json` writes, or plain text only");
    file.texts.push_back(std::move(*text));
  }
  return file;
}

Result<std::map<std::string, std::string>> by_name(const TextFile& file, const std::string& path) {
  std::map<std::string, std::string> texts;
  for (const auto& text : file.texts)
    if (!texts.emplace(text.name, text.text).second)
      return fail(ErrorCode::kInvalidData, fmt::format("{} has two texts of the name {}", path, text.name));
  return texts;
}

}  // namespace

Result<TranscriptScores> score_transcripts(const std::string& reference_file, const std::string& transcript_file,
                                           bool normalise) {
  HEARTH_ASSIGN(reference, read_texts(reference_file));
  HEARTH_ASSIGN(transcript, read_texts(transcript_file));
  if (reference.has_names != transcript.has_names ||
      (!reference.has_names && reference.texts.size() != transcript.texts.size()))
    return fail(
        ErrorCode::kInvalidData,
        fmt::format("{} and {} don't pair: {} and {} texts, {}", reference_file, transcript_file,
                    reference.texts.size(), transcript.texts.size(),
                    reference.has_names != transcript.has_names ? "one with names and one without" : "line by line"),
        "give both as JSON lines with path and text, or as plain text with as many lines");
  HEARTH_TRY(by_name(reference, reference_file));
  HEARTH_ASSIGN(understood, by_name(transcript, transcript_file));
  TranscriptScores scores;
  scores.normalisation = normalise ? kWordNormalisation : "none: words parted by white space";
  const auto words = [&](const std::string& text) { return normalise ? normalised_words(text) : plain_words(text); };
  for (const auto& text : reference.texts) {
    const auto reference_words = words(text.text);
    const auto found = understood.find(text.name);
    const auto transcript_words = found == understood.end() ? std::vector<std::string>() : words(found->second);
    if (reference_words.size() > kWordsMax || transcript_words.size() > kWordsMax)
      return fail(ErrorCode::kDoesNotFit, fmt::format("{} has more than {} words", text.name, kWordsMax),
                  "score shorter texts");
    scores.texts.push_back({text.name, count_word_errors(reference_words, transcript_words)});
    scores.all += scores.texts.back().errors;
  }
  return scores;
}

}  // namespace hearth
