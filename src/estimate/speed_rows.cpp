#include "estimate/speed_rows.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "estimate/speed_text.h"

namespace hearth {
namespace {

constexpr std::array<std::string_view, 7> kAdded = {"pred_pp512_tps", "pred_pp512_low", "pred_pp512_high",
                                                    "pred_tg128_tps", "pred_tg128_low", "pred_tg128_high",
                                                    "pred_note"};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const auto end = text.find(by, at);
    out.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return out;
    at = end + 1;
  }
}

std::vector<std::string_view> split_lines(std::string_view text) {
  auto lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (auto& line : lines)
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return lines;
}

std::string format_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

// Cells of one line by the header's column names; empty where the column is absent.
class Cells {
 public:
  Cells(const std::vector<std::string_view>& header, const std::vector<std::string_view>& cells)
      : header_(header), cells_(cells) {}
  [[nodiscard]] std::string_view get(std::string_view name) const {
    // the last of equal names wins, as in the reference
    const auto it = std::find(header_.rbegin(), header_.rend(), name);
    return it == header_.rend() ? std::string_view{} : cells_[static_cast<std::size_t>(header_.rend() - it - 1)];
  }

 private:
  const std::vector<std::string_view>& header_;
  const std::vector<std::string_view>& cells_;
};

SpeedQuery read_query(const Cells& cells) {
  SpeedQuery q;
  q.device = cells.get("device");
  q.model = cells.get("model");
  q.quant = cells.get("quant");
  q.backend = cells.get("backend");
  q.bandwidth_GBps = positive_number(cells.get("memory_bandwidth_GBps"));
  q.params_B = positive_number(cells.get("n_params_B"));
  q.file_GiB = positive_number(cells.get("file_GiB"));
  return q;
}

void append_prediction(const SpeedPrediction& p, std::string& out) {
  for (const auto& estimate : {p.prefill, p.decode}) {
    if (!estimate) {
      out += "\t\t\t";
      continue;
    }
    for (double x : {estimate->value, estimate->low, estimate->high}) out += "\t" + format_number(x);
  }
  out += "\t" + p.note + "\n";
}

}  // namespace

Result<std::string> project_rows(const SpeedModel& model, std::string_view table) {
  const auto lines = split_lines(table);
  if (lines.empty()) {
    return fail(ErrorCode::kInvalidData,
                "The table of rows is empty: a header line with at least device, model, quant and backend is needed.");
  }
  const auto header = split(lines.front(), '\t');
  for (std::string_view name : {"device", "model", "quant", "backend"}) {
    if (std::find(header.begin(), header.end(), name) == header.end()) {
      return fail(ErrorCode::kInvalidData, "The table's header has no column '" + std::string(name) + "'.",
                  "Give a tab-separated table with the columns device, model, quant and backend.");
    }
  }
  std::string out(lines.front());
  for (std::string_view name : kAdded) out += "\t" + std::string(name);
  out += "\n";
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto cells = split(lines[i], '\t');
    cells.resize(header.size());
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) out += '\t';
      out += cells[c];
    }
    append_prediction(model.predict(read_query(Cells(header, cells))), out);
  }
  return out;
}

}  // namespace hearth
