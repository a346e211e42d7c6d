#include "vision/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

// Letters as rectangles, which scale to any size. Public domain.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_easy_font.h>
#pragma GCC diagnostic pop

namespace hearth {
namespace {

using Colour = std::array<std::uint8_t, 3>;  // red, green, blue

// Source: Matplotlib's tab10, told apart by most colour-blind people, too.
constexpr std::array<Colour, 10> kPalette{{{31, 119, 180},
                                           {255, 127, 14},
                                           {44, 160, 44},
                                           {214, 39, 40},
                                           {148, 103, 189},
                                           {140, 86, 75},
                                           {227, 119, 194},
                                           {127, 127, 127},
                                           {188, 189, 34},
                                           {23, 190, 207}}};
constexpr Colour kWhite{255, 255, 255};
constexpr Colour kBlack{0, 0, 0};

constexpr float kFontHeight = 12;  // of stb_easy_font, line to line
constexpr std::size_t kTextMax = 120;

struct Pen {
  Image& picture;
  std::int32_t line_px;
  float text_scale;

  void fill(std::int32_t x0, std::int32_t y0, std::int32_t x1, std::int32_t y1, const Colour& colour) const {
    x0 = std::max(x0, 0);
    y0 = std::max(y0, 0);
    x1 = std::min(x1, picture.width());
    y1 = std::min(y1, picture.height());
    for (std::int32_t y = y0; y < y1; ++y) {
      for (std::int32_t x = x0; x < x1; ++x) put(x, y, colour, 1);
    }
  }
  void put(std::int32_t x, std::int32_t y, const Colour& colour, float opacity) const {
    std::uint8_t* pixel = picture.row(y) + std::ptrdiff_t{x} * 3;
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t channel = picture.format() == PixelFormat::kBgr ? 2 - c : c;
      const float mixed = static_cast<float>(pixel[channel]) * (1 - opacity) + static_cast<float>(colour[c]) * opacity;
      pixel[channel] = static_cast<std::uint8_t>(std::lround(mixed));
    }
  }
  void frame(const Box& box, const Colour& colour) const {
    const auto x0 = static_cast<std::int32_t>(std::lround(box.x0));
    const auto y0 = static_cast<std::int32_t>(std::lround(box.y0));
    const auto x1 = static_cast<std::int32_t>(std::lround(box.x1));
    const auto y1 = static_cast<std::int32_t>(std::lround(box.y1));
    fill(x0, y0, x1, y0 + line_px, colour);
    fill(x0, y1 - line_px, x1, y1, colour);
    fill(x0, y0, x0 + line_px, y1, colour);
    fill(x1 - line_px, y0, x1, y1, colour);
  }
};

Pen pen_for(Image& picture, const DrawingOptions& options) {
  const std::int32_t side = std::max(picture.width(), picture.height());
  const std::int32_t text_px = options.text_px > 0 ? options.text_px : std::clamp(side / 45, 12, 64);
  return {picture, options.line_px > 0 ? options.line_px : std::max(2, side / 320),
          static_cast<float>(text_px) / kFontHeight};
}

// What is written in one line: of a size that needs no memory from the heap, ended by a zero.
class Line {
 public:
  template <class... Args>
  explicit Line(fmt::format_string<Args...> format, Args&&... args) {
    const auto end = fmt::format_to_n(text_.begin(), kTextMax, format, std::forward<Args>(args)...).out;
    // A letter of several bytes is one '?'.
    const auto last =
        std::remove_if(text_.begin(), end, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; });
    std::replace_if(
        text_.begin(), last, [](char c) { return c < 32 || c > 126; }, '?');
    *last = 0;
  }
  [[nodiscard]] char* data() { return text_.data(); }  // stb_easy_font takes no const

 private:
  std::array<char, kTextMax + 1> text_;
};

struct TextExtent {
  std::int32_t width;
  std::int32_t height;
};

TextExtent text_extent(const Pen& pen, Line& text) {
  return {static_cast<std::int32_t>(std::ceil(static_cast<float>(stb_easy_font_width(text.data())) * pen.text_scale)),
          static_cast<std::int32_t>(std::ceil(kFontHeight * pen.text_scale))};
}

