#include "app/measured_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "app/server_client.h"
#include "formats/gguf.h"
#include "formats/gguf_shape.h"
#include "platform/process_memory.h"

namespace hearth {
namespace {

using nlohmann::json;

class LoadedText final : public MeasuredText {
 public:
  explicit LoadedText(std::unique_ptr<TextSession> session) : session_(std::move(session)) {}

  Result<RunMetrics> generate(std::vector<Token> prompt, std::uint32_t n, const CallBounds& bounds) override {
    GenerationRequest request;
    request.max_tokens = n;
    request.ignore_end = true;
    request.sampling.temperature = 0;
    request.bounds = bounds;
    HEARTH_ASSIGN(result, session_->continue_tokens(std::move(prompt), std::move(request), {}));
    if (result.finish == FinishReason::kCancelled)
      return fail(ErrorCode::kCancelled, "the verification was interrupted");
    return result.metrics;
  }
  std::uint32_t n_vocab() const override { return session_->info().n_vocab; }
  std::optional<double> load_ms() const override { return session_->load_ms(); }
  std::vector<int> workers() const override {
    return session_->worker_pid() == 0 ? std::vector<int>() : std::vector<int>{session_->worker_pid()};
  }
  Result<MemoryBreakdown> memory() const override { return session_->memory_now(); }
  std::optional<std::uint64_t> peak_rss_bytes() const override { return session_->peak_rss_bytes(); }
  std::string runtime_version() const override { return session_->runtime().version; }
  std::vector<std::string> notices() const override { return session_->notices(); }

 private:
  std::unique_ptr<TextSession> session_;
};

// One answer of the server as JSON; an error of the server as it told it.
Result<json> ask_json(const RunningServer& server, const std::string& target, const std::string& body,
                      const CallBounds& bounds) {
  auto timeout = std::chrono::milliseconds(600'000);
  if (bounds.deadline) {
    const auto left = *bounds.deadline - std::chrono::steady_clock::now();
    timeout = std::min(timeout, std::chrono::duration_cast<std::chrono::milliseconds>(left));
  }
  if (bounds.cancel != nullptr && bounds.cancel->requested())
    return fail(ErrorCode::kCancelled, "the verification was interrupted");
  HEARTH_ASSIGN(answer, ask_server(server, target, body, timeout));
  json document = json::parse(answer.body, nullptr, false);
  if (answer.status == 200 && document.is_object()) return document;
  std::string why = fmt::format("status {}", answer.status);
  if (document.is_object() && document.contains("error") && document["error"].is_object())
    why = document["error"].value("message", why);
  return fail(ErrorCode::kUnavailable, fmt::format("the running server refused to be measured: {}", why));
}

class ServedText final : public MeasuredText {
 public:
  ServedText(RunningServer server, std::string model, std::uint32_t n_vocab, std::string runtime_version)
      : server_(std::move(server)),
        model_(std::move(model)),
        n_vocab_(n_vocab),
        runtime_version_(std::move(runtime_version)) {}

  Result<RunMetrics> generate(std::vector<Token> prompt, std::uint32_t n, const CallBounds& bounds) override {
    const json body = {{"model", model_},    {"prompt", prompt},   {"n_predict", n},      {"temperature", 0},
                       {"ignore_eos", true}, {"speculate", false}, {"cache_prompt", true}};
    HEARTH_ASSIGN(document, ask_json(server_, "/completion", body.dump(), bounds));
    const json timings = document.value("timings", json::object());
    RunMetrics metrics;
    metrics.reused_tokens = timings.value("cache_n", 0U);
    metrics.prompt_tokens = timings.value("prompt_n", 0U) + metrics.reused_tokens;
    metrics.completion_tokens = timings.value("predicted_n", 0U);
    metrics.prefill_ms = metrics.ttft_ms = timings.value("prompt_ms", 0.0);
    metrics.decode_ms = timings.value("predicted_ms", 0.0);
    if (metrics.completion_tokens == 0 || metrics.prefill_ms <= 0)
      return fail(ErrorCode::kInvalidData, "the running server told no timings of its answer");
    return metrics;
  }
  std::uint32_t n_vocab() const override { return n_vocab_; }
  std::optional<double> load_ms() const override { return std::nullopt; }
  // The server and the processes that compute for it: asked anew, since a worker comes with its model's first request.
  std::vector<int> workers() const override {
    std::vector<int> pids = {server_.pid};
    const auto status = ask_json(server_, "/v1/hearth/status", {}, {});
    if (!status) return pids;
    const auto governor = status->find("governor");
    if (governor == status->end() || !governor->is_object()) return pids;
    const json workers = governor->value("workers", json::object());
    for (const auto& [model, pid] : workers.items())
      if (pid.is_number_integer()) pids.push_back(pid.get<int>());
    return pids;
  }
  Result<MemoryBreakdown> memory() const override {
    HEARTH_ASSIGN(document, ask_json(server_, "/v1/hearth/placement", {}, {}));
    MemoryBreakdown memory;
    for (const auto& model : document.value("models", json::array())) {
      if (model.value("name", "") != model_) continue;
      for (const auto& item : model.value("placement", json::array())) {
        memory.items.push_back({item.value("device", ""), item.value("kind", ""), item.value("component", ""),
                                item.value("bytes", std::uint64_t{0}), item.value("mapped_bytes", std::uint64_t{0})});
      }
    }
    return memory;
  }
  std::optional<std::uint64_t> peak_rss_bytes() const override { return std::nullopt; }  // of all models together
  std::string runtime_version() const override { return runtime_version_; }
  std::vector<std::string> notices() const override {
    return {fmt::format("measured through the running server (process {}), as its clients see it", server_.pid)};
  }

 private:
  RunningServer server_;
  std::string model_;
  std::uint32_t n_vocab_;
  std::string runtime_version_;
};

}  // namespace

Result<std::unique_ptr<MeasuredText>> load_measured_text(const SessionHost& host, const TextSessionOptions& session,
                                                         const CallBounds& bounds) {
  HEARTH_ASSIGN(opened, TextSession::open(host, session, bounds));
  return std::unique_ptr<MeasuredText>(std::make_unique<LoadedText>(std::move(opened)));
}

Result<std::unique_ptr<MeasuredText>> attach_measured_text(const RunningServer& server,
                                                           const std::filesystem::path& file) {
  HEARTH_ASSIGN(status, ask_json(server, "/v1/hearth/status", {}, {}));
  std::error_code no_matter;
  for (const auto& model : status.value("models", json::array())) {
    const std::string path = model.value("path", "");
    if (path.empty() || !std::filesystem::equivalent(path, file, no_matter)) continue;
    HEARTH_ASSIGN(header, read_gguf(file));
    HEARTH_ASSIGN(shape, read_model_shape(header));
    return std::unique_ptr<MeasuredText>(std::make_unique<ServedText>(server, model.value("name", ""),
                                                                      static_cast<std::uint32_t>(shape.n_vocab),
                                                                      model.value("runtime_version", "")));
  }
  return std::unique_ptr<MeasuredText>();
}

}  // namespace hearth
