// A picture into a model's input tensor: resize, letterbox, colour order, normalisation, type and layout in one pass.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "vision/geometry.h"
#include "vision/image.h"

namespace hearth {

enum class ResizeMode : std::uint8_t {
  kStretch,           // both axes to the input's size, whatever that does to the aspect
  kLetterboxCentre,   // aspect kept, padded on both sides alike
  kLetterboxTopLeft,  // aspect kept, padded right and below
  kCentreCrop,        // shorter side to input / crop_fraction, the middle is kept
};

enum class TensorLayout : std::uint8_t { kNchw, kNhwc };

// real = (stored - zero_point) * scale. A scale of 0 says that the values are not quantised.
struct Quantization {
  float scale = 0;
  std::int32_t zero_point = 0;
  bool operator==(const Quantization&) const = default;
};

// What a vision model wants of its picture. real value = (pixel - mean) * scale, by channel of `colour`, pixel 0..255.
struct InputConvention {
  ResizeMode resize = ResizeMode::kLetterboxCentre;
  std::uint8_t pad = 114;  // grey of the padding. Source: Ultralytics and YOLOX train with it
  PixelFormat colour = PixelFormat::kRgb;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> scale{1, 1, 1};
  float crop_fraction = 1;  // of kCentreCrop, in (0, 1]
  TensorLayout layout = TensorLayout::kNchw;
  DataType type = DataType::kF32;  // kF32, kU8 or kI8
  Quantization quantization;       // of kU8 and kI8; without one kU8 takes pixels and kI8 pixels less 128
  std::int32_t width = 0;          // pixels; 0 where the model leaves it open
  std::int32_t height = 0;
  bool operator==(const InputConvention&) const = default;
};

// The size that a picture must have at least after scaled decoding, so that nothing is scaled up again on the way in.
struct InputSize {
  std::int32_t width = 0;
  std::int32_t height = 0;
};
[[nodiscard]] InputSize decode_size_for(const InputConvention& convention, InputSize input, InputSize picture);

// Holds the tables and rows that resizing needs, kept from frame to frame: no allocation once a pair of sizes was seen.
// Bilinear with pixel centres at .5 and 11-bit weights, rounded to 8 bits before the normalisation, so that results
// agree with OpenCV's INTER_LINEAR to one grey level. One thread at a time.
class Preprocessor {
 public:
  Preprocessor();

  // Writes item `item` of the batch `input`: [N,C,H,W] or [N,H,W,C] by the convention, dense, in host memory, of the
  // convention's type. `source` is what boxes shall refer to; 0 x 0: the picture itself (they differ after scaled
  // decoding).
  // kInvalidArgument: an empty picture, a tensor of another type, rank or number of channels, an item beyond the batch.
  [[nodiscard]] Result<Geometry> run(const ImageView& picture, const InputConvention& convention,
                                     const TensorView& input, std::size_t item = 0, InputSize source = {});

  // The part `crop` of the picture, in its pixels, as if it were a picture of its own.
  // kInvalidArgument: nothing is left of the crop inside the picture.
  [[nodiscard]] Result<Geometry> run_crop(const ImageView& picture, const Box& crop, const InputConvention& convention,
                                          const TensorView& input, std::size_t item = 0);

 private:
  struct Axis {
    std::int32_t source = 0;
    std::int32_t target = 0;
    std::vector<std::int32_t> index;   // first of two neighbours, by target
    std::vector<std::int16_t> weight;  // of both, in 1/2048
  };
  // A part of a picture and the rectangle of the input that it fills.
  struct Placement {
    ImageView part;
    std::int32_t x = 0;
    std::int32_t y = 0;
    std::int32_t width = 0;
    std::int32_t height = 0;
  };
  struct Target;
  static void prepare(Axis& axis, std::int32_t source, std::int32_t target, std::int32_t step);
  [[nodiscard]] static Result<Target> target_of(const InputConvention& convention, const TensorView& input,
                                                std::size_t item);
  void prepare_tables(const InputConvention& convention);
  void fill(const Placement& placement, const InputConvention& convention, const Target& target);
  void write_row(const Placement& placement, const InputConvention& convention, const Target& target, std::int32_t y);
  void write_floats(const InputConvention& convention, const Target& target, std::size_t at, std::size_t n);
  void write_bytes(const InputConvention& convention, const Target& target, std::size_t at, std::size_t n);
  void pad_span(const InputConvention& convention, const Target& target, std::size_t at, std::size_t n);

  Axis across_;
  Axis down_;
  std::vector<std::int16_t> blended_;  // one source row's width, both neighbours mixed
  std::vector<std::uint8_t> resized_;  // one target row, interleaved, in the convention's colour order
  std::vector<float> reals_;           // by channel and pixel value
  std::vector<std::uint8_t> stored_;   // the quantised form of reals_
  InputConvention tables_of_;
  bool has_tables_ = false;
};

}  // namespace hearth
