// GitHub-flavoured Markdown of a report. Source for escaping: CommonMark 0.31, sections 2.4 and 6.1; GFM, section 4.10.
#include <fmt/format.h>
#include <algorithm>

#include "base/display_text.h"
#include "report/document.h"
#include "report/report.h"

namespace hearth {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// A "_" within a word means nothing, as in Q4_K_M.
std::string escaped(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool inside_word =
        c == '_' && at > 0 && at + 1 < text.size() && is_word(text[at - 1]) && is_word(text[at + 1]);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (!inside_word && std::string_view("\\`*_[]>#|~$!").find(c) != std::string_view::npos)
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

// At the start of a line "-", "+", "=" and "1." open a list or a heading.
std::string escaped_line(const std::string& text) {
  std::string out = escaped(text);
  if (!out.empty() && (out[0] == '-' || out[0] == '+' || out[0] == '=')) return "\\" + out;
  std::size_t digits = 0;
  while (digits < out.size() && out[digits] >= '0' && out[digits] <= '9') ++digits;
  if (digits > 0 && digits < out.size() && (out[digits] == '.' || out[digits] == ')')) out.insert(digits, "\\");
  return out;
}

std::size_t longest_backticks(const std::string& text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string code_span(const std::string& text) {
  const std::string fence(longest_backticks(text) + 1, '`');
  const bool pads = text.empty() || text.front() == '`' || text.back() == '`';
  return fence + (pads ? " " + text + " " : text) + fence;
}

std::string table_row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const auto& cell : cells) out += " " + escaped(cell) + " |";
  return out + "\n";
}

struct MarkdownWriter {
  std::string out;

  void operator()(const ReportText& block) { out += escaped_line(block.text) + "\n\n"; }
  void operator()(const ReportNotice& block) { out += "> **" + escaped(block.text) + "**\n\n"; }
  void operator()(const ReportHeading& block) { out += "### " + escaped(block.text) + "\n\n"; }
  void operator()(const ReportList& block) {
    for (const auto& item : block.items) out += "- " + escaped_line(item) + "\n";
    out += "\n";
  }
  void operator()(const ReportTable& block) {
    out += "**" + escaped(block.caption) + "**\n\n" + table_row(block.header) + "|";
    for (std::size_t at = 0; at < block.header.size(); ++at) out += " --- |";
    out += "\n";
    for (const auto& row : block.rows) out += table_row(row);
    out += "\n";
  }
  void operator()(const ReportCode& block) {
    std::string text;
    for (const auto& line : block.lines) text += line + "\n";
    const std::string fence(std::max<std::size_t>(3, longest_backticks(text) + 1), '`');
    out += fence + "text\n" + text + fence + "\n\n";
  }
  void operator()(const ReportSteps& block) {
    int number = 1;
    for (const auto& step : block.steps) {
      out += fmt::format("{}. {}: {}", number++, escaped(step.name), code_span(step.command));
      if (!step.expect.empty()) out += " — expected: " + escaped(step.expect);
      out += "\n";
    }
    out += "\n";
  }
  void operator()(const ReportPlot&) {}  // its figures are in the tables
};

}  // namespace

std::string report_markdown(const Plan& plan) {
  const ReportDocument document = report_document(plan);
  MarkdownWriter writer;
  writer.out = "# " + escaped(document.title) + "\n\n";
  for (const auto& block : document.opening) std::visit(writer, block);
  for (const auto& section : document.sections) {
    writer.out += "## " + escaped(section.title) + "\n\n";
    for (const auto& block : section.blocks) std::visit(writer, block);
  }
  if (!plan.hearth_version.empty()) writer.out += "Written by Hearth " + escaped(one_line(plan.hearth_version)) + ".\n";
  return writer.out;
}

}  // namespace hearth
