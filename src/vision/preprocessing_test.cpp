#include "vision/preprocessing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "vision/pixel_kernels.h"

namespace hearth {
namespace {

Image noise(std::int32_t width, std::int32_t height, unsigned seed = 1) {
  Image image(width, height, PixelFormat::kRgb);
  std::mt19937 random(seed);
  for (std::int32_t y = 0; y < height; ++y) {
    for (std::int32_t x = 0; x < width * 3; ++x) image.row(y)[x] = static_cast<std::uint8_t>(random());
  }
  return image;
}

struct Planes {
  std::vector<float> values;
  TensorView view;
  Planes(std::int32_t width, std::int32_t height)
      : values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
    view = view_of(std::span(values), Shape{1, 3, height, width});
  }
  [[nodiscard]] float at(std::int32_t c, std::int32_t x, std::int32_t y) const {
    return values[static_cast<std::size_t>((c * view.shape[2] + y) * view.shape[3] + x)];
  }
};

// Bilinear with half-pixel centres in double precision.
double reference(const Image& image, std::int32_t channel, double x, double y) {
  x = std::clamp(x, 0.0, image.width() - 1.0);
  y = std::clamp(y, 0.0, image.height() - 1.0);
  const auto x0 = static_cast<std::int32_t>(x);
  const auto y0 = static_cast<std::int32_t>(y);
  const std::int32_t x1 = std::min(x0 + 1, image.width() - 1);
  const std::int32_t y1 = std::min(y0 + 1, image.height() - 1);
  const auto pixel = [&](std::int32_t px, std::int32_t py) {
    return static_cast<double>(image.row(py)[px * 3 + channel]);
  };
  const double top = pixel(x0, y0) * (1 - (x - x0)) + pixel(x1, y0) * (x - x0);
  const double bottom = pixel(x0, y1) * (1 - (x - x0)) + pixel(x1, y1) * (x - x0);
  return top * (1 - (y - y0)) + bottom * (y - y0);
}

InputConvention plain(ResizeMode mode) {
  InputConvention convention;
  convention.resize = mode;
  return convention;
}

struct SizeCase {
  std::int32_t width, height, input;
};
class ResizeSizes : public ::testing::TestWithParam<SizeCase> {};

TEST_P(ResizeSizes, stretch_equals_bilinear_to_one_grey_level) {
  const auto [width, height, input] = GetParam();
  const Image image = noise(width, height);
  Planes out(input, input);
  Preprocessor preprocessor;
  ASSERT_TRUE(preprocessor.run(image.view(), plain(ResizeMode::kStretch), out.view));
  const double step_x = static_cast<double>(width) / input;
  const double step_y = static_cast<double>(height) / input;
  double worst = 0;
  for (std::int32_t c = 0; c < 3; ++c) {
    for (std::int32_t y = 0; y < input; ++y) {
      for (std::int32_t x = 0; x < input; ++x) {
        const double expected = reference(image, c, (x + 0.5) * step_x - 0.5, (y + 0.5) * step_y - 0.5);
        worst = std::max(worst, std::abs(expected - out.at(c, x, y)));
      }
    }
  }
  EXPECT_LE(worst, 1.0);
}

INSTANTIATE_TEST_SUITE_P(All, ResizeSizes,
                         ::testing::Values(SizeCase{64, 64, 64}, SizeCase{640, 480, 416}, SizeCase{37, 21, 96},
                                           SizeCase{1, 1, 32}, SizeCase{2, 300, 33}, SizeCase{300, 1, 17},
                                           SizeCase{1000, 10, 5}));

TEST(Preprocessing, letterbox_pads_and_boxes_find_their_way_back) {
  const Image image = noise(640, 480);
  Planes out(416, 416);
  Preprocessor preprocessor;
  for (const auto mode : {ResizeMode::kLetterboxCentre, ResizeMode::kLetterboxTopLeft}) {
    const auto geometry = preprocessor.run(image.view(), plain(mode), out.view);
    ASSERT_TRUE(geometry);
    const bool centred = mode == ResizeMode::kLetterboxCentre;
    EXPECT_FLOAT_EQ(geometry->offset_y, centred ? 52 : 0);
    EXPECT_FLOAT_EQ(geometry->scale_x, 0.65F);
    EXPECT_EQ(out.at(0, 200, 415), 114);
    EXPECT_EQ(out.at(2, 200, 0), centred ? 114 : out.at(2, 200, 0));
    const Box source{10, 20, 300, 400};
    const Box back = geometry->to_source(geometry->to_input(source));
    EXPECT_NEAR(back.x0, 10, 1e-3);
    EXPECT_NEAR(back.y1, 400, 1e-3);
    EXPECT_EQ(geometry->to_source({-50, -50, 900, 900}), (Box{0, 0, 640, 480}));
  }
}

TEST(Preprocessing, a_picture_decoded_at_half_scale_has_the_geometry_of_the_whole) {
  const Image half = noise(405, 540);
  Planes out(640, 640);
  Preprocessor preprocessor;
  const auto geometry = preprocessor.run(half.view(), plain(ResizeMode::kLetterboxCentre), out.view, 0, {810, 1080});
  ASSERT_TRUE(geometry);
  EXPECT_NEAR(geometry->scale_x, 480.0 / 810, 1e-6);
  EXPECT_FLOAT_EQ(geometry->offset_x, 80);
  EXPECT_EQ(geometry->source_height, 1080);
}

TEST(Preprocessing, channel_order_and_normalisation_are_the_conventions) {
  Image image(8, 8, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < 8; ++y) {
    for (std::int32_t x = 0; x < 8; ++x)
      image.row(y)[3 * x] = 200, image.row(y)[3 * x + 1] = 100, image.row(y)[3 * x + 2] = 50;
  }
  InputConvention convention = plain(ResizeMode::kStretch);
  convention.colour = PixelFormat::kBgr;
  convention.mean = {10, 20, 30};
  convention.scale = {2, 3, 4};
  Planes out(8, 8);
  Preprocessor preprocessor;
  ASSERT_TRUE(preprocessor.run(image.view(), convention, out.view));
  EXPECT_FLOAT_EQ(out.at(0, 3, 3), (50 - 10) * 2);
  EXPECT_FLOAT_EQ(out.at(1, 3, 3), (100 - 20) * 3);
  EXPECT_FLOAT_EQ(out.at(2, 3, 3), (200 - 30) * 4);

  convention.layout = TensorLayout::kNhwc;
  std::vector<float> interleaved(8 * 8 * 3);
  ASSERT_TRUE(preprocessor.run(image.view(), convention, view_of(std::span(interleaved), Shape{1, 8, 8, 3})));
  EXPECT_FLOAT_EQ(interleaved[30], 80);
  EXPECT_FLOAT_EQ(interleaved[31], 240);
  EXPECT_FLOAT_EQ(interleaved[32], 680);
}

TEST(Preprocessing, quantised_inputs_get_scale_and_zero_point) {
  Image image(4, 4, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < 4; ++y) std::fill_n(image.row(y), 12, std::uint8_t{200});
  InputConvention convention = plain(ResizeMode::kStretch);
  convention.scale = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
  convention.layout = TensorLayout::kNhwc;
  convention.type = DataType::kI8;
  convention.quantization = {1 / 255.0F, -128};
  std::vector<std::int8_t> signed_values(48);
  Preprocessor preprocessor;
  ASSERT_TRUE(preprocessor.run(image.view(), convention, view_of(std::span(signed_values), Shape{1, 4, 4, 3})));
  EXPECT_THAT(signed_values, ::testing::Each(72));
  convention.type = DataType::kU8;
  convention.quantization = {};
  std::vector<std::uint8_t> bytes(48);
  ASSERT_TRUE(preprocessor.run(image.view(), convention, view_of(std::span(bytes), Shape{1, 4, 4, 3})));
  EXPECT_THAT(bytes, ::testing::Each(200));
}

TEST(Preprocessing, items_of_a_batch_are_written_apart) {
  const Image image = noise(32, 32);
  std::vector<float> batch(3 * 3 * 16 * 16, -1.0F);
  const auto view = view_of(std::span(batch), Shape{3, 3, 16, 16});
  Preprocessor preprocessor;
  ASSERT_TRUE(preprocessor.run(image.view(), plain(ResizeMode::kStretch), view, 1));
  EXPECT_EQ(batch[767], -1.0F);
  EXPECT_NE(batch[768], -1.0F);
  EXPECT_NE(batch[1535], -1.0F);
  EXPECT_EQ(batch[1536], -1.0F);
}

TEST(Preprocessing, crops_are_seen_as_pictures_of_their_own) {
  const Image image = noise(100, 80);
  Planes out(20, 20);
  Preprocessor preprocessor;
  const auto geometry = preprocessor.run_crop(image.view(), {40, 30, 60, 50}, plain(ResizeMode::kStretch), out.view);
  ASSERT_TRUE(geometry);
  EXPECT_EQ(out.at(1, 0, 0), image.row(30)[40 * 3 + 1]);
  EXPECT_EQ(out.at(1, 19, 19), image.row(49)[59 * 3 + 1]);
  EXPECT_EQ(geometry->to_source({0, 0, 20, 20}), (Box{40, 30, 60, 50}));
  EXPECT_EQ(
      preprocessor.run_crop(image.view(), {200, 200, 300, 300}, plain(ResizeMode::kStretch), out.view).error().code,
      ErrorCode::kInvalidArgument);
  EXPECT_FALSE(preprocessor.run_crop(image.view(), {NAN, 0, 10, 10}, plain(ResizeMode::kStretch), out.view));
}

TEST(Preprocessing, centre_crop_keeps_the_middle) {
  Image image(200, 100, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < 100; ++y) {
    for (std::int32_t x = 0; x < 600; ++x) image.row(y)[x] = x / 3 < 50 || x / 3 >= 150 ? 255 : 7;
  }
  Planes out(50, 50);
  Preprocessor preprocessor;
  InputConvention convention = plain(ResizeMode::kCentreCrop);
  const auto geometry = preprocessor.run(image.view(), convention, out.view);
  ASSERT_TRUE(geometry);
  EXPECT_THAT(out.values, ::testing::Each(7.0F));
  EXPECT_EQ(geometry->to_source({0, 0, 50, 50}), (Box{50, 0, 150, 100}));
}

TEST(Preprocessing, wrong_tensors_are_refused_with_their_shape) {
  const Image image = noise(8, 8);
  Preprocessor preprocessor;
  std::vector<float> values(3 * 8 * 8);
  const auto run = [&](const TensorView& view, std::size_t item = 0) {
    return preprocessor.run(image.view(), plain(ResizeMode::kStretch), view, item);
  };
  const auto bad_rank = run(view_of(std::span(values), Shape{3, 8, 8}));
  ASSERT_FALSE(bad_rank);
  EXPECT_THAT(bad_rank.error().message, ::testing::HasSubstr("[3,8,8]"));
  EXPECT_FALSE(run(view_of(std::span(values), Shape{1, 8, 8, 3})));
  EXPECT_FALSE(run(view_of(std::span(values), Shape{1, 3, 8, 8}), 1));
  EXPECT_FALSE(run(view_of(std::span(values).first(0), Shape{0, 3, 8, 8})));
  EXPECT_FALSE(run(view_of(std::span(values).first(0), Shape{1, 3, 0, 8})));
  std::vector<std::int64_t> others(3 * 8 * 8);
  EXPECT_FALSE(run(view_of(std::span(others), Shape{1, 3, 8, 8})));
  EXPECT_FALSE(preprocessor.run({}, plain(ResizeMode::kStretch), view_of(std::span(values), Shape{1, 3, 8, 8})));
}

TEST(PixelKernels, the_vector_forms_equal_the_portable_ones) {
  const PixelKernels& plain_kernels = portable_pixel_kernels();
  const PixelKernels& best = pixel_kernels();
  std::mt19937 random(7);
  for (const std::size_t n : {1U, 7U, 8U, 15U, 16U, 17U, 40U, 333U}) {
    std::vector<std::uint8_t> a(n * 3);
    std::vector<std::uint8_t> b(n * 3);
    for (auto& x : a) x = static_cast<std::uint8_t>(random());
    for (auto& x : b) x = static_cast<std::uint8_t>(random());
    std::vector<std::int16_t> rows[2]{std::vector<std::int16_t>(n * 3 + kRowSlack),
                                      std::vector<std::int16_t>(n * 3 + kRowSlack)};
    plain_kernels.blend_rows(a.data(), b.data(), n * 3, {700, 1348}, rows[0].data());
    best.blend_rows(a.data(), b.data(), n * 3, {700, 1348}, rows[1].data());
    EXPECT_EQ(rows[0], rows[1]) << best.name;
    std::vector<std::int32_t> index(n);
    std::vector<std::int16_t> weight(2 * n);
    for (std::size_t i = 0; i < n; ++i) {
      index[i] = static_cast<std::int32_t>(random() % n) * 3;
      weight[2 * i] = static_cast<std::int16_t>(random() % 2049);
      weight[2 * i + 1] = static_cast<std::int16_t>(2048 - weight[2 * i]);
    }
    const RowSampling sampling{rows[0].data(), index.data(), weight.data(), n};
    std::vector<std::uint8_t> bytes[2]{std::vector<std::uint8_t>(3 * n), std::vector<std::uint8_t>(3 * n)};
    plain_kernels.sample_bytes(sampling, bytes[0].data());
    best.sample_bytes(sampling, bytes[1].data());
    EXPECT_EQ(bytes[0], bytes[1]);
    std::vector<float> planes[2]{std::vector<float>(3 * n), std::vector<float>(3 * n)};
    for (int k = 0; k < 2; ++k) {
      const PlanarTarget target{{&planes[k][0], &planes[k][n], &planes[k][2 * n]}, {0.1F, 1, 2}, {0.5F, -3, 0}};
      (k == 0 ? plain_kernels : best).sample_planar(sampling, target);
    }
    for (std::size_t i = 0; i < 3 * n; ++i) EXPECT_NEAR(planes[0][i], planes[1][i], 1e-4);
  }
}

TEST(PixelKernels, the_best_class_is_the_first_of_equals_and_nan_is_seen) {
  std::mt19937 random(3);
  for (const std::size_t n : {1U, 31U, 32U, 33U, 100U}) {
    std::vector<float> scores(80 * n);
    for (auto& x : scores) x = static_cast<float>(random() % 50) / 50;
    for (const PixelKernels* kernels : {&portable_pixel_kernels(), &pixel_kernels()}) {
      std::vector<float> best(n);
      std::vector<std::int32_t> which(n);
      EXPECT_FALSE(kernels->best_of_columns({scores.data(), 80, n, n}, best.data(), which.data()));
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t expected = 0;
        for (std::size_t r = 1; r < 80; ++r) expected = scores[r * n + i] > scores[expected * n + i] ? r : expected;
        EXPECT_EQ(which[i], static_cast<std::int32_t>(expected));
        EXPECT_EQ(best[i], scores[expected * n + i]);
      }
      auto broken = scores;
      broken[41 * n + n / 2] = NAN;
      EXPECT_TRUE(kernels->best_of_columns({broken.data(), 80, n, n}, best.data(), which.data()));
      EXPECT_TRUE(kernels->greatest(broken.data(), broken.size()).has_nan);
      EXPECT_FALSE(kernels->greatest(scores.data(), scores.size()).has_nan);
      EXPECT_EQ(kernels->greatest(scores.data(), scores.size()).value, *std::max_element(scores.begin(), scores.end()));
    }
  }
}

}  // namespace
}  // namespace hearth
