#include "vision/preprocessing.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "vision/pixel_kernels.h"

namespace hearth {
namespace {

constexpr std::int16_t kWeightOne = 1 << kWeightBits;

std::size_t channels_of(const InputConvention& convention) {
  return static_cast<std::size_t>(channel_count(convention.colour));
}

struct Rectangle {
  std::int32_t x = 0;
  std::int32_t y = 0;
  std::int32_t width = 0;
  std::int32_t height = 0;
};

// Where a picture of this size goes in an input of that size. Source: Ultralytics' LetterBox for the rounding.
Rectangle letterbox(InputSize picture, InputSize input, bool centred) {
  const double scale =
      std::min(static_cast<double>(input.width) / picture.width, static_cast<double>(input.height) / picture.height);
  Rectangle place;
  place.width = std::clamp(static_cast<std::int32_t>(std::lround(picture.width * scale)), 1, input.width);
  place.height = std::clamp(static_cast<std::int32_t>(std::lround(picture.height * scale)), 1, input.height);
  if (centred) {
    // Half a pixel goes to the right and the bottom.
    place.x = (input.width - place.width) / 2;
    place.y = (input.height - place.height) / 2;
  }
  return place;
}

// The part of a picture that a centre crop keeps, in its pixels.
Box kept_by_crop(InputSize picture, InputSize input, float fraction) {
  const double scale =
      std::max(static_cast<double>(input.width) / picture.width, static_cast<double>(input.height) / picture.height) /
      std::clamp(static_cast<double>(fraction), 0.01, 1.0);
  const double width = std::min<double>(picture.width, input.width / scale);
  const double height = std::min<double>(picture.height, input.height / scale);
  const double x = (picture.width - width) / 2;
  const double y = (picture.height - height) / 2;
  return {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)};
}

// Whole pixels, at least one.
Rectangle whole_pixels(const Box& box, InputSize picture) {
  Rectangle part;
  part.x = std::clamp(static_cast<std::int32_t>(std::lround(box.x0)), 0, picture.width - 1);
  part.y = std::clamp(static_cast<std::int32_t>(std::lround(box.y0)), 0, picture.height - 1);
  part.width = std::clamp(static_cast<std::int32_t>(std::lround(box.x1)) - part.x, 1, picture.width - part.x);
  part.height = std::clamp(static_cast<std::int32_t>(std::lround(box.y1)) - part.y, 1, picture.height - part.y);
  return part;
}

ImageView part_of(const ImageView& picture, const Rectangle& part) {
  return {picture.row(part.y) + std::ptrdiff_t{part.x} * channel_count(picture.format), part.width, part.height,
          picture.stride, picture.format};
}

}  // namespace

InputSize decode_size_for(const InputConvention& convention, InputSize input, InputSize picture) {
  if (convention.resize == ResizeMode::kStretch) return input;
  if (convention.resize == ResizeMode::kCentreCrop) {
    const Box kept = kept_by_crop(picture, input, convention.crop_fraction);
    return {static_cast<std::int32_t>(
                std::ceil(static_cast<float>(picture.width) * static_cast<float>(input.width) / kept.width())),
            static_cast<std::int32_t>(
                std::ceil(static_cast<float>(picture.height) * static_cast<float>(input.height) / kept.height()))};
  }
  const Rectangle place = letterbox(picture, input, false);
  return {place.width, place.height};
}

// One item of a batch.
struct Preprocessor::Target {
  void* data = nullptr;
  std::int32_t width = 0;
  std::int32_t height = 0;
  [[nodiscard]] std::size_t plane() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(height); }
};

Preprocessor::Preprocessor() = default;

void Preprocessor::prepare(Axis& axis, std::int32_t source, std::int32_t target, std::int32_t step) {
  if (axis.source == source && axis.target == target) return;
  axis.source = source;
  axis.target = target;
  axis.index.resize(static_cast<std::size_t>(target));
  axis.weight.resize(static_cast<std::size_t>(target) * 2);
  const double ratio = static_cast<double>(source) / target;
  for (std::int32_t i = 0; i < target; ++i) {
    const double at = (i + 0.5) * ratio - 0.5;
    auto first = static_cast<std::int32_t>(std::floor(at));
    double share = at - first;
    // Beyond the outermost centres the edge pixel alone counts; its neighbour must be there to be read all the same.
    if (first < 0) first = 0, share = 0;
    if (first >= source - 1) first = std::max(0, source - 2), share = source > 1 ? 1 : 0;
    const auto second_weight = static_cast<std::int16_t>(std::lround(share * kWeightOne));
    const auto slot = static_cast<std::size_t>(i);
    axis.index[slot] = first * step;
    axis.weight[2 * slot] = static_cast<std::int16_t>(kWeightOne - second_weight);
    axis.weight[2 * slot + 1] = second_weight;
  }
}

