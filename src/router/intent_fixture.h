// The released weights and texts with what the Python reference computes for them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "router/intent_model.h"
#include "support/paths.h"

namespace hearth::test {

inline std::string file_text(const std::string& name) {
  std::ifstream file(test::source_dir().string() + "/data/router/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The bytes of intent.bin; read once.
inline const std::string& weight_bytes() {
  static const std::string kBytes = file_text("intent.bin");
  return kBytes;
}

inline IntentModel released_model() {
  auto weights = IntentWeights::open(std::as_bytes(std::span(weight_bytes())));
  if (!weights) ADD_FAILURE() << to_string(weights.error());
  return IntentModel(std::move(weights).value());
}

struct ParityRow {
  std::string text;
  std::vector<RouteAttachment> attachments;
  RouteRequest request;
  std::vector<float> hidden, outputs;
};

// One row of parity.jsonl a line, in its order.
inline std::vector<ParityRow> parity_rows() {
  std::vector<ParityRow> rows;
  std::ifstream file(test::source_dir().string() + "/data/router/parity.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    auto& row = rows.emplace_back();
    row.text = json["text"].get<std::string>();
    const auto flags = json["flags"].get<std::array<int, 3>>();
    if (flags[0] != 0) row.attachments.push_back({AttachmentKind::kImage, false, 0});
    if (flags[1] != 0) row.attachments.push_back({AttachmentKind::kAudio, false, 0});
    row.request.has_tools = flags[2] != 0;
    row.hidden = json["hidden"].get<std::vector<float>>();
    row.outputs = json["outputs"].get<std::vector<float>>();
  }
  for (auto& row : rows) {
    row.request.text = row.text;
    row.request.attachments = row.attachments;
  }
  return rows;
}

}  // namespace hearth::test
