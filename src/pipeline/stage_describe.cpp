#include "pipeline/stage_describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

namespace hearth {
namespace {

constexpr const char* kPrompt = "A camera sees {seen}. Describe the picture in one sentence.";
constexpr std::size_t kSeenMax = 2000;  // characters: a prompt stays a prompt when a picture shows hundreds of things

// Collects one answer's text.
class AnswerListener final : public TextListener {
 public:
  void on_delta(TextDelta delta) override {
    const std::lock_guard lock(gate_);
    for (const auto& event : delta.events) output_.add(event);
  }
  void on_choice_end(const ChoiceEnd&) override {}
  void on_end(const TextEnd&) override { finish({}); }
  void on_error(const Error& error) override { finish(fail(error)); }

  Result<std::string> wait(TextService& text, std::uint64_t id, const CallBounds& bounds) {
    std::unique_lock lock(gate_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(50), [this] { return status_.has_value(); })) {
      const bool late = bounds.deadline && std::chrono::steady_clock::now() > *bounds.deadline;
      if (!late && (bounds.cancel == nullptr || !bounds.cancel->requested())) continue;
      lock.unlock();
      text.cancel(id);
      lock.lock();
    }
    if (!*status_) return fail(status_->error());
    return output_.content;
  }

 private:
  void finish(Status status) {
    const std::lock_guard lock(gate_);
    status_ = std::move(status);
    changed_.notify_all();
  }
  std::mutex gate_;
  std::condition_variable changed_;
  ParsedOutput output_;
  std::optional<Status> status_;
};

class DescribeStage final : public Stage {
 public:
  DescribeStage(TextService& text, std::string model, std::string prompt, std::uint32_t max_tokens,
                const CallBounds& bounds)
      : text_(text), model_(std::move(model)), prompt_(std::move(prompt)), max_tokens_(max_tokens), bounds_(bounds) {}

  [[nodiscard]] Status work(Frame& frame) override {
    TextRequest request;
    request.model = model_;
    request.max_tokens = max_tokens_;
    request.sampling.temperature = 0;
    PromptRequest prompt;
    prompt.messages.emplace_back();
    prompt.messages.back().role = "user";
    prompt.messages.back().content = filled(frame);
    request.prompt = std::move(prompt);
    const auto listener = std::make_shared<AnswerListener>();
    const auto id = text_.submit(std::move(request), listener);
    HEARTH_ASSIGN(answer, listener->wait(text_, id, bounds_));
    frame.text = std::move(answer);
    return {};
  }
  [[nodiscard]] std::string runs_on() const override {
    const auto facts = text_.model(model_);
    return facts ? facts->runtime : std::string();
  }

 private:
  [[nodiscard]] std::string filled(const Frame& frame) const {
    std::string out = prompt_;
    const auto at = out.find("{seen}");
    if (at != std::string::npos) out.replace(at, 6, seen_text(frame));
    return out;
  }

  TextService& text_;
  std::string model_;
  std::string prompt_;
  std::uint32_t max_tokens_;
  CallBounds bounds_;
};

}  // namespace

std::string seen_text(const Frame& frame) {
  std::map<std::string, int> counts;
  if (frame.detector != nullptr)
    for (const Detection& object : frame.detections.objects) ++counts[frame.detector->vision.label(object.class_id)];
  std::string out;
  const auto add = [&out](const std::string& part) {
    if (out.size() + part.size() < kSeenMax) out += (out.empty() ? "" : ", ") + part;
  };
  for (const auto& [label, n] : counts) add(fmt::format("{} {}", n, label));
  for (std::size_t i = 0; i < frame.n_parts; ++i)
    if (!frame.parts[i].classes.empty()) add(frame.classifier->vision.label(frame.parts[i].classes.front().class_id));
  return out.empty() ? "nothing that it knows" : out;
}

Result<std::unique_ptr<Stage>> make_describe_stage(const StageSpec& spec, TextService& text, const std::string& model,
                                                   const CallBounds& bounds) {
  HEARTH_ASSIGN(facts, text.model(model));
  const auto prompt = spec.texts.find("prompt");
  const auto tokens = spec.numbers.find("max_tokens");
  return std::unique_ptr<Stage>(std::make_unique<DescribeStage>(
      text, facts.name, prompt == spec.texts.end() ? kPrompt : prompt->second,
      tokens == spec.numbers.end() ? 64U : static_cast<std::uint32_t>(std::clamp(tokens->second, 1.0, 4096.0)),
      bounds));
}

}  // namespace hearth
