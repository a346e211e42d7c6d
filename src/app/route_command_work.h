// What `hearth route` does, without the terminal.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/hearth_app.h"
#include "domain/route.h"
#include "hearth/result.h"

namespace hearth {

struct RouteOrder {
  std::string text;  // "-": standard input
  std::vector<std::string> images, audio;
  bool audio_wanted = false, has_tools = false, has_json_schema = false;
  std::uint32_t max_tokens = 0;
  SecurityLevel security = SecurityLevel::kOpen;
  QualityWish quality = QualityWish::kUnsaid;
  std::uint32_t slo_ms = 0;
  std::string session;
  std::string state_file;  // empty: this machine, now
  std::string plan;        // empty: the current one; none there: the usual set
  std::string policy = "default";
  bool learnt = true;  // the bandit has a say
};

// A document for programs and a text for people.
struct RouteAnswer {
  nlohmann::ordered_json document;
  std::string text;
  std::string notice;
};

// Errors: NotFound for a file, plan or policy that is not there; InvalidData for one that is none.
[[nodiscard]] Result<RouteAnswer> explain_route(HearthApp& app, const RouteOrder& order);

struct RoutedRows {
  std::size_t n_rows = 0;
  double p50_us = 0, p99_us = 0;
};
// Reads lines of {"text", "has_image", "has_audio", "has_tools", "n_chars"}; writes them with intent, confidence,
// abstained, stage, degrade_ok, target and latency_us added. InvalidData names the line.
[[nodiscard]] Result<RoutedRows> route_rows(HearthApp& app, const RouteOrder& order, const std::string& rows,
                                            const std::string& out);

// Retrains the last layer of the intent model from lines of {"text", "label"} and keeps it below the home folder.
[[nodiscard]] Result<RouteAnswer> learn_examples(HearthApp& app, const std::string& file);
[[nodiscard]] Result<RouteAnswer> undo_learning(HearthApp& app);

[[nodiscard]] Result<RouteAnswer> route_report(HearthApp& app, const RouteOrder& order);

}  // namespace hearth
