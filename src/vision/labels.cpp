#include "vision/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace hearth {
namespace {

constexpr std::size_t kLabelsMax = 100'000;
constexpr std::size_t kLabelBytesMax = 1'000;

constexpr std::array<std::string_view, 80> kCoco{
    "person",         "bicycle",    "car",           "motorcycle",    "airplane",     "bus",           "train",
    "truck",          "boat",       "traffic light", "fire hydrant",  "stop sign",    "parking meter", "bench",
    "bird",           "cat",        "dog",           "horse",         "sheep",        "cow",           "elephant",
    "bear",           "zebra",      "giraffe",       "backpack",      "umbrella",     "handbag",       "tie",
    "suitcase",       "frisbee",    "skis",          "snowboard",     "sports ball",  "kite",          "baseball bat",
    "baseball glove", "skateboard", "surfboard",     "tennis racket", "bottle",       "wine glass",    "cup",
    "fork",           "knife",      "spoon",         "bowl",          "banana",       "apple",         "sandwich",
    "orange",         "broccoli",   "carrot",        "hot dog",       "pizza",        "donut",         "cake",
    "chair",          "couch",      "potted plant",  "bed",           "dining table", "toilet",        "tv",
    "laptop",         "mouse",      "remote",        "keyboard",      "cell phone",   "microwave",     "oven",
    "toaster",        "sink",       "refrigerator",  "book",          "clock",        "vase",          "scissors",
    "teddy bear",     "hair drier", "toothbrush"};
// Ids of 1..90 that COCO never gave out. Source: COCO 2017 categories.
constexpr std::array<std::int32_t, 10> kUnusedIds{12, 26, 29, 30, 45, 66, 68, 69, 71, 83};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// "n01440764 tench, Tinca tinca" without the WordNet id.
std::string_view without_synset(std::string_view line) {
  if (line.size() < 11 || line[0] != 'n' || line[9] != ' ') return line;
  const bool digits = std::all_of(line.begin() + 1, line.begin() + 9, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? trimmed(line.substr(10)) : line;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t n = lead < 0x80 ? 0 : lead >> 5U == 6 ? 1 : lead >> 4U == 14 ? 2 : lead >> 3U == 30 ? 3 : 4;
    if (n == 4 || i + n >= text.size()) return false;
    for (std::size_t k = 1; k <= n; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80) return false;
    }
    i += n + 1;
  }
  return true;
}

Result<std::vector<std::string>> from_lines(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty() && labels.size() <= kLabelsMax) {
    const auto end = text.find('\n');
    labels.emplace_back(without_synset(trimmed(text.substr(0, end))));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

bool put(std::vector<std::string>& labels, std::size_t id, std::string name) {
  if (id >= kLabelsMax) return false;
  if (labels.size() <= id) labels.resize(id + 1);
  labels[id] = std::move(name);
  return true;
}

// {0: 'person', 1: "hot dog"}: an id, a colon, a quoted name with backslash escapes; braces may be missing (YAML).
std::optional<std::vector<std::string>> from_mapping(std::string_view text) {
  std::vector<std::string> labels;
  std::size_t at = text.find_first_of("0123456789");
  while (at != std::string_view::npos && at < text.size()) {
    std::size_t id = 0;
    std::size_t n_digits = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && n_digits < 7; ++at, ++n_digits)
      id = id * 10 + static_cast<std::size_t>(text[at] - '0');
    at = text.find_first_not_of(" \t", at);
    if (n_digits == 0 || at == std::string_view::npos || text[at] != ':') return std::nullopt;
    at = text.find_first_not_of(" \t", at + 1);
    if (at == std::string_view::npos || (text[at] != '\'' && text[at] != '"')) return std::nullopt;
    const char quote = text[at++];
    std::string name;
    for (; at < text.size() && text[at] != quote; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      name += text[at];
    }
    if (at >= text.size() || !put(labels, id, std::move(name))) return std::nullopt;
    at = text.find_first_not_of(" \t\r\n,}", at + 1);
  }
  return labels.empty() ? std::nullopt : std::optional(std::move(labels));
}

std::optional<std::vector<std::string>> from_json(std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  std::vector<std::string> labels;
  if (document.is_array()) {
    for (const auto& name : document) {
      if (!name.is_string()) return std::nullopt;
      labels.push_back(name.get<std::string>());
    }
    return labels;
  }
  if (!document.is_object()) return std::nullopt;
  for (const auto& [key, name] : document.items()) {
    const bool is_number = !key.empty() && key.size() < 7 &&
                           std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number || !name.is_string() ||
        !put(labels, static_cast<std::size_t>(std::stoul(key)), name.get<std::string>()))
      return std::nullopt;
  }
  return labels;
}

}  // namespace

std::span<const std::string_view> coco_labels() { return kCoco; }

std::vector<std::string> coco_category_labels() {
  std::vector<std::string> labels;
  std::size_t next = 0;
  for (std::int32_t id = 1; id <= 90; ++id) {
    const bool is_unused = std::find(kUnusedIds.begin(), kUnusedIds.end(), id) != kUnusedIds.end();
    labels.emplace_back(is_unused ? std::string_view{} : kCoco[next++]);
  }
  return labels;
}

Result<std::vector<std::string>> parse_labels(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = trimmed(text);
  if (text.empty()) return fail(ErrorCode::kInvalidData, "the label file is empty");
  if (!is_utf8(text))
    return fail(ErrorCode::kInvalidData, "the label file is no UTF-8 text", "a label file has one name a line");
  std::vector<std::string> labels;
  if (text[0] == '{' || text[0] == '[') {
    auto structured = from_json(text);
    if (!structured && text[0] == '{') structured = from_mapping(text);
    if (!structured)
      return fail(ErrorCode::kInvalidData, "the labels are neither a JSON array nor an object from ids to names");
    labels = std::move(*structured);
  } else if (auto mapping = text[0] >= '0' && text[0] <= '9' ? from_mapping(text) : std::nullopt) {
    labels = std::move(*mapping);
  } else {
    HEARTH_ASSIGN(lines, from_lines(text));
    labels = std::move(lines);
  }
  if (labels.empty() || labels.size() > kLabelsMax) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("the label file has {} names; 1 to {} are read", labels.size(), kLabelsMax));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].size() > kLabelBytesMax)
      return fail(ErrorCode::kInvalidData, fmt::format("label {} is longer than {} bytes", i, kLabelBytesMax));
  }
  return labels;
}

Result<std::vector<std::string>> labels_for_classifier(std::vector<std::string> labels, std::size_t n_classes) {
  if (labels.size() == n_classes) return labels;
  if (labels.size() + 1 == n_classes) {
    labels.insert(labels.begin(), "background");
    return labels;
  }
  if (labels.size() == n_classes + 1 && labels[0] == "background") {
    labels.erase(labels.begin());
    return labels;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the label file has {} names and the model {} classes", labels.size(), n_classes),
              "give the label file that belongs to the model");
}

}  // namespace hearth
