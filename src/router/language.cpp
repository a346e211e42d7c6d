#include "router/language.h"

#include <algorithm>
#include <cstring>

#include "router/intent_features.h"
#include "router/utf8_decode.h"

// Assembled in by language_blob.S: the bytes between the two labels.
extern "C" {
extern const std::byte hearth_language_begin[];
extern const std::byte hearth_language_end[];
}

namespace hearth {
namespace {

// The layout of tools/train/router/language.py: magic, buckets, languages, their codes, int8 steps by bucket.
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kBuckets = 8192;
constexpr std::size_t kLanguagesMax = 64;
constexpr std::size_t kLetters = 240;
constexpr std::size_t kBytesLooked = 2048;  // enough for 240 letters between long stretches of digits and signs
constexpr float kStep = 0.1F;               // of the natural logarithm; the same as STEP of language.py

std::size_t language_count() {
  std::uint32_t n = 0;
  std::memcpy(&n, hearth_language_begin + 12, sizeof n);
  return std::min<std::size_t>(n, kLanguagesMax);
}

const std::int8_t* steps_of(std::uint32_t hash) {
  const std::size_t n = language_count();
  return reinterpret_cast<const std::int8_t*>(hearth_language_begin + kHeaderBytes + 4 * n) +
         (hash & (kBuckets - 1)) * n;
}

constexpr bool within(char32_t c, char32_t first, char32_t end) { return c >= first && c < end; }

// Lower case with marks kept: they tell languages apart.
constexpr char32_t lower(char32_t c) {
  if (within(c, U'A', U'Z' + 1) || (within(c, 0xC0, 0xDF) && c != 0xD7)) return c + 32;
  if (within(c, 0x100, 0x138) || within(c, 0x14A, 0x178)) return c | 1U;
  if (within(c, 0x139, 0x149) || within(c, 0x179, 0x17F)) return c + (c & 1U);
  if (within(c, 0x1E00, 0x1F00)) return c | 1U;
  if (within(c, 0x410, 0x430)) return c + 32;
  if (within(c, 0x400, 0x410)) return c + 80;
  return c;
}

// Of a script that several languages of the table share.
constexpr bool is_letter(char32_t c) {
  return within(c, U'a', U'z' + 1) || (within(c, 0xC0, 0x250) && c != 0xD7 && c != 0xF7) || within(c, 0x400, 0x530) ||
         within(c, 0x620, 0x700) || within(c, 0x900, 0x964) || within(c, 0x1E00, 0x1F00);
}

// Scripts of one language each, as far as prompts go. Source: the Unicode Standard, chapter 9 to 18, block ranges.
struct Script {
  char32_t first, end;
  std::array<char, 4> code;
};
constexpr std::array<Script, 17> kScripts = {{
    {0x370, 0x400, {"el"}},
    {0x531, 0x590, {"hy"}},
    {0x590, 0x600, {"he"}},
    {0x980, 0xA00, {"bn"}},
    {0xA00, 0xA80, {"pa"}},
    {0xA80, 0xB00, {"gu"}},
    {0xB80, 0xC00, {"ta"}},
    {0xC00, 0xC80, {"te"}},
    {0xC80, 0xD00, {"kn"}},
    {0xD00, 0xD80, {"ml"}},
    {0xE00, 0xE80, {"th"}},
    {0x10A0, 0x1100, {"ka"}},
    {0x1100, 0x1200, {"ko"}},
    {0x3040, 0x3100, {"ja"}},
    {0x3130, 0x3190, {"ko"}},
    {0x4E00, 0xA000, {"zh"}},
    {0xAC00, 0xD7B0, {"ko"}},
}};
constexpr std::size_t kKana = 13;
constexpr std::size_t kHan = 15;

struct Tally {
  std::array<std::int32_t, kLanguagesMax> score{};
  std::array<std::uint32_t, kScripts.size()> script{};
  std::uint32_t n_shared = 0;  // letters of shared scripts
  std::uint32_t n_alone = 0;   // letters of scripts with one language
};

// Feeds runs of two and three letters to the tally, a blank at each side of a word.
class RunReader {
 public:
  explicit RunReader(Tally& tally) : tally_(tally), n_(language_count()) {}
  void put(char32_t c) {
    if (c != U' ' || last_ != U' ') {
      add((2 * kGoldenRatio32 ^ static_cast<std::uint32_t>(last_)) * kFnvPrime32, c);
      if (last_ != U' ' || before_ != U' ') {
        const std::uint32_t h = (3 * kGoldenRatio32 ^ static_cast<std::uint32_t>(before_)) * kFnvPrime32;
        add((h ^ static_cast<std::uint32_t>(last_)) * kFnvPrime32, c);
      }
    }
    before_ = last_;
    last_ = c;
  }

