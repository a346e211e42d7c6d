#include "vision/yolo_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "vision/pixel_kernels.h"

namespace hearth {
namespace {

// Whether coordinates are in 0..1: cells lie all over the picture, so one near its far edge shows the unit.
bool is_normalised(const RowReader& rows) {
  // The last cell is the one at the lower right. A box of two pixels' extent is not told apart, and none is that small.
  constexpr float kMost = 2.0F;
  return rows.at(rows.n_rows() - 1, 0) <= kMost && rows.at(rows.n_rows() - 1, 1) <= kMost;
}

class DecodedRowsHead final : public DetectionHead {
 public:
  DecodedRowsHead(std::string_view name, std::size_t output, const RowLayout& layout,
                  const std::optional<MaskSource>& masks)
      : name_(name), output_(output), layout_(layout), masks_(masks) {}

  [[nodiscard]] Status decode(const HeadInput& input, HeadScratch& scratch,
                              std::vector<Candidate>& out) const override {
    const FloatTensor& output = input.outputs[output_];
    const RowReader rows(output, layout_);
    if (!rows.fits()) {
      return unexpected_output(
          name_, output, fmt::format("{} channels {}", layout_.channels(), layout_.channels_first ? "first" : "last"));
    }
    const bool normalised = is_normalised(rows);
    const float unit_x = normalised ? static_cast<float>(input.input_width) : 1.0F;
    const float unit_y = normalised ? static_cast<float>(input.input_height) : 1.0F;
    const bool whole = rows.scan(input, scratch, [&](const ScoredRow& hit) {
      const float x = rows.at(hit.row, 0) * unit_x;
      const float y = rows.at(hit.row, 1) * unit_y;
      const float half_width = rows.at(hit.row, 2) * unit_x / 2;
      const float half_height = rows.at(hit.row, 3) * unit_y / 2;
      out.push_back({{x - half_width, y - half_height, x + half_width, y + half_height},
                     hit.score,
                     hit.class_id,
                     static_cast<std::int32_t>(hit.row)});
    });
    return whole ? Status{} : nan_output(name_);
  }
  [[nodiscard]] std::optional<MaskSource> masks() const override { return masks_; }

 private:
  std::string_view name_;
  std::size_t output_;
  RowLayout layout_;
  std::optional<MaskSource> masks_;
};

}  // namespace

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

std::shared_ptr<const DetectionHead> decoded_rows_head(std::string_view name, std::size_t output,
                                                       const RowLayout& layout,
                                                       const std::optional<MaskSource>& masks) {
  return std::make_shared<DecodedRowsHead>(name, output, layout, masks);
}

}  // namespace hearth