void Preprocessor::prepare_tables(const InputConvention& convention) {
  if (has_tables_ && tables_of_ == convention) return;
  const std::size_t n_channels = channels_of(convention);
  reals_.resize(n_channels * 256);
  stored_.resize(n_channels * 256);
  const bool is_signed = convention.type == DataType::kI8;
  Quantization quantization = convention.quantization;
  for (std::size_t i = 0; i < reals_.size(); ++i) {
    const std::size_t channel = i / 256;
    const float real = (static_cast<float>(i % 256) - convention.mean[channel]) * convention.scale[channel];
    reals_[i] = real;
    long stored = static_cast<long>(i % 256) - (is_signed ? 128 : 0);
    if (quantization.scale != 0) stored = std::lround(real / quantization.scale) + quantization.zero_point;
    stored_[i] = static_cast<std::uint8_t>(is_signed ? std::clamp(stored, -128L, 127L) : std::clamp(stored, 0L, 255L));
  }
  tables_of_ = convention;
  has_tables_ = true;
}

Result<Preprocessor::Target> Preprocessor::target_of(const InputConvention& convention, const TensorView& input,
                                                     std::size_t item) {
  const bool is_planar = convention.layout == TensorLayout::kNchw;
  const auto n_channels = static_cast<std::int64_t>(channels_of(convention));
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a picture can't be written into a {} tensor of shape {}: {}",
                                                         data_type_name(input.type), input.shape.text(), what));
  };
  if (input.shape.rank() != 4) return bad("it must have four dimensions");
  const std::int64_t height = input.shape[is_planar ? 2 : 1];
  const std::int64_t width = input.shape[is_planar ? 3 : 2];
  if (input.shape[is_planar ? 1 : 3] != n_channels) return bad(fmt::format("the model takes {} channels", n_channels));
  if (width <= 0 || height <= 0 || width > 65'535 || height > 65'535) return bad("it holds no picture");
  if (item >= static_cast<std::size_t>(std::max<std::int64_t>(0, input.shape[0])))
    return bad(fmt::format("it has no item {}", item));
  if (input.type != convention.type) return bad(fmt::format("the model takes {}", data_type_name(convention.type)));
  if (input.type != DataType::kF32 && input.type != DataType::kU8 && input.type != DataType::kI8)
    return bad("only f32, u8 and i8 are written");
  HEARTH_ASSIGN(bytes, input.span<std::byte>());
  Target target{bytes.data(), static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)};
  const std::size_t item_bytes = bytes.size() / static_cast<std::size_t>(input.shape[0]);
  target.data = bytes.data() + item * item_bytes;
  return target;
}

// `n` pixels from pixel `at` of the item, all of the padding's grey.
void Preprocessor::pad_span(const InputConvention& convention, const Target& target, std::size_t at, std::size_t n) {
  const std::size_t n_channels = channels_of(convention);
  const bool is_planar = convention.layout == TensorLayout::kNchw;
  for (std::size_t c = 0; c < n_channels; ++c) {
    const std::size_t begin = is_planar ? c * target.plane() + at : at * n_channels + c;
    const std::size_t step = is_planar ? 1 : n_channels;
    if (convention.type == DataType::kF32) {
      auto* to = static_cast<float*>(target.data) + begin;
      const float value = reals_[c * 256 + convention.pad];
      for (std::size_t i = 0; i < n; ++i) to[i * step] = value;
    } else {
      auto* to = static_cast<std::uint8_t*>(target.data) + begin;
      const std::uint8_t value = stored_[c * 256 + convention.pad];
      for (std::size_t i = 0; i < n; ++i) to[i * step] = value;
    }
  }
}

