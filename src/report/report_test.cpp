#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "base/display_text.h"
#include "report/figures.h"
#include "support/sample_plans.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string>& section_titles() {
  static const std::vector<std::string> kTitles{
      "1 Hardware Audit",         "2 Model Recommendation", "3 Stack Architecture", "4 Deployment Config",
      "5 Performance Projection", "6 Risk Register",        "7 Verification Steps"};
  return kTitles;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Report, every_format_has_the_seven_sections_in_order) {
  for (const auto& [name, plan] : test::sample_plans()) {
    const std::string heading[] = {report_markdown(plan), report_html(plan, {}), report_terminal(plan, 80, false)};
    for (const auto& text : heading) {
      std::size_t at = 0;
      for (const auto& title : section_titles()) {
        at = text.find(title, at);
        ASSERT_NE(at, std::string::npos) << name << ": " << title;
      }
    }
  }
}

TEST(Report, an_unserved_task_is_said_before_anything_else_with_its_ways_out) {
  const Plan plan = test::unserved_plan();
  for (const auto& text : {report_markdown(plan), report_html(plan, {}), report_terminal(plan, 80, false)}) {
    const std::size_t notice = text.find("Not approved"), ways = text.find("Ways out"),
                      first = text.find("Understood and assumed</h2>");
    ASSERT_NE(notice, std::string::npos);
    EXPECT_LT(notice, ways);
    EXPECT_LT(ways, std::min(first, text.rfind("Understood and assumed")));
    EXPECT_THAT(text, HasSubstr("41.6 GiB"));
    EXPECT_THAT(text, HasSubstr("9.5 (7.8–11.5) tok/s"));
  }
}

TEST(Report, figures_have_their_bounds_and_sensible_digits) {
  EXPECT_EQ(figure_text(Interval{42.3, 34.4, 51.2}, "tok/s"), "42 (34–51) tok/s");
  EXPECT_EQ(figure_text(Interval{9.41, 7.8, 11.12}, "tok/s"), "9.4 (7.8–11.1) tok/s");
  EXPECT_EQ(figure_text(Interval{2800, 2170, 3660}, "ms"), "2.8 (2.2–3.7) s");
  EXPECT_EQ(figure_text(Interval{0.0834, 0.05, 0.11}, ""), "0.083 (0.050–0.110)");
  EXPECT_EQ(figure_text(Interval{1024, 0, 2048}, "bytes"), "1.0 KiB (0 B–2.0 KiB)");
  EXPECT_EQ(figure_text(std::nullopt, "ms"), "");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "unknown");
}

TEST(Report, precisions_are_written_as_people_know_them) {
  EXPECT_EQ(precision_word("q4-k-m"), "Q4_K_M");
  EXPECT_EQ(precision_word("fp8-e4m3"), "FP8_E4M3");
  EXPECT_EQ(precision_word("AWQ 4-bit"), "AWQ 4-bit");
}

TEST(Report, the_terminal_is_never_overrun) {
  for (const auto& [name, plan] : test::sample_plans())
    for (const int width : {80, 60, 200})
      for (const auto& line : lines_of(report_terminal(plan, width, false)))
        EXPECT_LE(display_width(line), static_cast<std::size_t>(width)) << name << ": " << line;
}

TEST(Report, no_name_moves_the_cursor) {
  for (const char c : report_terminal(test::hostile_plan(), 80, false))
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  EXPECT_THAT(report_terminal(test::pi5_voice_plan(), 80, true), HasSubstr("\x1b[1m"));
}

TEST(Report, no_name_opens_markup) {
  const std::string html = report_html(test::hostile_plan(), {{{"<script>x</script>", {1, 0.5, 2}, 1.1, "\"><b>"}}});
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<i>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  const std::string markdown = report_markdown(test::hostile_plan());
  EXPECT_THAT(markdown, Not(HasSubstr("<script")));
  EXPECT_THAT(markdown, HasSubstr("a \\| b"));
  EXPECT_THAT(markdown, HasSubstr("\\*none\\*"));
  EXPECT_THAT(markdown, HasSubstr("Q5_K_M"));
}

