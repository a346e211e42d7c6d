// Records of one kind, found by id or alias.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/nearest_name.h"
#include "hearth/result.h"

namespace hearth {

// Names compare without regard to case, blank and underscore as hyphen ("RTX 4090" is "rtx-4090"). Externally
// synchronised while filled, then read by any number of threads.
template <class Record>
class Shelf {
 public:
  explicit Shelf(std::string kind) : kind_(std::move(kind)) {}

  // InvalidData when the id or an alias is already taken, naming who has it.
  Status add(Record record) {
    std::vector<std::string> names{record.id};
    names.insert(names.end(), record.aliases.begin(), record.aliases.end());
    for (const std::string& name : names)
      if (const auto it = index_.find(plain_name(name)); it != index_.end())
        return fail(ErrorCode::kInvalidData,
                    "the name '" + name + "' of " + record.id + " is already used by " + items_[it->second].id);
    for (const std::string& name : names) {
      index_.emplace(plain_name(name), items_.size());
      names_.push_back(name);
    }
    items_.push_back(std::move(record));
    return {};
  }

  // The record; NotFound with the nearest name. The pointer lives as long as this shelf is unchanged.
  [[nodiscard]] Result<const Record*> find(std::string_view name) const {
    if (const Record* record = find_or_null(name)) return record;
    const auto nearest = nearest_name(name, names_);
    return fail(ErrorCode::kNotFound, "unknown " + kind_ + " '" + std::string(name) + "'",
                nearest ? "did you mean '" + *nearest + "'?"
                        : "the catalogue knows " + std::to_string(items_.size()) + " of this kind and none is alike");
  }

  [[nodiscard]] const Record* find_or_null(std::string_view name) const {
    const auto it = index_.find(plain_name(name));
    return it == index_.end() ? nullptr : &items_[it->second];
  }

  // In order of id.
  [[nodiscard]] const std::vector<Record>& items() const { return items_; }

  // Puts the records in order of id, whatever order their files came in.
  void sort() {
    std::sort(items_.begin(), items_.end(), [](const Record& a, const Record& b) { return a.id < b.id; });
    std::unordered_map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      place.emplace(plain_name(items_[i].id), i);
      for (const std::string& alias : items_[i].aliases) place.emplace(plain_name(alias), i);
    }
    index_ = std::move(place);
  }

 private:
  std::string kind_;
  std::vector<Record> items_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace hearth
