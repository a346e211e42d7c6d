#include "pipeline/frame.h"

#include <fmt/format.h>

namespace hearth {

void Frame::reset() {
  error.reset();
  detector.reset();
  detections.objects.clear();
  detections.n_masks = 0;
  crops.clear();
  classifier.reset();
  n_parts = 0;
  text.clear();
  written.clear();
}

TensorView Frame::tensor() const {
  TensorView view;
  view.data = const_cast<std::uint8_t*>(picture.row(0));
  view.type = DataType::kU8;
  view.shape = Shape{picture.height(), picture.width(), channel_count(picture.format())};
  return view;
}

Result<ImageView> picture_of(const TensorView& tensor) {
  const bool fits = tensor.type == DataType::kU8 && tensor.shape.rank() == 3 && tensor.is_dense() &&
                    tensor.device.is_host() && (tensor.shape[2] == 3 || tensor.shape[2] == 1);
  if (!fits)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a {} tensor {} on {} is no picture", data_type_name(tensor.type), tensor.shape.text(),
                            tensor.device.text()),
                "pictures are [height, width, 3] of u8 in host memory");
  ImageView view;
  view.data = static_cast<const std::uint8_t*>(tensor.data);
  view.height = static_cast<std::int32_t>(tensor.shape[0]);
  view.width = static_cast<std::int32_t>(tensor.shape[1]);
  view.format = tensor.shape[2] == 3 ? PixelFormat::kRgb : PixelFormat::kGray;
  view.stride = static_cast<std::ptrdiff_t>(tensor.shape[1] * tensor.shape[2]);
  return view;
}

}  // namespace hearth
