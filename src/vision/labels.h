// Names of classes: label files in their usual forms, and those that many models share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// The 80 classes of COCO detection, in the order of models. Source: COCO 2017 instances, ids closed up.
[[nodiscard]] std::span<const std::string_view> coco_labels();
// COCO's category ids (1..90 with gaps) as used by TensorFlow models; empty names fill the gaps, index 0 is id 1.
[[nodiscard]] std::vector<std::string> coco_category_labels();

// A label file: one name a line; or "n01440764 tench, Tinca tinca" lines (the id is dropped); or a JSON array or object
// by id; or the Python and YAML form {0: 'person', 1: ...} that exporters write into a model's metadata.
// kInvalidData: empty, not UTF-8, more than 100,000 names, or a name of more than 1,000 bytes.
[[nodiscard]] Result<std::vector<std::string>> parse_labels(std::string_view text);

// The names for a classifier of n_classes from those of a file: 1000 names serve a 1001-class model with "background"
// before them, and the other way round. kInvalidArgument: any other difference.
[[nodiscard]] Result<std::vector<std::string>> labels_for_classifier(std::vector<std::string> labels,
                                                                     std::size_t n_classes);

}  // namespace hearth