// The row in resized_ to floats.
void Preprocessor::write_floats(const InputConvention& convention, const Target& target, std::size_t at,
                                std::size_t n) {
  const std::size_t n_channels = channels_of(convention);
  auto* out = static_cast<float*>(target.data);
  const bool is_planar = convention.layout == TensorLayout::kNchw;
  for (std::size_t c = 0; c < n_channels; ++c) {
    const float scale = convention.scale[c];
    const float bias = -convention.mean[c] * scale;
    float* to = is_planar ? out + c * target.plane() + at : out + at * n_channels + c;
    const std::size_t step = is_planar ? 1 : n_channels;
    const std::uint8_t* from = resized_.data() + c;
    for (std::size_t i = 0; i < n; ++i) to[i * step] = static_cast<float>(from[i * n_channels]) * scale + bias;
  }
}

void Preprocessor::write_bytes(const InputConvention& convention, const Target& target, std::size_t at, std::size_t n) {
  const std::size_t n_channels = channels_of(convention);
  auto* out = static_cast<std::uint8_t*>(target.data);
  const bool is_planar = convention.layout == TensorLayout::kNchw;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < n_channels; ++c) {
      out[is_planar ? c * target.plane() + at + i : (at + i) * n_channels + c] =
          stored_[c * 256 + resized_[i * n_channels + c]];
    }
  }
}

// Row `y` of the placement, resized, converted and stored.
void Preprocessor::write_row(const Placement& placement, const InputConvention& convention, const Target& target,
                             std::int32_t y) {
  const auto& kernels = pixel_kernels();
  const auto slot = static_cast<std::size_t>(y);
  const auto n = static_cast<std::size_t>(placement.width);
  const std::size_t at = static_cast<std::size_t>(placement.y + y) * static_cast<std::size_t>(target.width) +
                         static_cast<std::size_t>(placement.x);
  const std::int32_t first = down_.index[slot];
  const std::int32_t second = std::min(first + 1, placement.part.height - 1);
  const auto n_source_channels = static_cast<std::size_t>(channel_count(placement.part.format));
  kernels.blend_rows(placement.part.row(first), placement.part.row(second),
                     static_cast<std::size_t>(placement.part.width) * n_source_channels,
                     {down_.weight[2 * slot], down_.weight[2 * slot + 1]}, blended_.data());
  const RowSampling sampling{blended_.data(), across_.index.data(), across_.weight.data(), n};
  if (n_source_channels == 1) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::int16_t* from = blended_.data() + across_.index[i];
      const std::int32_t sum = from[0] * across_.weight[2 * i] + from[1] * across_.weight[2 * i + 1];
      resized_[i] =
          static_cast<std::uint8_t>((sum + (1 << (kWeightBits + kBlendBits - 1))) >> (kWeightBits + kBlendBits));
    }
  } else if (convention.type == DataType::kF32 && convention.layout == TensorLayout::kNchw) {
    PlanarTarget planar;
    const bool swaps = placement.part.format != convention.colour;
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t channel = swaps ? 2 - c : c;
      planar.plane[c] = static_cast<float*>(target.data) + channel * target.plane() + at;
      planar.scale[c] = convention.scale[channel];
      planar.bias[c] = -convention.mean[channel] * convention.scale[channel];
    }
    kernels.sample_planar(sampling, planar);
    return;
  } else {
    kernels.sample_bytes(sampling, resized_.data());
    if (placement.part.format != convention.colour) {
      for (std::size_t i = 0; i < n; ++i) std::swap(resized_[3 * i], resized_[3 * i + 2]);
    }
  }
  if (convention.type == DataType::kF32) {
    write_floats(convention, target, at, n);
  } else {
    write_bytes(convention, target, at, n);
  }
}

void Preprocessor::fill(const Placement& placement, const InputConvention& convention, const Target& target) {
  prepare_tables(convention);
  const std::int32_t n_source_channels = channel_count(placement.part.format);
  prepare(across_, placement.part.width, placement.width, n_source_channels);
  prepare(down_, placement.part.height, placement.height, 1);
  const std::size_t row_elements =
      static_cast<std::size_t>(placement.part.width) * static_cast<std::size_t>(n_source_channels) + kRowSlack;
  if (blended_.size() < row_elements) blended_.resize(row_elements);
  const std::size_t out_elements = static_cast<std::size_t>(placement.width) * 3 + kRowSlack;
  if (resized_.size() < out_elements) resized_.resize(out_elements);
  const auto width = static_cast<std::size_t>(target.width);
  const auto above = static_cast<std::size_t>(placement.y) * width;
  pad_span(convention, target, 0, above);
  const auto left = static_cast<std::size_t>(placement.x);
  const std::size_t right = width - left - static_cast<std::size_t>(placement.width);
  for (std::int32_t y = 0; y < placement.height; ++y) {
    const std::size_t row = above + static_cast<std::size_t>(y) * width;
    if (left > 0) pad_span(convention, target, row, left);
    write_row(placement, convention, target, y);
    if (right > 0) pad_span(convention, target, row + width - right, right);
  }
  const std::size_t below = above + static_cast<std::size_t>(placement.height) * width;
  pad_span(convention, target, below, target.plane() - below);
}

