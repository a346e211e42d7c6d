#include "report/svg.h"

#include <fmt/format.h>

namespace hearth {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string svg_text(SvgPoint at, const std::string& text, const char* anchor, const char* css_class) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n", at.x, at.y, anchor,
                     css_class, escape_html(text));
}

std::string svg_line(SvgPoint from, SvgPoint to, const char* css_class) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", from.x, from.y,
                     to.x, to.y, css_class);
}

std::string svg_rect(SvgPoint corner, SvgPoint size, const std::string& css_class, const std::string& title) {
  const std::string head =
      fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\"", corner.x, corner.y,
                  size.x, size.y, css_class);
  return title.empty() ? head + "/>\n" : head + "><title>" + escape_html(title) + "</title></rect>\n";
}

std::string svg_figure(const SvgFigure& figure) {
  return fmt::format(
      "<figure>\n<figcaption>{1}</figcaption>\n<svg viewBox=\"0 0 {2:.0f} {3:.0f}\" role=\"img\" "
      "aria-labelledby=\"{0}-title {0}-text\">\n"
      "<title id=\"{0}-title\">{1}</title>\n<desc id=\"{0}-text\">{4}</desc>\n{5}</svg>\n</figure>\n",
      figure.id, escape_html(figure.caption), kSvgWidth, figure.height, escape_html(figure.description),
      figure.content);
}

}  // namespace hearth
