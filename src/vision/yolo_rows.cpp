#include "vision/yolo_rows.h"

#include <algorithm>
#include <limits>

#include "vision/pixel_kernels.h"

namespace hearth {

RowReader::RowReader(const FloatTensor& output, const RowLayout& layout) : data_(output.data), layout_(layout) {
  if (output.shape.rank() != 2) return;
  const std::int64_t n_channels = output.shape[layout.channels_first ? 0 : 1];
  const std::int64_t n_rows = output.shape[layout.channels_first ? 1 : 0];
  if (n_channels == static_cast<std::int64_t>(layout.channels()) && n_rows > 0)
    n_rows_ = static_cast<std::size_t>(n_rows);
}

bool RowReader::best_classes(HeadScratch& scratch) const {
  if (scratch.best.size() < n_rows_) {
    scratch.best.resize(n_rows_);
    scratch.best_class.resize(n_rows_);
  }
  const ScoreRows scores{data_ + layout_.first_class * n_rows_, layout_.n_classes, n_rows_, n_rows_};
  return !pixel_kernels().best_of_columns(scores, scratch.best.data(), scratch.best_class.data());
}

std::int32_t index_of_greatest(const float* values, std::size_t n) {
  return static_cast<std::int32_t>(std::max_element(values, values + n) - values);
}

float greatest_or_nan(const float* values, std::size_t n) {
  const auto found = pixel_kernels().greatest(values, n);
  return found.has_nan ? std::numeric_limits<float>::quiet_NaN() : found.value;
}

bool is_normalised(const RowReader& rows) {
  // The last cell is the one at the lower right. A box of two pixels' extent is not told apart, and none is that small.
  constexpr float kMost = 2.0F;
  return rows.at(rows.n_rows() - 1, 0) <= kMost && rows.at(rows.n_rows() - 1, 1) <= kMost;
}

}  // namespace hearth
