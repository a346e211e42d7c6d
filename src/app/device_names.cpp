// Names of boards, cards and processors as vendors, drivers and catalogues write them.
#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "app/device_recognition.h"

namespace hearth {
namespace {

using Words = std::vector<std::string>;

void remove_all(std::string& text, const std::string& part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part)) text.erase(at, part.size());
}

// Lower case; letters, digits and plus signs make words ("8480+" is another processor than "8480").
Words words_of(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* mark : {"(r)", "(tm)", "(c)"}) remove_all(text, mark);
  Words words(1);
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '+')
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool is_number(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
}

// "8 gb" and "80gb" are the memory's size.
Words without_sizes(const Words& words) {
  Words kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i + 1 < words.size() && is_number(words[i]) && words[i + 1] == "gb") {
      ++i;
      continue;
    }
    const auto& word = words[i];
    if (word.size() > 2 && word.ends_with("gb") && is_number(word.substr(0, word.size() - 2))) continue;
    kept.push_back(word);
  }
  return kept;
}

// Without makers, brands and the kind of memory: what tells one card from another.
Words card_words(const std::string& name) {
  constexpr std::array kUntelling = {"nvidia", "amd",     "ati",         "intel",    "corporation", "geforce",
                                     "radeon", "tesla",   "quadro",      "graphics", "gpu",         "generation",
                                     "server", "edition", "workstation", "desktop",  "hbm2",        "hbm2e",
                                     "hbm3",   "hbm3e",   "sxm",         "sxm2",     "sxm4",        "sxm5"};
  Words words = without_sizes(words_of(name));
  std::erase_if(words, [&](const std::string& word) {
    return std::find(kUntelling.begin(), kUntelling.end(), word) != kUntelling.end();
  });
  return words;
}

}  // namespace

int board_match(const std::string& name, const std::string& model) {
  const Words wanted = without_sizes(words_of(name.substr(0, std::min(name.find(" with "), name.find(" (")))));
  const Words have = words_of(model);
  if (wanted.size() < 2) return 0;
  for (std::size_t begin = 0; begin < have.size(); ++begin) {
    std::size_t at = begin;
    std::size_t matched = 0;
    for (; matched < wanted.size() && at < have.size(); ++at) {
      if (have[at] == wanted[matched])
        ++matched;
      else if (matched == 0 || is_number(wanted[matched]))
        break;
    }
    if (matched == wanted.size()) return static_cast<int>(matched);
  }
  return 0;
}

bool same_card(const std::string& one, const std::string& other) {
  const Words words = card_words(one);
  return !words.empty() && words == card_words(other);
}

bool same_processor(const std::string& record, const std::string& reported, int packages) {
  Words wanted = words_of(record);
  int wanted_packages = 1;
  if (wanted.size() > 2 && is_number(wanted[0]) && wanted[0].size() < 3 && wanted[1] == "x") {
    wanted_packages = std::stoi(wanted[0]);
    wanted.erase(wanted.begin(), wanted.begin() + 2);
  }
  const Words have = words_of(reported);
  if (packages != wanted_packages || wanted.size() < 2) return false;
  return std::search(have.begin(), have.end(), wanted.begin(), wanted.end()) != have.end();
}

}  // namespace hearth
