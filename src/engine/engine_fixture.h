// An engine over fake models for tests: listeners that remember, models by
// script.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/runtime_fixture.h"
#include "engine/text_engine.h"

namespace hearth {

// Keeps everything it is told; wait() returns when the request is over.
class RecordingListener final : public TextListener {
 public:
  void on_accepted(const TextAccepted& accepted) override {
    const std::lock_guard lock(gate_);
    accepted_.push_back(accepted);
    changed_.notify_all();
  }
  void on_delta(TextDelta delta) override {
    const std::lock_guard lock(gate_);
    for (const auto& event : delta.events) outputs_[delta.choice].add(event);
    auto& said = tokens_[delta.choice];
    said.insert(said.end(), delta.tokens.begin(), delta.tokens.end());
    for (auto& entry : delta.logprobs) logprobs_[delta.choice].push_back(std::move(entry));
    changed_.notify_all();
  }
  void on_choice_end(const ChoiceEnd& end) override {
    const std::lock_guard lock(gate_);
    ends_[end.choice] = end;
  }
  void on_end(const TextEnd& end) override {
    const std::lock_guard lock(gate_);
    end_ = end;
    over_ = true;
    changed_.notify_all();
  }
  void on_error(const Error& error) override {
    const std::lock_guard lock(gate_);
    error_ = error;
    over_ = true;
    changed_.notify_all();
  }

  [[nodiscard]] bool wait(double at_most_s = 20) {
    std::unique_lock lock(gate_);
    return changed_.wait_for(lock, std::chrono::duration<double>(at_most_s), [this] { return over_; });
  }
  [[nodiscard]] bool wait_for_tokens(std::size_t n, double at_most_s = 20) {
    std::unique_lock lock(gate_);
    return changed_.wait_for(lock, std::chrono::duration<double>(at_most_s),
                             [&] { return over_ || tokens_[0].size() >= n; });
  }
  // After wait(): what came.
  [[nodiscard]] const std::string& text(std::uint32_t choice = 0) { return outputs_[choice].content; }
  [[nodiscard]] const ParsedOutput& output(std::uint32_t choice = 0) { return outputs_[choice]; }
  [[nodiscard]] const std::vector<Token>& tokens(std::uint32_t choice = 0) { return tokens_[choice]; }
  [[nodiscard]] const std::vector<TokenLogprobs>& logprobs(std::uint32_t choice = 0) { return logprobs_[choice]; }
  [[nodiscard]] const ChoiceEnd& choice_end(std::uint32_t choice = 0) { return ends_[choice]; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const TextEnd& end() const { return end_; }
  [[nodiscard]] const std::vector<TextAccepted>& accepted() const { return accepted_; }
  [[nodiscard]] bool over() {
    const std::lock_guard lock(gate_);
    return over_;
  }

 private:
  std::mutex gate_;
  std::condition_variable changed_;
  bool over_ = false;
  std::vector<TextAccepted> accepted_;
  std::map<std::uint32_t, ParsedOutput> outputs_;
  std::map<std::uint32_t, std::vector<Token>> tokens_;
  std::map<std::uint32_t, std::vector<TokenLogprobs>> logprobs_;
  std::map<std::uint32_t, ChoiceEnd> ends_;
  std::optional<Error> error_;
  TextEnd end_;
};

// Models made of scripts, each taking as much memory as it is said to.
class ScriptedProvider final : public ModelProvider {
 public:
  struct Offer {
    std::string script;
    std::uint32_t slots = 4;
    std::uint32_t context_length = 1024;
    std::uint32_t first_cells = 2048;
    std::uint64_t bytes = 1000;
    std::uint64_t ram_bytes = 0;
    std::uint64_t second_context_bytes = 500;
    std::map<std::string, std::filesystem::path> adapters{};
    bool recurrent = false;
  };
  explicit ScriptedProvider(TestRuntimes& runtimes) : runtimes_(runtimes) {}
  void offer(const std::string& name, Offer offer) { offers_[name] = std::move(offer); }

