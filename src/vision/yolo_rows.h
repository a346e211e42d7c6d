// What the YOLO families share: rows of box and class scores, whatever way round they lie.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "vision/head.h"

namespace hearth {

// How the rows of one output lie.
struct RowLayout {
  std::size_t n_classes = 0;
  std::size_t first_class = 4;  // channel of the first class score
  bool has_objectness = false;  // in the channel before the first class; scores are multiplied with it
  bool channels_first = false;  // [C,A], else [A,C]
  std::size_t n_channels = 0;   // 0: first_class + n_classes
  [[nodiscard]] std::size_t channels() const { return n_channels != 0 ? n_channels : first_class + n_classes; }
};

// A class score above the threshold.
struct ScoredRow {
  std::size_t row = 0;
  std::int32_t class_id = 0;
  float score = 0;
};

// One output read by row and channel.
class RowReader {
 public:
  RowReader(const FloatTensor& output, const RowLayout& layout);
  // Whether the output's shape is the layout's.
  [[nodiscard]] bool fits() const { return n_rows_ > 0; }
  [[nodiscard]] std::size_t n_rows() const { return n_rows_; }
  [[nodiscard]] float at(std::size_t row, std::size_t channel) const {
    return layout_.channels_first ? data_[channel * n_rows_ + row] : data_[row * layout_.channels() + channel];
  }
  // Calls found(ScoredRow) for every score above the threshold; the best class of a row, or all with `multi_label`.
  // False: a NaN is among the scores that were looked at.
  template <class Found>
  [[nodiscard]] bool scan(const HeadInput& input, HeadScratch& scratch, const Found& found) const;

 private:
  [[nodiscard]] bool best_classes(HeadScratch& scratch) const;
  template <class Found>
  [[nodiscard]] bool scan_rows(const HeadInput& input, const Found& found) const;

  const float* data_ = nullptr;
  std::size_t n_rows_ = 0;
  RowLayout layout_;
};

// Index of the greatest of n >= 1 values.
[[nodiscard]] std::int32_t index_of_greatest(const float* values, std::size_t n);
[[nodiscard]] float greatest_or_nan(const float* values, std::size_t n);

// A head whose rows are boxes already: centre and size, in pixels of the input or in 0..1. `name`, for messages,
// outlives it.
[[nodiscard]] std::shared_ptr<const DetectionHead> decoded_rows_head(std::string_view name, std::size_t output,
                                                                     const RowLayout& layout,
                                                                     const std::optional<MaskSource>& masks);

template <class Found>
bool RowReader::scan(const HeadInput& input, HeadScratch& scratch, const Found& found) const {
  if (!layout_.channels_first) return scan_rows(input, found);
  if (!best_classes(scratch)) return false;
  const std::size_t objectness = layout_.first_class - 1;
  for (std::size_t row = 0; row < n_rows_; ++row) {
    const float object = layout_.has_objectness ? at(row, objectness) : 1.0F;
    if (!(scratch.best[row] * object >= input.score_threshold)) continue;
    if (!input.multi_label) {
      found(ScoredRow{row, scratch.best_class[row], scratch.best[row] * object});
      continue;
    }
    for (std::size_t c = 0; c < layout_.n_classes; ++c) {
      const float score = at(row, layout_.first_class + c) * object;
      if (score >= input.score_threshold) found(ScoredRow{row, static_cast<std::int32_t>(c), score});
    }
  }
  return true;
}

// Rows one after the other: an objectness below the threshold spares the classes.
template <class Found>
bool RowReader::scan_rows(const HeadInput& input, const Found& found) const {
  const std::size_t n_channels = layout_.channels();
  for (std::size_t row = 0; row < n_rows_; ++row) {
    const float* channels = data_ + row * n_channels;
    const float object = layout_.has_objectness ? channels[layout_.first_class - 1] : 1.0F;
    if (object < input.score_threshold) continue;
    if (!(object >= input.score_threshold)) return false;
    const float* classes = channels + layout_.first_class;
    const float best = greatest_or_nan(classes, layout_.n_classes);
    if (best != best) return false;
    if (best * object < input.score_threshold) continue;
    if (!input.multi_label) {
      found(ScoredRow{row, index_of_greatest(classes, layout_.n_classes), best * object});
      continue;
    }
    for (std::size_t c = 0; c < layout_.n_classes; ++c) {
      if (classes[c] * object >= input.score_threshold)
        found(ScoredRow{row, static_cast<std::int32_t>(c), classes[c] * object});
    }
  }
  return true;
}

}  // namespace hearth
