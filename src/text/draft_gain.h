// Whether drafting tokens pays for one request, measured while it runs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth {

// What drafting did for one request.
struct DraftFacts {
  std::uint64_t drafts = 0;    // steps with a draft
  std::uint64_t drafted = 0;   // tokens
  std::uint64_t accepted = 0;  // tokens of them
  std::uint64_t pauses = 0;    // times it was switched off
  [[nodiscard]] double acceptance() const {
    return drafted == 0 ? 0 : static_cast<double>(accepted) / static_cast<double>(drafted);
  }
};

struct DraftGainOptions {
  // A step over 1 + n tokens takes 1 + n * cost times as long as over one; measured by the engine, see set_cost().
  double cost_per_token = 0.05;
  std::size_t trial_steps = 8;   // drafts before the gain is judged, and again after each pause
  std::size_t pause_steps = 64;  // steps without drafts once they lost; doubles each time they lose again
};

// Externally synchronised.
class DraftGain {
 public:
  explicit DraftGain(const DraftGainOptions& options) : options_(options), next_pause_(options.pause_steps) {}

  // To be asked once a step, before drafting: false while drafts are switched off.
  [[nodiscard]] bool may_draft();
  // The model agreed with `accepted` of `drafted` tokens. `spent`: what making the draft took, in steps of one token.
  void report(std::size_t drafted, std::size_t accepted, double spent = 0);

  void set_cost(double cost_per_token) { options_.cost_per_token = cost_per_token; }
  [[nodiscard]] const DraftFacts& facts() const { return facts_; }
  [[nodiscard]] bool is_paused() const { return paused_steps_ > 0; }

 private:
  void judge();

  DraftGainOptions options_;
  DraftFacts facts_;
  double gain_ = 0;  // steps saved minus steps' worth of added cost since the trial began
  std::size_t trial_ = 0;
  std::size_t paused_steps_ = 0;
  std::size_t next_pause_ = 0;
};

}  // namespace hearth
