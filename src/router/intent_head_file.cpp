#include "router/intent_head_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "router/word_checksum.h"

namespace hearth {
namespace {

constexpr std::string_view kMagic = "HRTHHED1";

struct Header {
  std::array<char, 8> magic;
  std::uint64_t weights_checksum;
  std::uint64_t n_heads;
  std::uint64_t checksum;  // of the heads
};
static_assert(sizeof(IntentHead) % 8 == 0, "heads lie one behind the other, and the checksum counts words");

Unexpected broken(const char* what) {
  return fail(ErrorCode::kInvalidData, std::string("what the router learned is damaged: ") + what,
              "`hearth route learn --undo` removes it");
}

bool is_finite(const IntentHead& head) {
  const auto finite = [](float v) { return std::isfinite(v); };
  return std::all_of(head.bias.begin(), head.bias.end(), finite) &&
         std::all_of(head.weight.begin(), head.weight.end(),
                     [&](const auto& row) { return std::all_of(row.begin(), row.end(), finite); });
}

}  // namespace

std::string to_bytes(const LearnedHeads& learned) {
  const std::size_t n = std::min(learned.heads.size(), kLearnedHeadsMax);
  const std::span<const IntentHead> kept = std::span(learned.heads).last(n);
  Header header{{}, learned.weights_checksum, n, word_checksum(std::as_bytes(kept))};
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  std::string bytes(sizeof header + kept.size_bytes(), '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  if (n > 0) std::memcpy(bytes.data() + sizeof header, kept.data(), kept.size_bytes());
  return bytes;
}

Result<LearnedHeads> read_learned_heads(std::span<const std::byte> bytes) {
  Header header{};
  if (bytes.size() < sizeof header) return broken("it is cut off");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::string_view(header.magic.data(), header.magic.size()) != kMagic) return broken("it is another kind of file");
  if (header.n_heads > kLearnedHeadsMax || bytes.size() != sizeof header + header.n_heads * sizeof(IntentHead))
    return broken("its length is not what it says");
  const auto body = bytes.subspan(sizeof header);
  if (word_checksum(body) != header.checksum) return broken("its checksum is another");
  LearnedHeads learned{header.weights_checksum, std::vector<IntentHead>(header.n_heads)};
  if (!learned.heads.empty()) std::memcpy(learned.heads.data(), body.data(), body.size());
  if (!std::all_of(learned.heads.begin(), learned.heads.end(), is_finite)) return broken("a figure is not finite");
  return learned;
}

}  // namespace hearth
