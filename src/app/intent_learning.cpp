#include "app/intent_learning.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "platform/file.h"
#include "router/intent_head_file.h"

// Assembled in by intent_blob.S: the bytes between the two labels.
extern "C" {
extern const std::byte hearth_intent_begin[];
extern const std::byte hearth_intent_end[];
}

namespace hearth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kExampleBytesMax = std::uint64_t{64} << 20U;
constexpr std::uint64_t kHeadFileBytesMax = std::uint64_t{1} << 20U;
constexpr std::size_t kExamplesMax = 20'000;

fs::path head_file(const fs::path& home) { return home / "route" / "intent_head.bin"; }

Result<IntentWeights> carried_weights() { return IntentWeights::open(intent_weight_bytes()); }

// Empty where nothing was learned for these weights.
Result<LearnedHeads> read_heads(const fs::path& home, const IntentWeights& weights) {
  LearnedHeads none{weights.checksum(), {}};
  auto bytes = read_file(head_file(home), kHeadFileBytesMax);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kNotFound) return none;
    return fail(std::move(bytes).error());
  }
  HEARTH_ASSIGN(heads, read_learned_heads(std::as_bytes(std::span(*bytes))));
  if (heads.weights_checksum != weights.checksum())
    return fail(ErrorCode::kInvalidData, "what the router learned belongs to another release's network",
                "give `hearth route learn` your examples again");
  return heads;
}

Status write_heads(const fs::path& home, const LearnedHeads& heads) {
  HEARTH_TRY(ensure_folder(head_file(home).parent_path()));
  return write_file_atomic(head_file(home), to_bytes(heads));
}

// An example and what its request borrows.
struct OwnedExample {
  std::string text;
  std::vector<RouteAttachment> attachments;
  RouteRequest request;
  Intent intent = Intent::kChat;
};

Unexpected bad_line(std::size_t number, const std::string& what) {
  return fail(ErrorCode::kInvalidData, "line " + std::to_string(number) + " of the examples " + what,
              "each line is one JSON object: {\"text\": \"...\", \"label\": \"code\"}");
}

Status read_example(std::string_view line, std::size_t number, OwnedExample& out) {
  const auto row = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!row.is_object()) return bad_line(number, "is no JSON object");
  const auto text = row.find("text");
  const auto label = row.find("label");
  if (text == row.end() || !text->is_string()) return bad_line(number, "has no \"text\"");
  if (label == row.end() || !label->is_string()) return bad_line(number, "has no \"label\"");
  const auto intent = intent_of(label->get_ref<const std::string&>());
  if (!intent) return bad_line(number, "has a label that is no intent: \"" + label->get<std::string>() + "\"");
  out.intent = *intent;
  out.text = text->get<std::string>();
  const auto is_set = [&row](const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_boolean() && found->get<bool>();
  };
  if (is_set("has_image")) out.attachments.push_back({AttachmentKind::kImage, false, 0});
  if (is_set("has_audio")) out.attachments.push_back({AttachmentKind::kAudio, false, 0});
  out.request.has_tools = is_set("has_tools");
  if (const auto n = row.find("n_chars"); n != row.end() && n->is_number_unsigned())
    out.request.n_chars = n->get<std::uint64_t>();
  return {};
}

// A deque: examples borrow from themselves and must not move.
Result<std::deque<OwnedExample>> read_examples(const fs::path& path) {
  HEARTH_ASSIGN(text, read_file(path, kExampleBytesMax));
  std::deque<OwnedExample> examples;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
    if (examples.size() == kExamplesMax)
      return fail(ErrorCode::kInvalidArgument, "there are more than " + std::to_string(kExamplesMax) + " examples",
                  "give the ones that matter most");
    auto& example = examples.emplace_back();
    HEARTH_TRY(read_example(line, number, example));
    example.request.text = example.text;
    example.request.attachments = example.attachments;
  }
  return examples;
}

}  // namespace

std::span<const std::byte> intent_weight_bytes() {
  return {hearth_intent_begin, static_cast<std::size_t>(hearth_intent_end - hearth_intent_begin)};
}

Result<std::unique_ptr<IntentClassifier>> open_intent_classifier(const fs::path& home, std::string* notice) {
  HEARTH_ASSIGN(weights, carried_weights());
  auto heads = read_heads(home, weights);
  if (!heads && notice != nullptr) *notice = to_string(heads.error());
  if (heads && !heads->heads.empty())
    return std::unique_ptr<IntentClassifier>(std::make_unique<IntentModel>(weights, heads->heads.back()));
  return std::unique_ptr<IntentClassifier>(std::make_unique<IntentModel>(weights));
}

Result<LearnReport> learn_intents(const fs::path& home, const fs::path& examples) {
  HEARTH_ASSIGN(owned, read_examples(examples));
  HEARTH_ASSIGN(weights, carried_weights());
  auto read = read_heads(home, weights);
  // What is damaged or of another release is replaced: it could not be used any more.
  LearnedHeads heads = read ? std::move(*read) : LearnedHeads{weights.checksum(), {}};
  const IntentModel model = heads.heads.empty() ? IntentModel(weights) : IntentModel(weights, heads.heads.back());
  std::vector<IntentExample> borrowed;
  borrowed.reserve(owned.size());
  for (const auto& example : owned) borrowed.push_back({example.request, example.intent});
  HEARTH_ASSIGN(learned, learn_head(model, borrowed));
  heads.heads.push_back(learned.head);
  HEARTH_TRY(write_heads(home, heads));
  return learned.report;
}

Result<std::size_t> undo_intent_learning(const fs::path& home) {
  HEARTH_ASSIGN(weights, carried_weights());
  auto heads = read_heads(home, weights);
  if (heads && heads->heads.empty())
    return fail(ErrorCode::kNotFound, "nothing was learned that could be undone",
                "`hearth route learn FILE.jsonl` learns");
  if (!heads) {
    HEARTH_TRY(write_heads(home, {weights.checksum(), {}}));  // damaged, or another release's: nothing to go back to
    return std::size_t{0};
  }
  heads->heads.pop_back();
  HEARTH_TRY(write_heads(home, *heads));
  return heads->heads.size();
}

}  // namespace hearth
