// What every catalogue record carries: its names and where its facts come from.
#pragma once

#include <string>
#include <vector>

namespace hearth {

enum class Confidence { kHigh, kMedium, kLow };

struct CatalogRecord {
  std::string id;                    // lower case, stable, also the file's name
  std::vector<std::string> aliases;  // unique over all records of a kind as they are looked up
  std::string name;                  // as shown to people
  std::vector<std::string> source;   // where the facts were published
  std::string date;                  // when they were checked, YYYY-MM-DD
  Confidence confidence = Confidence::kHigh;
  std::vector<std::string> notes;
};

}  // namespace hearth
