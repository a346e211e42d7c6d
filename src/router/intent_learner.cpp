#include "router/intent_learner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace hearth {
namespace {

// The most of the remembered rows that may be lost. Source: our choice; the same bound as between two training seeds.
constexpr double kForgottenShareMax = 0.02;

struct TrainingRow {
  IntentHiddenLayer hidden;
  std::size_t intent;
  float weight;  // of its loss; all weights sum to 1
};

std::vector<TrainingRow> example_rows(const IntentModel& model, std::span<const IntentExample> examples) {
  std::vector<TrainingRow> rows;
  rows.reserve(examples.size());
  for (const auto& example : examples) {
    TrainingRow row{{}, static_cast<std::size_t>(example.intent), 0};
    const auto features_n_chars = example.request.n_chars != 0 ? example.request.n_chars : example.request.text.size();
    model.read_hidden(example.request, features_n_chars, row.hidden);
    rows.push_back(row);
  }
  return rows;
}

std::vector<TrainingRow> replay_rows(const IntentWeights& weights) {
  std::vector<TrainingRow> rows(weights.replay_count());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto replay = weights.replay(i);
    rows[i].intent = static_cast<std::size_t>(replay.intent);
    for (std::size_t h = 0; h < kIntentHidden; ++h)
      rows[i].hidden[h] = static_cast<float>(replay.hidden[h]) * weights.replay_step();
  }
  return rows;
}

std::size_t count_right(const IntentHead& head, std::span<const TrainingRow> rows) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const TrainingRow& row) {
    const auto logits = logits_of(head, row.hidden);
    return std::max_element(logits.begin(), logits.begin() + kIntentCount) - logits.begin() ==
           static_cast<std::ptrdiff_t>(row.intent);
  }));
}

// Gradient of the weighted cross-entropy and of the pull back to `origin`, over all rows. The heads beside the intent
// stay as they are: examples say nothing about them.
class HeadGradient {
 public:
  HeadGradient(const IntentHead& origin, float temperature, float keep)
      : origin_(origin), temperature_(temperature), keep_(keep) {}

  void compute(const IntentHead& head, std::span<const TrainingRow> rows, IntentHead& out) const {
    for (std::size_t o = 0; o < kIntentCount; ++o) {
      out.bias[o] = 0;
      for (std::size_t h = 0; h < kIntentHidden; ++h)
        out.weight[o][h] = keep_ * (head.weight[o][h] - origin_.weight[o][h]);
    }
    for (const auto& row : rows) add_row(head, row, out);
  }

 private:
  void add_row(const IntentHead& head, const TrainingRow& row, IntentHead& out) const {
    auto p = logits_of(head, row.hidden);
    const float highest = *std::max_element(p.begin(), p.begin() + kIntentCount);
    float total = 0;
    for (std::size_t o = 0; o < kIntentCount; ++o) total += p[o] = std::exp((p[o] - highest) / temperature_);
    for (std::size_t o = 0; o < kIntentCount; ++o) {
      const float slope = (p[o] / total - (o == row.intent ? 1.0F : 0.0F)) * row.weight / temperature_;
      out.bias[o] += slope;
      for (std::size_t h = 0; h < kIntentHidden; ++h) out.weight[o][h] += slope * row.hidden[h];
    }
  }

  const IntentHead& origin_;
  float temperature_;
  float keep_;
};

// Adam over the intent rows of a head. Source: Kingma and Ba, "Adam" (ICLR 2015), algorithm 1 with its default betas.
class AdamHead {
 public:
  explicit AdamHead(float step) : step_(step) {}
  void apply(const IntentHead& gradient, IntentHead& head) {
    ++t_;
    const float fix1 = 1 - std::pow(kBeta1, static_cast<float>(t_));
    const float fix2 = 1 - std::pow(kBeta2, static_cast<float>(t_));
    const auto move = [&](float g, float& m, float& v, float& w) {
      m = kBeta1 * m + (1 - kBeta1) * g;
      v = kBeta2 * v + (1 - kBeta2) * g * g;
      w -= step_ * (m / fix1) / (std::sqrt(v / fix2) + 1e-8F);
    };
    for (std::size_t o = 0; o < kIntentCount; ++o) {
      move(gradient.bias[o], mean_.bias[o], square_.bias[o], head.bias[o]);
      for (std::size_t h = 0; h < kIntentHidden; ++h)
        move(gradient.weight[o][h], mean_.weight[o][h], square_.weight[o][h], head.weight[o][h]);
    }
  }

 private:
  static constexpr float kBeta1 = 0.9F;
  static constexpr float kBeta2 = 0.999F;
  float step_;
  int t_ = 0;
  IntentHead mean_, square_;
};

float moved_share(const IntentHead& before, const IntentHead& after) {
  double change = 0;
  double size = 0;
  for (std::size_t o = 0; o < kIntentCount; ++o) {
    for (std::size_t h = 0; h < kIntentHidden; ++h) {
      const double d = after.weight[o][h] - before.weight[o][h];
      change += d * d;
      size += static_cast<double>(before.weight[o][h]) * before.weight[o][h];
    }
  }
  return static_cast<float>(std::sqrt(change / std::max(size, 1e-12)));
}

void share_weights(std::vector<TrainingRow>& rows, float total) {
  for (auto& row : rows) row.weight = total / static_cast<float>(rows.size());
}

Status check_forgetting(const LearnReport& report) {
  const auto bound = static_cast<double>(report.n_replay) * kForgottenShareMax;
  if (static_cast<double>(report.replay_before) - static_cast<double>(report.replay_after) <= bound) return {};
  return fail(ErrorCode::kVerificationFailed,
              "learning these examples would make " + std::to_string(report.replay_before - report.replay_after) +
                  " of " + std::to_string(report.n_replay) + " remembered requests wrong; nothing was changed",
              "see that the labels are right, and give several examples of each thing you want told apart");
}

}  // namespace

Result<LearnedHead> learn_head(const IntentModel& model, std::span<const IntentExample> examples,
                               const LearnOptions& options) {
  if (examples.empty())
    return fail(ErrorCode::kInvalidArgument, "there is no example to learn from",
                "give a file with one JSON object a line: {\"text\": \"...\", \"label\": \"code\"}");
  auto rows = example_rows(model, examples);
  auto replay = replay_rows(model.weights());
  LearnedHead learned{model.head(), {}};
  auto& report = learned.report;
  report.n_examples = rows.size();
  report.n_replay = replay.size();
  report.right_before = count_right(learned.head, rows);
  report.replay_before = count_right(learned.head, replay);
  share_weights(rows, replay.empty() ? 1.0F : options.example_share);
  if (!replay.empty()) share_weights(replay, 1 - options.example_share);
  const std::size_t n_own = rows.size();
  rows.insert(rows.end(), replay.begin(), replay.end());
  const HeadGradient gradient_of(model.head(), model.weights().temperature(), options.keep);
  AdamHead adam(options.step);
  IntentHead gradient;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    gradient_of.compute(learned.head, rows, gradient);
    adam.apply(gradient, learned.head);
  }
  const std::span<const TrainingRow> all(rows);
  report.right_after = count_right(learned.head, all.first(n_own));
  report.replay_after = count_right(learned.head, all.subspan(n_own));
  report.moved = moved_share(model.head(), learned.head);
  HEARTH_TRY(check_forgetting(report));
  return learned;
}

}  // namespace hearth
