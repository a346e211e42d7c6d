// A language model's answer on its way from the engine's thread to the one that speaks it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "engine/text_request.h"

namespace hearth::serve {

// Internally locked. Holds what was not asked for yet, which the request's max_tokens bounds.
class RealtimeTokens final : public TextListener {
 public:
  void on_delta(TextDelta delta) override {
    const std::lock_guard lock(gate_);
    for (const auto& event : delta.events)
      if (event.kind == OutputKind::kContent) text_ += event.text;
    changed_.notify_all();
  }
  void on_choice_end(const ChoiceEnd& end) override {
    const std::lock_guard lock(gate_);
    finish_ = end.finish;
  }
  void on_end(const TextEnd& end) override {
    const std::lock_guard lock(gate_);
    usage_ = end.usage;
    over_ = true;
    changed_.notify_all();
  }
  void on_error(const Error& error) override {
    const std::lock_guard lock(gate_);
    error_ = error;
    over_ = true;
    changed_.notify_all();
  }

  // Nobody wants more: next() gives nothing from now on.
  void stop() {
    const std::lock_guard lock(gate_);
    stopped_ = true;
    changed_.notify_all();
  }
  // What came since the last call; blocks until something did. Absent: it is over, or was stopped.
  [[nodiscard]] std::optional<std::string> next() {
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return stopped_ || over_ || !text_.empty(); });
    if (stopped_ || text_.empty()) return std::nullopt;
    return std::exchange(text_, {});
  }

  struct End {
    FinishReason finish = FinishReason::kNone;
    TextUsage usage;
    std::optional<Error> error;
  };
  [[nodiscard]] End end() const {
    const std::lock_guard lock(gate_);
    return {finish_, usage_, error_};
  }

 private:
  mutable std::mutex gate_;  // of all below
  std::condition_variable changed_;
  std::string text_;
  FinishReason finish_ = FinishReason::kNone;
  TextUsage usage_;
  std::optional<Error> error_;
  bool over_ = false;
  bool stopped_ = false;
};

}  // namespace hearth::serve
