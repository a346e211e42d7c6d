// The report as one HTML file.
#include <fmt/format.h>
#include <algorithm>

#include "base/display_text.h"
#include "report/document.h"
#include "report/html_style.h"
#include "report/plots.h"
#include "report/report.h"
#include "report/svg.h"

namespace hearth {
namespace {

// Tables of more columns than these, or whose rows are longer than this, become cards on narrow screens. Roles are
// spelt out because "display: block" takes them away.
constexpr std::size_t kNarrowColumns = 3, kNarrowWidth = 48;

bool is_wide(const ReportTable& table) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < table.header.size(); ++at) {
    std::size_t column = display_width(table.header[at]);
    for (const auto& row : table.rows) column = std::max(column, display_width(row[at]));
    width += column + 1;
  }
  return table.header.size() > kNarrowColumns && width > kNarrowWidth;
}

// Bytes of a cell that is kept on one line: a size with its unit.
constexpr std::size_t kShortText = 12;

struct HtmlWriter {
  const Plan* plan;
  const ReportExtras* extras;
  std::string out;

  void element(const char* tag, const std::string& text, const char* css_class = "") {
    const std::string attribute = *css_class ? fmt::format(" class=\"{}\"", css_class) : "";
    out += fmt::format("<{0}{1}>{2}</{0}>\n", tag, attribute, escape_html(text));
  }
  void operator()(const ReportText& block) { element("p", block.text); }
  void operator()(const ReportNotice& block) {
    out += "<p class=\"notice\" role=\"alert\">" + escape_html(block.text) + "</p>\n";
  }
  void operator()(const ReportHeading& block) { element("h3", block.text); }
  void operator()(const ReportList& block) {
    if (block.items.empty()) return;
    out += "<ul>\n";
    for (const auto& item : block.items) element("li", item);
    out += "</ul>\n";
  }
  void operator()(const ReportTable& block) {
    const bool wide = is_wide(block);
    out += fmt::format(
        "<div class=\"table\"><table{} role=\"table\">\n<caption>{}</caption>\n<thead role=\"rowgroup\"><tr "
        "role=\"row\">",
        wide ? " class=\"wide\"" : "", escape_html(block.caption));
    for (const auto& name : block.header)
      out += "<th scope=\"col\" role=\"columnheader\">" + escape_html(name) + "</th>";
    out += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
    for (const auto& row : block.rows) {
      out += "<tr role=\"row\">";
      for (std::size_t at = 0; at < row.size(); ++at)
        out += fmt::format("<td role=\"cell\"{} data-label=\"{}\">{}</td>",
                           row[at].size() <= kShortText ? " class=\"short\"" : "", escape_html(block.header[at]),
                           escape_html(row[at]));
      out += "</tr>\n";
    }
    out += "</tbody>\n</table></div>\n";
  }
  void operator()(const ReportCode& block) {
    out += fmt::format("<pre role=\"img\" aria-label=\"{}\" tabindex=\"0\">", escape_html(block.label));
    for (const auto& line : block.lines) out += escape_html(line) + "\n";
    out += "</pre>\n";
  }
  void operator()(const ReportSteps& block) {
    out += "<ol>\n";
    for (const auto& step : block.steps) {
      out += fmt::format("<li>{}: <code>{}</code>", escape_html(step.name), escape_html(step.command));
      if (!step.expect.empty()) out += "<span class=\"expect\">Expected: " + escape_html(step.expect) + "</span>";
      out += "</li>\n";
    }
    out += "</ol>\n";
  }
  void operator()(const ReportPlot& block) {
    switch (block.kind) {
      case ReportPlotKind::kMemory: out += memory_plot(*plan); break;
      case ReportPlotKind::kRoofline: roofline(); break;
      case ReportPlotKind::kProjectedAndMeasured: measured(); break;
    }
  }
  void roofline() {
    const std::string plot = roofline_plot(*plan);
    if (plot.empty())
      element("p", "No roofline: bandwidth, peak rate or size is not known for any choice that writes tokens.");
    out += plot;
  }
  void measured() {
    const std::string plot = projected_plot(*extras);
    if (plot.empty())
      element("p", "Nothing in the ledger to hold the projections against yet; hearth verify measures.");
    out += plot;
  }
};

}  // namespace

std::string report_html(const Plan& plan, const ReportExtras& extras) {
  const ReportDocument document = report_document(plan);
  HtmlWriter writer{&plan, &extras, ""};
  writer.out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
  writer.element("title", document.title);
  writer.out += fmt::format("<style>{}</style>\n</head>\n<body>\n<header>\n", report_style());
  writer.element("h1", document.title);
  for (const auto& block : document.opening) std::visit(writer, block);
  writer.out += "</header>\n<nav aria-label=\"Sections\">\n<ul>\n";
  for (std::size_t at = 0; at < document.sections.size(); ++at)
    writer.out +=
        fmt::format("<li><a href=\"#section-{}\">{}</a></li>\n", at, escape_html(document.sections[at].title));
  writer.out += "</ul>\n</nav>\n<main>\n";
  for (std::size_t at = 0; at < document.sections.size(); ++at) {
    writer.out += fmt::format("<section aria-labelledby=\"section-{0}\">\n<h2 id=\"section-{0}\">{1}</h2>\n", at,
                              escape_html(document.sections[at].title));
    for (const auto& block : document.sections[at].blocks) std::visit(writer, block);
    writer.out += "</section>\n";
  }
  writer.out += "</main>\n";
  if (!plan.hearth_version.empty())
    writer.element("footer", "Written by Hearth " + one_line(plan.hearth_version) + ".");
  return writer.out + "</body>\n</html>\n";
}

}  // namespace hearth
