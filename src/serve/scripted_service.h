// A TextService for tests: it remembers what was asked of it and plays the events a test wrote down.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <variant>

#include "engine/text_service.h"

namespace hearth::serve {

using ScriptEvent = std::variant<TextAccepted, TextDelta, ChoiceEnd, TextEnd, Error>;
using Script = std::vector<ScriptEvent>;

inline TextDelta content_delta(std::string text, std::uint32_t choice = 0, OutputKind kind = OutputKind::kContent) {
  TextDelta delta{.choice = choice, .tokens = {1}, .events = {}, .logprobs = {}};
  delta.events.push_back({.kind = kind, .text = std::move(text)});
  return delta;
}
inline TextEnd text_end(std::uint32_t prompt_tokens, std::uint32_t completion_tokens, std::uint32_t cached = 0) {
  TextEnd end;
  end.usage.prompt_tokens = prompt_tokens;
  end.usage.completion_tokens = completion_tokens;
  end.usage.cached_tokens[0] = cached;
  return end;
}
inline ChoiceEnd choice_end(FinishReason finish = FinishReason::kStop, std::uint32_t choice = 0) {
  return {.choice = choice, .finish = finish, .stop_matched = {}};
}
// Accepted, the pieces as content of choice 0, stop, end: 7 prompt tokens and one token a piece.
inline Script answer_script(const std::vector<std::string>& pieces) {
  Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 7, .notices = {}}};
  for (const std::string& piece : pieces) script.emplace_back(content_delta(piece));
  script.emplace_back(choice_end());
  script.emplace_back(text_end(7, static_cast<std::uint32_t>(pieces.size())));
  return script;
}

// Every byte is a token; a conversation is "role: content\n" lines.
class ScriptedKit final : public TextKit {
 public:
  ScriptedKit() { info_.n_vocab = 256; }
  [[nodiscard]] const TextInfo& info() const override { return info_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text, bool, bool) const override {
    std::vector<Token> tokens;
    for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
    return tokens;
  }
  [[nodiscard]] Result<std::string> detokenize(std::span<const Token> tokens, bool) const override {
    std::string text;
    for (const Token token : tokens) {
      if (token < 0 || token > 255) return fail(ErrorCode::kInvalidArgument, "a token is outside the vocabulary");
      text += static_cast<char>(token);
    }
    return text;
  }
  [[nodiscard]] Result<std::string> render(const PromptRequest& request) const override {
    std::string text;
    for (const ChatMessage& message : request.messages) {
      text += message.role + ": " + message.content;
      for (const ContentPart& part : message.parts) text += part.text;
      text += "\n";
    }
    return request.add_generation_prompt ? text + "assistant:" : text;
  }
  [[nodiscard]] Result<std::vector<Token>> prompt_tokens(const Prompt& prompt) const override {
    if (const auto* plain = std::get_if<PlainPrompt>(&prompt)) return tokenize(plain->text, true, true);
    if (const auto* tokens = std::get_if<std::vector<Token>>(&prompt)) return *tokens;
    HEARTH_ASSIGN(text, render(std::get<PromptRequest>(prompt)));
    return tokenize(text, true, true);
  }

 private:
  TextInfo info_;
};

// Thread-safe. Knows one model, "tiny" with the alias "small", unless told otherwise.
class ScriptedService final : public TextService {
 public:
  enum class Playing { kInSubmit, kOnThread, kByHand };

  explicit ScriptedService(Playing playing = Playing::kInSubmit) : playing_(playing) {
    ModelFacts facts;
    facts.name = "tiny";
    facts.aliases = {"small"};
    facts.created_unix = 1700000000;
    facts.context_length = 4096;
    models_.push_back(facts);
  }
  // Ends what plays on threads; the listeners are let go.
  ~ScriptedService() override {
    for (std::thread& thread : threads_) thread.join();
  }

  // One script for each submit(), in order; the last one is played again for all further ones.
  void will_play(Script script) { scripts_.push_back(std::move(script)); }
  void set_models(std::vector<ModelFacts> models) { models_ = std::move(models); }
  // Without it an embedding of n inputs is n vectors {index + 1, 0.5, -2}, and three prompt tokens each.
  void will_embed(Result<EmbeddingResult> result) { embedding_ = std::move(result); }
  void will_give_kit(Result<std::shared_ptr<const TextKit>> kit) { kit_ = std::move(kit); }

  [[nodiscard]] std::vector<TextRequest> requests() const { return locked(requests_); }
  [[nodiscard]] TextRequest last_request() const { return requests().back(); }
  [[nodiscard]] std::vector<EmbeddingRequest> embeddings() const { return locked(embeddings_); }
  [[nodiscard]] std::vector<std::uint64_t> cancelled() const { return locked(cancelled_); }
  [[nodiscard]] std::vector<std::string> adapter_calls() const { return locked(adapter_calls_); }

  // kByHand: up to `events` more of the request with this id (1, 2, ... in order of submission). False: it was over.
  bool play(std::uint64_t id, std::size_t events = 1) {
    for (std::size_t i = 0; i < events; ++i) {
      if (!step(id)) return false;
    }
    return true;
  }
  void play_all(std::uint64_t id) {
    while (step(id)) {
    }
  }