  [[nodiscard]] std::vector<ModelFacts> models() const override {
    std::vector<ModelFacts> facts;
    for (const auto& [name, offer] : offers_) {
      facts.emplace_back();
      facts.back().name = name;
      facts.back().aliases = {name + "-alias"};
    }
    return facts;
  }
  [[nodiscard]] Result<ModelNeed> need(const std::string& name) override {
    ModelNeed need;
    need.steady = {{"ram", offers_.at(name).bytes}};
    return need;
  }
  [[nodiscard]] Result<BytesByPool> need_with_cells(const std::string& name, std::uint64_t cells) override {
    return BytesByPool{{"ram", offers_.at(name).bytes + cells - offers_.at(name).first_cells}};
  }
  [[nodiscard]] Result<BytesByPool> need_of_context(const std::string& name, const TextOptions&) override {
    return BytesByPool{{"ram", offers_.at(name).second_context_bytes}};
  }
  [[nodiscard]] Result<OpenedTextModel> open(const std::string& name, const CallBounds&) override {
    const Offer& offer = offers_.at(name);
    OpenedTextModel opened;
    opened.facts.name = name;
    opened.model = runtimes_.fake(offer.script);
    opened.options.n_ctx = offer.first_cells;
    opened.options.n_batch = 256;
    opened.slots = offer.slots;
    opened.idle_slots = offer.recurrent ? 0 : 4;
    opened.context_length = offer.context_length;
    opened.cells_max = std::uint64_t{offer.slots} * offer.context_length;
    if (auto own = opened.model->metadata("tokenizer.chat_template")) opened.template_source = *own;
    opened.identity = name + offer.script;
    opened.adapters = offer.adapters;
    opened.kv_ram_bytes = offer.ram_bytes;
    ++loads_[name];
    return opened;
  }
  // Models answer on threads of their own.
  void answered(const std::string& name) override {
    const std::lock_guard lock(answers_gate_);
    ++answered_[name];
  }

  std::map<std::string, int> loads_;
  std::map<std::string, int> answered_;

 private:
  std::mutex answers_gate_;
  TestRuntimes& runtimes_;
  std::map<std::string, Offer> offers_;
};

class EngineTest : public testing::Test {
 protected:
  TextEngine& engine() {
    if (!engine_) {
      options_.capacities.try_emplace("ram", 1'000'000);
      engine_ = std::make_unique<TextEngine>(options_, TextEnginePorts{provider_, clock_, metrics_, logger_});
    }
    return *engine_;
  }
  [[nodiscard]] static TextRequest text(const std::string& model, const std::string& prompt,
                                        std::uint32_t max_tokens = 0) {
    TextRequest request;
    request.model = model;
    request.prompt = PlainPrompt{prompt};
    request.max_tokens = max_tokens;
    request.parse_output = false;
    request.sampling.temperature = 0;
    return request;
  }
  [[nodiscard]] static TextRequest chat(const std::string& model, const std::string& words) {
    TextRequest request;
    request.model = model;
    PromptRequest prompt;
    prompt.messages.emplace_back();
    prompt.messages.back().role = "user";
    prompt.messages.back().content = words;
    request.prompt = std::move(prompt);
    request.sampling.temperature = 0;
    return request;
  }
  std::shared_ptr<RecordingListener> submit(TextRequest request) {
    auto listener = std::make_shared<RecordingListener>();
    last_id_ = engine().submit(std::move(request), listener);
    return listener;
  }
  std::shared_ptr<RecordingListener> answer(TextRequest request) {
    auto listener = submit(std::move(request));
    EXPECT_TRUE(listener->wait()) << "the request never ended";
    return listener;
  }

  TestRuntimes runtimes_;
  ScriptedProvider provider_{runtimes_};
  SystemClock clock_;
  MetricsRegistry metrics_;
  NullLogger logger_;
  TextEngineOptions options_;
  std::uint64_t last_id_ = 0;
  std::unique_ptr<TextEngine> engine_;
};

}  // namespace hearth