 private:
  void add(std::uint32_t h, char32_t c) {
    const std::int8_t* steps = steps_of(mix_hash((h ^ static_cast<std::uint32_t>(c)) * kFnvPrime32));
    for (std::size_t i = 0; i < n_; ++i) tally_.score[i] += steps[i];
  }
  Tally& tally_;
  std::size_t n_;
  char32_t before_ = U' ', last_ = U' ';
};

void count_script(char32_t c, Tally& tally) {
  for (std::size_t i = 0; i < kScripts.size(); ++i) {
    if (!within(c, kScripts[i].first, kScripts[i].end)) continue;
    ++tally.script[i];
    ++tally.n_alone;
    return;
  }
}

Tally read_letters(std::string_view text) {
  Tally tally;
  RunReader runs(tally);
  bool blank = true;
  const std::size_t end = std::min(text.size(), kBytesLooked);
  for (std::size_t at = 0; at < end && tally.n_shared + tally.n_alone < kLetters;) {
    const char32_t c = lower(next_code_point(text, at));
    if (is_letter(c)) {
      ++tally.n_shared;
      blank = false;
      runs.put(c);
      continue;
    }
    if (c >= 0x370) count_script(c, tally);
    if (blank || within(c, 0x300, 0x370)) continue;
    blank = true;
    runs.put(U' ');
  }
  runs.put(U' ');
  return tally;
}

LanguageVerdict by_script(const Tally& tally) {
  const auto best =
      static_cast<std::size_t>(std::max_element(tally.script.begin(), tally.script.end()) - tally.script.begin());
  // Japanese mixes kana into Chinese characters; a Chinese text has none.
  const bool japanese = best == kHan && tally.script[kKana] * 10 > tally.script[kHan];
  const auto share = static_cast<float>(tally.n_alone) / static_cast<float>(tally.n_alone + tally.n_shared);
  return {kScripts[japanese ? kKana : best].code, share};
}

LanguageVerdict by_letters(const Tally& tally) {
  const std::size_t n = language_count();
  std::size_t best = 0;
  for (std::size_t i = 1; i < n; ++i)
    if (tally.score[i] > tally.score[best]) best = i;
  std::int32_t second = INT32_MIN;
  for (std::size_t i = 0; i < n; ++i)
    if (i != best) second = std::max(second, tally.score[i]);
  const float lead = static_cast<float>(tally.score[best] - second) * kStep;  // in nats
  return {languages_by_letters()[best], lead / (lead + 2)};
}

}  // namespace

std::span<const std::array<char, 4>> languages_by_letters() {
  return {reinterpret_cast<const std::array<char, 4>*>(hearth_language_begin + kHeaderBytes), language_count()};
}

LanguageVerdict detect_language(std::string_view text) {
  const auto tally = read_letters(text);
  if (tally.n_alone + tally.n_shared < 2) return {};
  // Two of a script's own signs weigh as much as five letters: "iPhoneを直して" is Japanese.
  if (tally.n_alone * 5 >= tally.n_shared * 2) return by_script(tally);
  return by_letters(tally);
}

}  // namespace hearth