  std::uint64_t submit(TextRequest request, std::shared_ptr<TextListener> listener) override {
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = ++last_id_;
      requests_.push_back(std::move(request));
      runs_[id] = {.script = script_of(id), .listener = std::move(listener), .at = 0, .open = {}};
      if (playing_ == Playing::kOnThread) threads_.emplace_back([this, id] { play_all(id); });
    }
    if (playing_ == Playing::kInSubmit) play_all(id);
    return id;
  }
  void cancel(std::uint64_t id) override {
    const std::lock_guard lock(mutex_);
    cancelled_.push_back(id);
  }

  void embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) override {
    EmbeddingResult result{.model = "tiny", .embeddings = {}, .prompt_tokens = 0};
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      result.embeddings.push_back({static_cast<float>(i + 1), 0.5F, -2});
      result.prompt_tokens += 3;
    }
    {
      const std::lock_guard lock(mutex_);
      embeddings_.push_back(std::move(request));
    }
    done(embedding_ ? *embedding_ : Result<EmbeddingResult>(std::move(result)));
  }
  void with_kit(const std::string& name, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) override {
    if (auto found = model(name); !found) return done(fail(std::move(found).error()));
    done(kit_);
  }
  void load_adapter(const std::string& model, const std::string& name, const std::string& path,
                    std::function<void(Status)> done) override {
    note_adapter("load " + model + " " + name + " " + path);
    done({});
  }
  void unload_adapter(const std::string& model, const std::string& name, std::function<void(Status)> done) override {
    note_adapter("unload " + model + " " + name);
    done({});
  }

  [[nodiscard]] std::vector<ModelFacts> models() const override { return models_; }
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override {
    for (const ModelFacts& facts : models_) {
      if (facts.name == name || std::find(facts.aliases.begin(), facts.aliases.end(), name) != facts.aliases.end())
        return facts;
    }
    return fail(ErrorCode::kNotFound, "there is no model named '" + name + "'", "GET /v1/models lists them");
  }
  [[nodiscard]] EngineStatus status() const override {
    EngineStatus status;
    status.models = models_;
    return status;
  }

 private:
  struct Run {
    Script script;
    std::shared_ptr<TextListener> listener;
    std::size_t at = 0;
    std::set<std::uint32_t> open;  // choices that have begun and not ended
  };

  template <class T>
  T locked(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }
  void note_adapter(std::string call) {
    const std::lock_guard lock(mutex_);
    adapter_calls_.push_back(std::move(call));
  }

  [[nodiscard]] Script script_of(std::uint64_t id) const {
    return scripts_.empty() ? answer_script({"Hello", " world"}) : scripts_[std::min(id, scripts_.size()) - 1];
  }
  // Plays one event with no lock held; false when there was none.
  bool step(std::uint64_t id) {
    std::vector<ScriptEvent> events;
    std::shared_ptr<TextListener> listener;
    {
      const std::lock_guard lock(mutex_);
      const auto found = runs_.find(id);
      if (found == runs_.end()) return false;
      Run& run = found->second;
      listener = run.listener;
      if (std::find(cancelled_.begin(), cancelled_.end(), id) != cancelled_.end()) {
        for (const std::uint32_t choice : run.open) events.emplace_back(choice_end(FinishReason::kCancelled, choice));
        events.emplace_back(TextEnd{});
        runs_.erase(found);
      } else {
        events.push_back(run.script.at(run.at++));
        follow(run, events.back(), id);
        if (run.at == run.script.size()) runs_.erase(found);
      }
    }
    for (ScriptEvent& event : events) tell(*listener, std::move(event));
    return true;
  }
  static void follow(Run& run, ScriptEvent& event, std::uint64_t id) {
    if (auto* accepted = std::get_if<TextAccepted>(&event)) accepted->id = id;
    if (const auto* delta = std::get_if<TextDelta>(&event)) run.open.insert(delta->choice);
    if (const auto* end = std::get_if<ChoiceEnd>(&event)) run.open.erase(end->choice);
  }
  static void tell(TextListener& listener, ScriptEvent event) {
    if (const auto* accepted = std::get_if<TextAccepted>(&event)) listener.on_accepted(*accepted);
    if (auto* delta = std::get_if<TextDelta>(&event)) listener.on_delta(std::move(*delta));
    if (const auto* choice = std::get_if<ChoiceEnd>(&event)) listener.on_choice_end(*choice);
    if (const auto* end = std::get_if<TextEnd>(&event)) listener.on_end(*end);
    if (const auto* error = std::get_if<Error>(&event)) listener.on_error(*error);
  }

  const Playing playing_;
  std::vector<ModelFacts> models_;
  std::vector<Script> scripts_;  // none: "Hello", " world"
  std::optional<Result<EmbeddingResult>> embedding_;
  // shared: as the service hands kits out
  Result<std::shared_ptr<const TextKit>> kit_{std::make_shared<const ScriptedKit>()};
  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Run> runs_;
  std::vector<TextRequest> requests_;
  std::vector<EmbeddingRequest> embeddings_;
  std::vector<std::uint64_t> cancelled_;
  std::vector<std::string> adapter_calls_;
  std::vector<std::thread> threads_;
};

}  // namespace hearth::serve