void draw_text(const Pen& pen, std::int32_t x, std::int32_t y, Line& text, const Colour& colour) {
  struct Vertex {
    float x, y, z;
    std::uint8_t colour[4];
  };
  // Source: stb_easy_font's documentation, 270 bytes a character on average.
  std::array<Vertex, kTextMax * 64> vertices;
  const int n_quads = stb_easy_font_print(0, 0, text.data(), nullptr, vertices.data(), sizeof(vertices));
  for (int i = 0; i < n_quads; ++i) {
    const Vertex& from = vertices[static_cast<std::size_t>(i) * 4];
    const Vertex& to = vertices[static_cast<std::size_t>(i) * 4 + 2];
    const auto at = [&](float offset, std::int32_t base) {
      return base + static_cast<std::int32_t>(std::lround((offset + 1) * pen.text_scale));
    };
    pen.fill(at(from.x, x), at(from.y, y), at(to.x, x), at(to.y, y), colour);
  }
}

Colour ink_on(const Colour& colour) {
  return 77 * colour[0] + 150 * colour[1] + 29 * colour[2] > 140 * 256 ? kBlack : kWhite;
}

// A text in a plate of `colour`, kept inside the picture.
void draw_plate(const Pen& pen, std::int32_t x, std::int32_t y, Line text, const Colour& colour) {
  const auto [width, height] = text_extent(pen, text);
  x = std::clamp(x, 0, std::max(0, pen.picture.width() - width));
  y = std::clamp(y, 0, std::max(0, pen.picture.height() - height));
  pen.fill(x, y, x + width + pen.line_px, y + height, colour);
  draw_text(pen, x, y, text, ink_on(colour));
}

void draw_mask(const Pen& pen, const Mask& mask, const Colour& colour, float opacity) {
  const std::int32_t right = std::min(mask.x0 + mask.width, pen.picture.width());
  const std::int32_t bottom = std::min(mask.y0 + mask.height, pen.picture.height());
  for (std::int32_t y = std::max(mask.y0, 0); y < bottom; ++y) {
    for (std::int32_t x = std::max(mask.x0, 0); x < right; ++x) {
      if (mask.at(x, y)) pen.put(x, y, colour, opacity);
    }
  }
}

// As VisionModel::label, without a copy of it.
Line line_of(const Detection& object, const VisionModel& model) {
  const auto slot = static_cast<std::size_t>(object.class_id);
  const bool is_named = object.class_id >= 0 && slot < model.labels.size() && !model.labels[slot].empty();
  const fmt::format_int number(object.class_id);
  const auto shown = is_named ? std::string_view(model.labels[slot]) : std::string_view(number.data(), number.size());
  if (object.track_id < 0) return Line("{} {:.2f}", shown, object.score);
  return Line("#{} {} {:.2f}", object.track_id, shown, object.score);
}

Colour colour_of(const Detection& object) {
  const std::int64_t key = object.track_id >= 0 ? object.track_id : object.class_id;
  return kPalette[static_cast<std::size_t>(key) % kPalette.size()];
}

}  // namespace

void draw_detections(Image& picture, const Detections& detections, const VisionModel& model,
                     const DrawingOptions& options) {
  if (picture.view().empty() || picture.format() == PixelFormat::kGray) return;
  const Pen pen = pen_for(picture, options);
  for (const Detection& object : detections.objects) {
    if (object.mask < 0 || static_cast<std::size_t>(object.mask) >= detections.n_masks) continue;
    draw_mask(pen, detections.masks[static_cast<std::size_t>(object.mask)], colour_of(object),
              std::clamp(options.mask_opacity, 0.0F, 1.0F));
  }
  for (const Detection& object : detections.objects) pen.frame(object.box, colour_of(object));
  // Labels last: a box never hides one.
  for (const Detection& object : detections.objects) {
    Line text = line_of(object, model);
    const std::int32_t height = text_extent(pen, text).height;
    draw_plate(pen, static_cast<std::int32_t>(object.box.x0), static_cast<std::int32_t>(object.box.y0) - height, text,
               colour_of(object));
  }
}

void draw_lines(Image& picture, std::span<const std::string> lines, const DrawingOptions& options) {
  if (picture.view().empty() || picture.format() == PixelFormat::kGray) return;
  const Pen pen = pen_for(picture, options);
  std::int32_t y = 0;
  for (const std::string& line : lines) {
    Line text("{}", line);
    const std::int32_t height = text_extent(pen, text).height;
    draw_plate(pen, 0, y, text, kBlack);
    y += height;
  }
}

}  // namespace hearth
