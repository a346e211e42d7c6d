#include "router/privacy_detector.h"

#include <algorithm>

#include "router/privacy_numbers.h"
#include "router/privacy_patterns.h"
#include "router/privacy_text.h"
#include "router/privacy_words.h"

namespace hearth {
namespace {

// How near a word must be to bear on another, in bytes: about six and about fifteen words.
constexpr std::size_t kNear = 40, kClause = 90;

// Where something was last seen; offsets into the text as read.
class LastSeen {
 public:
  void at(std::size_t offset) { next_ = offset + 1; }
  [[nodiscard]] bool within(std::size_t bytes, std::size_t offset) const {
    return next_ != 0 && offset + 1 - next_ <= bytes;
  }

 private:
  std::size_t next_ = 0;  // 0: never
};

class Scan {
 public:
  void read(const PrivacyText::Window& window);
  [[nodiscard]] PrivacyVerdict verdict(const PrivacySettings& settings) const;

 private:
  void hit(PersonalData kind, float score) {
    float& left = left_[static_cast<std::size_t>(kind)];
    left = std::min(left, 1 - score);  // the strongest of a kind counts: repeating a weak sign makes it no surer
  }
  std::size_t read_word(const PrivacyText::Window& window, std::size_t i);
  std::size_t read_number(const PrivacyText::Window& window, std::size_t i);
  void read_han(std::string_view word, std::size_t offset);
  void on_kinds(std::uint16_t kinds, std::size_t offset, bool han);
  void on_forms(std::string_view text, std::size_t i, std::uint16_t kinds, const PrivacyWord& word);

