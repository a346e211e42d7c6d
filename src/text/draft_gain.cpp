#include "text/draft_gain.h"

#include <algorithm>

namespace hearth {
namespace {

constexpr std::size_t kPauseMax = 4096;

}  // namespace

bool DraftGain::may_draft() {
  if (paused_steps_ == 0) return true;
  --paused_steps_;
  return false;
}

void DraftGain::report(std::size_t drafted, std::size_t accepted, double spent) {
  accepted = std::min(accepted, drafted);
  if (drafted > 0) ++facts_.drafts;
  facts_.drafted += drafted;
  facts_.accepted += accepted;
  gain_ += static_cast<double>(accepted) - options_.cost_per_token * static_cast<double>(drafted) - spent;
  if (++trial_ >= options_.trial_steps) judge();
}

void DraftGain::judge() {
  if (gain_ < 0) {
    ++facts_.pauses;
    paused_steps_ = next_pause_;
    next_pause_ = std::min(next_pause_ * 2, kPauseMax);
  } else {
    next_pause_ = options_.pause_steps;
  }
  gain_ = 0;
  trial_ = 0;
}

}  // namespace hearth
