#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "plan/plan_explanations.h"

namespace hearth {
namespace {

struct Line {
  PlanRejection rejection;
  int closeness = 0;
  double score = 0;
};

PlanRejection named(const TaskOptions& options, const CatalogModel& model, const CatalogPrecision* precision,
                    const ExecutionTarget* target) {
  PlanRejection out;
  out.task = options.spec.wish.task;
  out.model = model.id;
  if (precision) out.precision = precision->id;
  if (target) out.runtime = target->runtime->id;
  return out;
}

// What most separates a fitting option from the chosen one.
std::string behind(const Candidate& option, const Candidate& chosen) {
  const auto& a = option.points;
  const auto& b = chosen.points;
  const double quality = (b.quality - b.precision_loss) - (a.quality - a.precision_loss);
  const double speed = b.speed - a.speed;
  std::string why = quality >= speed ? fmt::format("weaker by {:.0f} points ({})", quality, a.quality_basis)
                                     : fmt::format("slower: {:.0f} points behind in speed", speed);
  if (std::max(quality, speed) < 1.0) why = "less proven on this class of device";
  return fmt::format("fits; ranked {:.1f} points behind {}: {}", chosen.score - option.score, chosen.model->name, why);
}

}  // namespace

std::vector<PlanRejection> rejections_of(const DecidedTask& task, std::size_t limit) {
  std::map<const CatalogModel*, Line> lines;
  for (const auto& option : task.options->of_models) {
    if (task.chosen && option.model == task.chosen->model) continue;
    auto& line = lines[option.model];
    if (line.closeness != 0 && line.score >= option.score) continue;
    line.rejection = named(*task.options, *option.model, option.precision, option.target);
    line.closeness = 100;
    line.score = option.score;
    line.rejection.reason = task.chosen ? behind(option, *task.chosen) : "fits alone, but not beside the other tasks";
    line.rejection.needed_bytes = task.chosen ? 0 : option.memory.total();
  }
  for (const auto& [model, found] : task.options->missed) {
    if (lines.contains(model) || (task.chosen && task.chosen->model == model)) continue;
    auto& line = lines[model];
    line.rejection = named(*task.options, *model, found.precision, found.target);
    line.closeness = found.closeness;
    line.rejection.reason =
        found.closeness < 0 ? "no runtime for this machine reads a format it is published in at an allowed precision"
                            : found.reason;
    line.rejection.needed_bytes = found.needed_bytes;
  }
  std::vector<Line> sorted;
  for (auto& [model, line] : lines) sorted.push_back(std::move(line));
  std::sort(sorted.begin(), sorted.end(), [](const Line& a, const Line& b) {
    if (a.closeness != b.closeness) return a.closeness > b.closeness;
    if (a.score != b.score) return a.score > b.score;
    if (a.rejection.needed_bytes != b.rejection.needed_bytes)
      return a.rejection.needed_bytes < b.rejection.needed_bytes;
    return a.rejection.model < b.rejection.model;
  });
  std::vector<PlanRejection> out;
  for (auto& line : sorted) {
    if (out.size() >= limit) break;
    out.push_back(std::move(line.rejection));
  }
  return out;
}

}  // namespace hearth