  std::array<float, kPersonalDataCount> left_ = [] {
    std::array<float, kPersonalDataCount> all{};
    all.fill(1.0F);
    return all;
  }();
  LastSeen own_, self_, health_, finance_, phone_, street_, name_, two_capitals_, id_, patient_, money_, capital_;
  LastSeen house_number_, long_number_;
  std::size_t last_word_end_ = 0;
  bool last_word_capital_ = false;
};

bool letter(char c) {
  const auto b = static_cast<unsigned char>(c);
  return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b >= 0x80U;
}
bool digit(char c) { return c >= '0' && c <= '9'; }

// German and Dutch streets are one word: "Hauptstraße", "Kerkstraat".
bool street_by_ending(std::string_view word) {
  constexpr std::array<std::string_view, 10> kEndings = {"straße", "strasse", "gasse", "allee", "platz",
                                                         "straat", "gracht",  "plein", "gatan", "vägen"};
  return std::ranges::any_of(kEndings, [&](auto end) { return word.size() > end.size() + 2 && word.ends_with(end); });
}

void Scan::read(const PrivacyText::Window& window) {
  const std::string_view text = window.view;
  for (std::size_t i = window.first; i < window.last;) {
    const char c = text[i];
    const char before = i == 0 ? ' ' : text[i - 1];
    if (letter(c)) {
      i += letter(before) ? 1 : read_word(window, i);
    } else if (digit(c) || c == '+' || c == '(') {
      i += letter(before) || digit(before) || before == '_' ? 1 : read_number(window, i);
    } else {
      if (c == '@' && email_around(text, i)) hit(PersonalData::kEmail, 0.75F);
      ++i;
    }
  }
}

std::size_t Scan::read_word(const PrivacyText::Window& window, std::size_t i) {
  const std::string_view text = window.view;
  const PrivacyWord word = word_at(text, i);
  const std::size_t offset = window.offset + i;
  const bool han = static_cast<unsigned char>(text[i]) >= 0xE3U;
  const bool adjacent = offset == last_word_end_ + 1;
  if (word.capital && word.bytes > 1) {
    if (adjacent && last_word_capital_) two_capitals_.at(offset);
    capital_.at(offset);
  }
  std::uint16_t kinds = word_kinds(word.hash);
  if (word.capital && street_by_ending(text.substr(i, word.bytes)))
    kinds = static_cast<std::uint16_t>(kinds | static_cast<std::uint16_t>(WordKind::kStreet));
  on_forms(text, i, kinds, word);
  if (kinds != 0) on_kinds(kinds, offset, false);
  if (han) read_han(text.substr(i, word.bytes), offset);
  last_word_end_ = offset + word.bytes;
  last_word_capital_ = word.capital && word.bytes > 1;
  return word.bytes;
}

// Chinese and Japanese write no blanks: the longest known word of one to four characters at each place.
void Scan::read_han(std::string_view word, std::size_t offset) {
  for (std::size_t i = 0; i + 3 <= word.size();) {
    std::size_t taken = 3;
    for (std::size_t n = std::min<std::size_t>(5, (word.size() - i) / 3); n >= 1; --n) {
      const std::uint16_t kinds = word_kinds(word_hash(word.substr(i, n * 3)));
      if (kinds == 0) continue;
      on_kinds(kinds, offset + i, true);
      taken = n * 3;
      break;
    }
    i += taken;
  }
}

void Scan::on_forms(std::string_view text, std::size_t i, std::uint16_t kinds, const PrivacyWord& word) {
  if (word.capital && iban_at(text, i)) hit(PersonalData::kBankAccount, 0.95F);
  if (word.capital && lettered_id_at(text, i)) hit(PersonalData::kNationalId, 0.85F);
  if (secret_key_at(text, i)) hit(PersonalData::kCredential, 0.95F);
  if (!has_kind(kinds, WordKind::kSecret)) return;
  const bool short_digits = word.bytes == 3;  // PIN, CVV, CVC
  if (secret_value_after(text, i + word.bytes, short_digits)) hit(PersonalData::kCredential, 0.85F);
}

void Scan::on_kinds(std::uint16_t kinds, std::size_t offset, bool han) {
  if (has_kind(kinds, WordKind::kHave) && self_.within(16, offset)) own_.at(offset);
  if (has_kind(kinds, WordKind::kOwn)) own_.at(offset);
  if (has_kind(kinds, WordKind::kSelf)) self_.at(offset);
  if (has_kind(kinds, WordKind::kPatient)) patient_.at(offset);
  if (has_kind(kinds, WordKind::kHealth)) {
    if (own_.within(kClause, offset) || patient_.within(kClause, offset)) hit(PersonalData::kHealth, 0.65F);
    health_.at(offset);
  }
  if (has_kind(kinds, WordKind::kFinance) && own_.within(kClause, offset)) {
    finance_.at(offset);
    hit(PersonalData::kFinance, long_number_.within(kNear, offset) ? 0.65F : 0.3F);
  }
  if (has_kind(kinds, WordKind::kPhone)) phone_.at(offset);
  if (has_kind(kinds, WordKind::kId)) id_.at(offset);
  if (has_kind(kinds, WordKind::kName)) name_.at(offset);
  if (has_kind(kinds, WordKind::kStreet)) {
    // "221 Baker Street": a house number, a capital, the word.
    if (house_number_.within(32, offset) && (capital_.within(24, offset) || han)) hit(PersonalData::kAddress, 0.6F);
    street_.at(offset);
  }
}

std::size_t Scan::read_number(const PrivacyText::Window& window, std::size_t i) {
  const std::string_view text = window.view;
  const DigitRun run = digit_run_at(text, i);
  if (run.n_digits == 0) return 1;
  const std::size_t offset = window.offset + i;
  if (const NumberHit id = identity_in(run, id_.within(kNear, offset)); id.score > 0) hit(id.kind, id.score);
  if (const NumberHit phone = phone_in(run, phone_.within(kNear, offset)); phone.score > 0)
    hit(phone.kind, phone.score);
  if (spanish_dni_at(text, i)) hit(PersonalData::kNationalId, 0.85F);
  const bool house = run.n_groups == 1 && run.n_digits <= 5;
  if (house) house_number_.at(offset);
  // "Hauptstraße 12", "rue de Rivoli 7": the word, a capital, a house number.
  if (house && street_.within(32, offset) && capital_.within(32, offset)) hit(PersonalData::kAddress, 0.6F);
  if (run.n_digits >= 3 && finance_.within(kClause, offset)) hit(PersonalData::kFinance, 0.65F);
  if (run.n_digits >= 3) long_number_.at(offset);
  const bool dated = run.n_groups == 3 && run.n_digits >= 5 && run.n_digits <= 8;
  if (run.n_digits >= 5 && name_.within(kClause, offset) && (two_capitals_.within(kClause, offset) || dated))
    hit(PersonalData::kNameWithNumber, 0.65F);
  else if (run.n_digits >= 6 && two_capitals_.within(kNear, offset))
    hit(PersonalData::kNameWithNumber, 0.55F);
  return run.bytes;
}

PrivacyVerdict Scan::verdict(const PrivacySettings& settings) const {
  PrivacyVerdict verdict;
  float none = 1;
  for (std::size_t kind = 0; kind < kPersonalDataCount; ++kind) {
    verdict.score[kind] = 1 - left_[kind];
    none *= 1 - settings.weight[kind] * verdict.score[kind];
  }
  verdict.total = 1 - none;
  verdict.personal = verdict.total >= settings.threshold;
  return verdict;
}

}  // namespace

PrivacyVerdict personal_data_in(std::string_view text, const PrivacySettings& settings) {
  PrivacyText reader(text);
  Scan scan;
  for (PrivacyText::Window window; reader.next(window);) scan.read(window);
  return scan.verdict(settings);
}

}  // namespace hearth
