#include "pipeline/graph_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace hearth {
namespace {

// Pixels.
constexpr int kBoxWidth = 190;
constexpr int kBoxHeight = 108;
constexpr int kGapX = 96;
constexpr int kGapY = 28;
constexpr int kMargin = 24;

constexpr const char* kStyle = R"(body{font:14px/1.4 system-ui,sans-serif;margin:24px;color:#1c2430;background:#fff}
svg{max-width:100%;height:auto}rect{fill:#f4f7fb;stroke:#5b7aa6;rx:8}.id{font-weight:600}.small{font-size:12px;fill:#47566b}
.hot rect{stroke:#c2410c;stroke-width:2.5}path{stroke:#8aa0bf;fill:none;stroke-width:2}.flow{font-size:11px;fill:#5b7aa6}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#e6ebf2}rect{fill:#1b2230}text{fill:#e6ebf2}.small{fill:#a9b6c9}})";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

struct Place {
  int x = 0;
  int y = 0;
};

// Column: how far from the source; row: first free one of the column, not above the stage that feeds it.
std::vector<Place> places_of(const PipelineGraph& graph) {
  std::vector<Place> places;
  std::vector<int> columns;
  std::vector<int> next_row(graph.stages.size() + 1, 0);
  for (const StageSpec& stage : graph.stages) {
    const int column = stage.from ? columns[*stage.from] + 1 : 0;
    columns.push_back(column);
    const int row = next_row[static_cast<std::size_t>(column)]++;
    places.push_back({kMargin + column * (kBoxWidth + kGapX), kMargin + row * (kBoxHeight + kGapY)});
  }
  return places;
}

std::string box(const StageSpec& spec, const StageFigures& figures, const Place& place, bool hottest) {
  const auto line = [&](int row, const char* style, const std::string& text) {
    return fmt::format(R"(<text class="{}" x="{}" y="{}">{}</text>)", style, place.x + 10, place.y + 20 + row * 17,
                       escaped(text));
  };
  std::string out = fmt::format(R"(<g{}><rect x="{}" y="{}" width="{}" height="{}"/>)",
                                hottest ? R"( class="hot")" : "", place.x, place.y, kBoxWidth, kBoxHeight);
  out += line(0, "id", spec.id);
  out += line(1, "small", figures.runs_on.empty() ? figures.kind : figures.kind + ", " + figures.runs_on);
  out += line(2, "small", fmt::format("{:.2f} ms p50, {:.2f} ms p95", figures.latency_p50_ms, figures.latency_p95_ms));
  out += line(3, "small", fmt::format("{} frames, {} failed", figures.frames, figures.failed));
  out += line(4, "small",
              figures.queue == 0 ? fmt::format("busy {:.0f} %", figures.busy_share * 100)
                                 : fmt::format("busy {:.0f} %, queue {}/{}, {} dropped", figures.busy_share * 100,
                                               figures.deepest, figures.queue, figures.dropped));
  return out + "</g>";
}

std::string link(const Place& from, const Place& to, FlowType flow) {
  const int x0 = from.x + kBoxWidth;
  const int y0 = from.y + kBoxHeight / 2;
  const int y1 = to.y + kBoxHeight / 2;
  const int middle = (x0 + to.x) / 2;
  return fmt::format(
      R"x(<path marker-end="url(#tip)" d="M{} {}C{} {} {} {} {} {}"/><text class="flow" x="{}" y="{}">{}</text>)x", x0,
      y0, middle, y0, middle, y1, to.x - 2, y1, x0 + 12, (y0 + y1) / 2 - 6, flow_type_name(flow));
}

}  // namespace

std::string pipeline_html(const PipelineGraph& graph, const PipelineFigures& figures) {
  const auto places = places_of(graph);
  int width = 0;
  int height = 0;
  for (const Place& place : places) {
    width = std::max(width, place.x + kBoxWidth + kMargin);
    height = std::max(height, place.y + kBoxHeight + kMargin);
  }
  std::size_t hottest = 0;
  for (std::size_t i = 0; i < figures.stages.size(); ++i)
    if (figures.stages[i].busy_share > figures.stages[hottest].busy_share) hottest = i;
  std::string drawing;
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const StageSpec& stage = graph.stages[i];
    if (stage.from) drawing += link(places[*stage.from], places[i], graph.flow_into(stage));
    drawing += box(stage, figures.stages[i], places[i], i == hottest);
  }
  return fmt::format(
      R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{0}</title><style>{1}</style></head><body>
<h1>{0}</h1><p>{2}</p>
<p>{3} frames in {4:.2f} s, {5:.1f} FPS, {6} failed. The stage with the bold edge was busy the longest.</p>
<svg viewBox="0 0 {7} {8}" width="{7}" height="{8}" role="img" aria-label="stages of the pipeline"><defs><marker id="tip"
viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"
style="fill:#8aa0bf;stroke:none"/></marker></defs>{9}</svg></body></html>
)",
      escaped(graph.name), kStyle, escaped(graph.description), figures.frames, figures.wall_s, figures.fps(),
      figures.failed, width, height, drawing);
}

}  // namespace hearth