TEST(Report, markdown_tables_have_as_many_cells_in_every_row) {
  for (const auto& [name, plan] : test::sample_plans()) {
    std::size_t cells = 0;
    for (const auto& line : lines_of(report_markdown(plan))) {
      if (line.empty() || line[0] != '|') {
        cells = 0;
        continue;
      }
      std::size_t bars = 0;
      for (std::size_t at = 0; at < line.size(); ++at) bars += line[at] == '|' && (at == 0 || line[at - 1] != '\\');
      if (cells > 0) {
        EXPECT_EQ(bars, cells) << name << ": " << line;
      }
      cells = bars;
    }
  }
}

TEST(Report, html_loads_nothing_and_draws_what_is_known) {
  const ReportExtras extras{
      {{"chat decode", {9.4, 7.8, 11.1}, 9.0, "tok/s"}, {"chat prefill", {92, 70, 118}, 51, "tok/s"}}};
  const std::string html = report_html(test::pi5_voice_plan(), extras);
  for (const char* outside : {"http://", "https://", "src=", "@import", "url(", "<link", "<script"})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  for (const char* plot : {"id=\"memory-title\"", "id=\"roofline-title\"", "id=\"measured-title\""})
    EXPECT_THAT(html, HasSubstr(plot));
  EXPECT_THAT(html, HasSubstr("51 measured, 92 (70–118) tok/s projected, outside"));
  for (const char* broken : {"nan", "inf\"", "-inf"}) EXPECT_THAT(html, Not(HasSubstr(std::string("=\"") + broken)));
}

TEST(Report, plots_are_left_out_where_nothing_is_known) {
  Plan plan = test::pi5_voice_plan();
  plan.device.memory.read_bandwidth_GBps.reset();
  const std::string html = report_html(plan, {});
  EXPECT_THAT(html, Not(HasSubstr("roofline-title")));
  EXPECT_THAT(html, HasSubstr("No roofline"));
  EXPECT_THAT(html, HasSubstr("Nothing in the ledger"));
}

TEST(Report, rejections_are_limited_and_counted) {
  Plan plan = test::unserved_plan();
  plan.rejected.assign(500, plan.rejected[0]);
  const std::string text = report_markdown(plan);
  EXPECT_THAT(text, HasSubstr("Turned down for chat: 500"));
  EXPECT_THAT(text, HasSubstr("and 488 more"));
}

TEST(Report, odd_numbers_break_nothing) {
  Plan plan = test::pi5_voice_plan();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  plan.choices[0].projection.decode_tok_s = Interval{0, 0, 0};
  plan.choices[0].projection.prefill_tok_s = Interval{nan, nan, nan};
  plan.pools[0].capacity_bytes = 0;
  plan.pools[0].budget_bytes = 0;
  EXPECT_THAT(report_html(plan, {{{"x", {nan, nan, nan}, nan, ""}}}), Not(HasSubstr("\"nan")));
  EXPECT_THAT(report_terminal(plan, 80, false), HasSubstr("over budget"));
  EXPECT_THAT(report_html(Plan{}, {}), HasSubstr("7 Verification Steps"));
}

TEST(Report, the_diagram_is_ascii_and_fits) {
  for (const auto& [name, plan] : test::sample_plans()) {
    const std::string text = report_terminal(plan, 80, false);
    const std::size_t from = text.find("3 Stack Architecture"), to = text.find("4 Deployment Config");
    for (const auto& line : lines_of(text.substr(from, to - from)))
      if (!line.empty() && (line[0] == '+' || line[0] == '|')) {
        EXPECT_LE(line.size(), 78u);
        for (const char c : line) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << line;
      }
  }
}

}  // namespace
}  // namespace hearth
