// A report for a terminal: nothing is wider than it; a table that would be becomes a list of records.
#include <fmt/format.h>
#include <algorithm>

#include "base/display_text.h"
#include "report/document.h"
#include "report/report.h"

namespace hearth {
namespace {

constexpr std::size_t kMinWidth = 40;

// Bytes of `text` that fit `width` columns; at least one character.
std::size_t bytes_within(const std::string& text, std::size_t width) {
  std::size_t fits = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    if (fits > 0 && display_width(std::string_view(text).substr(0, next)) > width) break;
    fits = at = next;
  }
  return fits;
}

// `text` broken at blanks; words longer than a line are cut.
std::vector<std::string> wrapped(std::string text, std::size_t width) {
  std::vector<std::string> lines;
  while (display_width(text) > width) {
    std::size_t cut = bytes_within(text, width);
    if (cut < text.size() && text[cut] != ' ') {
      const std::size_t blank = text.rfind(' ', cut);
      if (blank != std::string::npos && blank > 0) cut = blank;
    }
    lines.push_back(text.substr(0, cut));
    const std::size_t next = text.find_first_not_of(' ', cut);
    text = next == std::string::npos ? "" : text.substr(next);
  }
  if (!text.empty() || lines.empty()) lines.push_back(text);
  return lines;
}

// A command on several lines as a shell continues them, broken at blanks outside quotes only; it can be copied whole.
std::vector<std::string> wrapped_command(const std::string& command, std::size_t width) {
  std::vector<std::string> lines(1);
  std::string word;
  char quote = 0;
  const auto place = [&] {
    if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) + 2 > width) {
      lines.back() += " \\";
      lines.emplace_back("  ");
    } else if (!lines.back().empty()) {
      lines.back() += ' ';
    }
    lines.back() += word;
    word.clear();
  };
  for (const char c : command) {
    if (quote == 0 && c == ' ') {
      place();
      continue;
    }
    if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = 0;
    word += c;
  }
  place();
  return lines;
}

class TerminalWriter {
 public:
  TerminalWriter(std::size_t width, bool color) : width_(width), color_(color) {}

  void operator()(const ReportText& block) {
    paragraph("", block.text);
    out_ += "\n";
  }
  void operator()(const ReportNotice& block) {
    for (const auto& line : wrapped("! " + block.text, width_)) out_ += styled(line, "1;31") + "\n";
    out_ += "\n";
  }
  void operator()(const ReportHeading& block) {
    for (const auto& line : wrapped(block.text, width_)) out_ += styled(line, "1") + "\n";
  }
  void operator()(const ReportList& block) {
    for (const auto& item : block.items) paragraph("- ", item);
    out_ += "\n";
  }
  void operator()(const ReportTable& block) {
    (*this)(ReportHeading{block.caption});
    if (!aligned(block)) records(block);
    out_ += "\n";
  }
  // A drawing is cut rather than wrapped.
  void operator()(const ReportCode& block) {
    for (const auto& line : block.lines) out_ += line.substr(0, bytes_within(line, width_)) + "\n";
    out_ += "\n";
  }
  void operator()(const ReportSteps& block) {
    int number = 1;
    for (const auto& step : block.steps) {
      paragraph(fmt::format("{}. ", number++), step.name);
      for (const auto& line : wrapped_command(step.command, width_ - 3)) out_ += "   " + styled(line, "36") + "\n";
      if (!step.expect.empty()) paragraph("   expected: ", step.expect);
    }
    out_ += "\n";
  }
  void operator()(const ReportPlot&) {}

  void title(const std::string& text, char underline) {
    for (const auto& line : wrapped(text, width_)) out_ += styled(line, "1") + "\n";
    out_ += std::string(std::min(width_, display_width(text)), underline) + "\n\n";
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  [[nodiscard]] std::string styled(const std::string& text, const char* code) const {
    return color_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }

  // Later lines are indented under the first word.
  void paragraph(const std::string& lead, const std::string& text) {
    const std::size_t indent = std::min(display_width(lead), width_ / 2);
    bool first = true;
    for (const auto& line : wrapped(text, width_ - indent)) {
      out_ += (first ? lead : std::string(indent, ' ')) + line + "\n";
      first = false;
    }
  }

  bool aligned(const ReportTable& table) {
    std::vector<std::size_t> widths;
    for (const auto& name : table.header) widths.push_back(display_width(name));
    for (const auto& row : table.rows)
      for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], display_width(row[at]));
    std::size_t total = 2 * (widths.size() - 1);
    for (const auto one : widths) total += one;
    if (total > width_) return false;
    const auto line = [&](const std::vector<std::string>& cells) {
      std::string text;
      for (std::size_t at = 0; at < cells.size(); ++at) {
        text += cells[at];
        if (at + 1 < cells.size()) text += std::string(widths[at] + 2 - display_width(cells[at]), ' ');
      }
      return text.substr(0, text.find_last_not_of(' ') + 1);
    };
    out_ += styled(line(table.header), "2") + "\n";
    for (const auto& row : table.rows) out_ += line(row) + "\n";
    return true;
  }

  // One item for each row, its cells one after another.
  void records(const ReportTable& table) {
    for (const auto& row : table.rows) {
      std::string text;
      for (std::size_t at = 0; at < row.size(); ++at)
        if (!row[at].empty()) text += (text.empty() ? "" : "; ") + table.header[at] + ": " + row[at];
      paragraph("- ", text);
    }
  }

  std::size_t width_;
  bool color_;
  std::string out_;
};

std::string rendered(const ReportDocument& document, int width, bool color) {
  TerminalWriter writer(std::max(kMinWidth, static_cast<std::size_t>(std::max(0, width))), color);
  writer.title(document.title, '=');
  for (const auto& block : document.opening) std::visit(writer, block);
  for (const auto& section : document.sections) {
    writer.title(section.title, '-');
    for (const auto& block : section.blocks) std::visit(writer, block);
  }
  return writer.take();
}

}  // namespace

std::string report_terminal(const Plan& plan, int width, bool color) {
  return rendered(report_document(plan), width, color);
}

std::string report_summary(const Plan& plan, int width, bool color) {
  return rendered(summary_document(plan), width, color);
}

}  // namespace hearth