Result<Geometry> Preprocessor::run(const ImageView& picture, const InputConvention& convention, const TensorView& input,
                                   std::size_t item, InputSize source) {
  if (picture.empty())
    return fail(ErrorCode::kInvalidArgument, "there is no picture to be made into an input: it has no pixels");
  if ((picture.format == PixelFormat::kGray) != (convention.colour == PixelFormat::kGray)) {
    return fail(ErrorCode::kInvalidArgument, "the picture and the model's input differ in their number of channels",
                "decode it in the model's colours");
  }
  HEARTH_ASSIGN(target, target_of(convention, input, item));
  const InputSize shown = source.width > 0 && source.height > 0 ? source : InputSize{picture.width, picture.height};
  const InputSize size{target.width, target.height};
  Placement placement{picture, 0, 0, size.width, size.height};
  Geometry geometry{.source_width = shown.width,
                    .source_height = shown.height,
                    .input_width = size.width,
                    .input_height = size.height};
  Box kept{0, 0, static_cast<float>(shown.width), static_cast<float>(shown.height)};
  if (convention.resize == ResizeMode::kCentreCrop) {
    const Rectangle part = whole_pixels(kept_by_crop({picture.width, picture.height}, size, convention.crop_fraction),
                                        {picture.width, picture.height});
    placement.part = part_of(picture, part);
    const float shrink_x = static_cast<float>(shown.width) / static_cast<float>(picture.width);
    const float shrink_y = static_cast<float>(shown.height) / static_cast<float>(picture.height);
    kept = {static_cast<float>(part.x) * shrink_x, static_cast<float>(part.y) * shrink_y,
            static_cast<float>(part.x + part.width) * shrink_x, static_cast<float>(part.y + part.height) * shrink_y};
  } else if (convention.resize != ResizeMode::kStretch) {
    const Rectangle place = letterbox(shown, size, convention.resize == ResizeMode::kLetterboxCentre);
    placement = {picture, place.x, place.y, place.width, place.height};
  }
  fill(placement, convention, target);
  geometry.scale_x = static_cast<float>(placement.width) / kept.width();
  geometry.scale_y = static_cast<float>(placement.height) / kept.height();
  geometry.offset_x = static_cast<float>(placement.x) - kept.x0 * geometry.scale_x;
  geometry.offset_y = static_cast<float>(placement.y) - kept.y0 * geometry.scale_y;
  return geometry;
}

Result<Geometry> Preprocessor::run_crop(const ImageView& picture, const Box& crop, const InputConvention& convention,
                                        const TensorView& input, std::size_t item) {
  const Box inside{std::max(crop.x0, 0.0F), std::max(crop.y0, 0.0F),
                   std::min(crop.x1, static_cast<float>(picture.width)),
                   std::min(crop.y1, static_cast<float>(picture.height))};
  if (picture.empty() || !(inside.width() >= 1) || !(inside.height() >= 1)) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("nothing is left of the crop {:.0f},{:.0f} to {:.0f},{:.0f} inside a picture of {} x {} pixels",
                    crop.x0, crop.y0, crop.x1, crop.y1, picture.width, picture.height));
  }
  const Rectangle part = whole_pixels(inside, {picture.width, picture.height});
  HEARTH_ASSIGN(geometry, run(part_of(picture, part), convention, input, item));
  geometry.offset_x -= static_cast<float>(part.x) * geometry.scale_x;
  geometry.offset_y -= static_cast<float>(part.y) * geometry.scale_y;
  geometry.source_width = picture.width;
  geometry.source_height = picture.height;
  return geometry;
}

}  // namespace hearth
