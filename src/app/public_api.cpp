// libhearth: the public interface over the same parts that the commands use.
#include "app/hearth_app.h"
#include "app/text_session.h"
#include "hearth/hearth.h"

namespace hearth {
namespace {

Answer to_answer(GenerationResult&& result) {
  Answer answer;
  answer.text = std::move(result.text);
  answer.finish_reason = to_string(result.finish);
  answer.prompt_tokens = result.metrics.prompt_tokens;
  answer.completion_tokens = result.metrics.completion_tokens;
  answer.ttft_ms = result.metrics.ttft_ms;
  answer.decode_tok_s = result.metrics.decode_tok_s();
  return answer;
}

GenerationRequest to_request(const AnswerOptions& options) {
  GenerationRequest request;
  request.max_tokens = options.max_tokens;
  request.sampling.temperature = options.temperature;
  request.sampling.seed = options.seed;
  return request;
}

TokenCallback to_callback(const OnText& on_text) {
  if (!on_text) return {};
  return [&on_text](const TokenEvent& event) { return event.text.empty() || on_text(event.text); };
}

}  // namespace

const char* library_version() { return build_version(); }

struct TextModelSession::State {
  std::unique_ptr<HearthApp> app;
  std::unique_ptr<TextSession> session;
};

TextModelSession::TextModelSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextModelSession::~TextModelSession() = default;

Result<std::unique_ptr<TextModelSession>> TextModelSession::open(const OpenOptions& options) {
  Environment environment = Environment::read();
  if (!options.home.empty()) environment.paths.hearth_home = options.home;
  Installation installation = Installation::below(options.prefix);
  if (options.prefix.empty()) {
    HEARTH_ASSIGN(located, Installation::locate());
    installation = std::move(located);
  }
  auto state = std::make_unique<State>();
  HEARTH_ASSIGN(app, HearthApp::create(environment, installation, LogLevel::kError));
  state->app = std::move(app);
  TextSessionOptions session_options;
  session_options.model = options.model;
  session_options.text.n_ctx = options.context_length;
  session_options.load.n_threads = options.n_threads;
  session_options.transport = options.isolated ? TransportChoice::kAuto : TransportChoice::kInProcess;
  HEARTH_ASSIGN(session, TextSession::open(state->app->session_host(), session_options, {}));
  state->session = std::move(session);
  return std::unique_ptr<TextModelSession>(new TextModelSession(std::move(state)));
}

Result<Answer> TextModelSession::chat(const std::vector<Turn>& conversation, const AnswerOptions& options,
                                      const OnText& on_text) {
  std::vector<ChatMessage> messages;
  for (const auto& turn : conversation) messages.push_back({turn.role, turn.content});
  HEARTH_ASSIGN(result, state_->session->chat(messages, to_request(options), to_callback(on_text)));
  return to_answer(std::move(result));
}

Result<Answer> TextModelSession::complete(const std::string& text, const AnswerOptions& options,
                                          const OnText& on_text) {
  HEARTH_ASSIGN(result, state_->session->complete(text, to_request(options), to_callback(on_text)));
  return to_answer(std::move(result));
}

}  // namespace hearth
