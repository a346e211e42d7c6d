// Pieces of an inline SVG drawing. Colours and fonts come from the page's style by class; nothing is loaded.
#pragma once

#include <string>
#include <string_view>

namespace hearth {

// For HTML and SVG, in text and in double-quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

struct SvgPoint {
  double x = 0, y = 0;
};

// `anchor`: "start", "middle", "end".
[[nodiscard]] std::string svg_text(SvgPoint at, const std::string& text, const char* anchor = "start",
                                   const char* css_class = "label");
[[nodiscard]] std::string svg_line(SvgPoint from, SvgPoint to, const char* css_class);
// From the upper left corner; `title` is shown on hovering and read aloud.
[[nodiscard]] std::string svg_rect(SvgPoint corner, SvgPoint size, const std::string& css_class,
                                   const std::string& title = "");

// The whole drawing as a figure with a caption; `description` says in words what is to be seen.
struct SvgFigure {
  std::string id, caption, description, content;
  double height = 0;
};
inline constexpr double kSvgWidth = 480;
[[nodiscard]] std::string svg_figure(const SvgFigure& figure);

}  // namespace hearth
