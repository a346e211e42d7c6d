// What a report says, before it has a format. Texts are single clean lines (one_line); code is lines of such.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/plan.h"

namespace hearth {

struct ReportText {
  std::string text;
};

// Must be seen first: nothing serves a task, a limit is missed.
struct ReportNotice {
  std::string text;
};

struct ReportHeading {
  std::string text;
};

struct ReportList {
  std::vector<std::string> items;
};

struct ReportTable {
  std::string caption;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // each as long as the header; an empty cell is unknown or has no meaning
};

// Monospaced lines: the diagram.
struct ReportCode {
  std::string label;
  std::vector<std::string> lines;
};

struct ReportStep {
  std::string name, command, expect;
};

struct ReportSteps {
  std::vector<ReportStep> steps;
};

enum class ReportPlotKind { kMemory, kRoofline, kProjectedAndMeasured };

// Drawn in HTML; the tables around it hold its figures.
struct ReportPlot {
  ReportPlotKind kind;
};

using ReportBlock =
    std::variant<ReportText, ReportNotice, ReportHeading, ReportList, ReportTable, ReportCode, ReportSteps, ReportPlot>;
using ReportBlocks = std::vector<ReportBlock>;

struct ReportSection {
  std::string title;
  ReportBlocks blocks;
};

struct ReportDocument {
  std::string title;
  ReportBlocks opening;
  std::vector<ReportSection> sections;
};

[[nodiscard]] ReportDocument report_document(const Plan& plan);
[[nodiscard]] ReportDocument summary_document(const Plan& plan);  // one screen of it

// The sections' contents, one source each.
[[nodiscard]] ReportBlocks ways_out_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks understanding_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks hardware_audit_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks model_recommendation_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks stack_architecture_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks deployment_config_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks performance_projection_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks risk_register_blocks(const Plan& plan);
[[nodiscard]] ReportBlocks verification_blocks(const Plan& plan);

// Other ways with their figures.
[[nodiscard]] ReportTable alternatives_table(const std::string& caption,
                                             const std::vector<const PlanAlternative*>& alternatives);

// `table` without the columns that are empty in every row.
[[nodiscard]] ReportTable without_empty_columns(ReportTable table);

}  // namespace hearth
