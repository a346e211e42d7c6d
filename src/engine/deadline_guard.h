// Holds a request to its deadline although the model that computes it hangs.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "engine/text_request.h"

namespace hearth {

// Stands before a listener: nothing reaches that after its end or its error. Thread-safe.
class DeadlineGuard final : public TextListener {
 public:
  explicit DeadlineGuard(std::shared_ptr<TextListener> to) : to_(std::move(to)) {}

  void on_accepted(const TextAccepted& accepted) override {
    const std::lock_guard lock(gate_);
    if (!over_) to_->on_accepted(accepted);
  }
  void on_delta(TextDelta delta) override {
    const std::lock_guard lock(gate_);
    if (!over_) to_->on_delta(std::move(delta));
  }
  void on_choice_end(const ChoiceEnd& end) override {
    const std::lock_guard lock(gate_);
    if (!over_) to_->on_choice_end(end);
  }
  void on_end(const TextEnd& end) override {
    const std::lock_guard lock(gate_);
    if (!std::exchange(over_, true)) to_->on_end(end);
  }
  void on_error(const Error& error) override {
    const std::lock_guard lock(gate_);
    if (!std::exchange(over_, true)) to_->on_error(error);
  }

 private:
  const std::shared_ptr<TextListener> to_;  // shared with whoever asked
  std::mutex gate_;                         // also of the calls, so that none overtakes the end
  bool over_ = false;
};

}  // namespace hearth
