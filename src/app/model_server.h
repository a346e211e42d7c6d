// A server brought up: models, engine, endpoints, lease. What `hearth serve` and `hearth up` run.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/auto_routing.h"
#include "app/hearth_app.h"
#include "app/served_listening.h"
#include "app/served_models.h"
#include "app/served_transcription.h"
#include "app/server_governor.h"
#include "app/server_lease.h"
#include "base/call_bounds.h"
#include "engine/encoding_service.h"
#include "engine/speech_engine.h"
#include "engine/tensor_engine.h"
#include "engine/text_engine.h"
#include "pipeline/governed_media.h"
#include "pipeline/speech_service.h"
#include "pipeline/vision_service.h"
#include "serve/health.h"
#include "serve/hearth_routes.h"
#include "serve/openai_serving.h"
#include "serve/otlp_exporter.h"
#include "serve/realtime_routes.h"
#include "serve/server.h"

namespace hearth {

struct ModelServerOptions {
  std::vector<ServedModelSettings> models;
  serve::HttpServerOptions http;
  std::filesystem::path key_file{};  // empty: no keys are asked for
  std::string plan_json{};           // what `up` was given; empty for `serve`
  double drain_s = 30;
  std::uint64_t budget_bytes = 0;  // of RAM for all models; 0: what is free
  std::string notify_socket{};     // of the service manager; empty: none
  QueueLimits queue{};
  std::string otlp_endpoint{};             // of an OpenTelemetry collector; empty: nothing is sent
  std::string otlp_headers{};              // "name=value,name=value"
  bool offline = false;                    // only a collector on this machine may be reached
  std::string routing_policy = "default";  // of requests for model "auto"
  bool routing_learns = true;              // false: rules alone decide, and nothing is kept
  bool governed = true;                    // false: no steps down; the watchdog stays
  std::uint32_t govern_queue = 0;          // step down when so many requests wait; 0: never for that
  std::string canned_answer{};             // to conversations that would be refused for want of memory; empty: none
  // Each holds a system prompt (less one line end), computed for every text model before the server is ready.
  std::vector<std::filesystem::path> system_prompt_files{};
  double stall_s = 0;                        // a model that makes no step for longer is ended; 0: a default
  std::filesystem::path machine_tree = "/";  // whose /proc and /sys are read; a simulated machine in tests
};

// Start, then run() until it is to end. Not thread-safe but for stop tokens.
class ModelServer {
 public:
  // Takes the lease, checks the models, answers HTTP (with /ready at 503), loads and warms what fits at once.
  // `app` must outlive it. Errors of the lease, of the models (named), of the addresses and files.
  static Result<std::unique_ptr<ModelServer>> start(HearthApp& app, const ModelServerOptions& options,
                                                    const CancelToken& cancel);
  ~ModelServer();

  [[nodiscard]] const std::vector<std::string>& urls() const { return public_->urls(); }
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }
  // Blocks until `cancel` is requested; then drains. False when requests were cut off.
  bool run(const CancelToken& cancel);

 private:
  ModelServer(HearthApp& app, const ModelServerOptions& options, ServerLease lease)
      : app_(app), options_(options), lease_(std::move(lease)) {}
  Status make_voices(const CancelToken& cancel);
  Status make_engine();
  Status make_governor();
  Status check_smaller() const;
  void make_media();
  void govern_media();
  void start_governor();
  void add_governing(serve::HearthSources& sources);
  Status read_keys();
  Status read_system_prompts();
  Status start_exporter();
  Status make_routing();
  [[nodiscard]] std::vector<serve::Route> routes();
  [[nodiscard]] std::vector<serve::OtherModel> voice_models() const;
  Status open_doors();
  Status warm(const CancelToken& cancel);
  Status warm_text(const std::string& model, const CancelToken& cancel);
  Status warm_prompt(const std::string& model, Prompt prompt, bool keep, const CancelToken& cancel);
  Status tell_where();

  HearthApp& app_;
  ModelServerOptions options_;
  ServerLease lease_;
  std::vector<std::string> notices_;
  std::vector<std::string> system_prompts_;
  std::unique_ptr<ServedModels> models_;
  serve::StatusStream stream_;
  serve::HearthSources sources_;
  std::map<std::string, std::string>
      smaller_;                               // a model's name or alias to who answers for it where less is to be done
  std::shared_ptr<MediaGovernance> media_;    // shared with requests under way
  std::vector<std::string> pictured_;         // vision models that are loaded at the start
  bool resizable_ = false;                    // one of them takes pictures of any size
  std::unique_ptr<ServerGovernor> governor_;  // judges the crashes of the engine, which ends before it
  std::unique_ptr<TextEngine> engine_;
  std::unique_ptr<EngineVisionService> vision_;  // outlives the tensor engine, whose jobs use it
  std::unique_ptr<TensorEngine> tensors_;        // of the models that the text engine keeps
  std::unique_ptr<EncodingService> encoding_;    // in front of both engines
  std::unique_ptr<SpeechEngine> speech_;         // of the models that the text engine keeps
  std::unique_ptr<ServedTranscription> transcription_;
  std::unique_ptr<QueuedSpeechService> voices_;      // null: no voices are served
  std::unique_ptr<GovernedVision> governed_vision_;  // in front of the three, for the endpoints
  std::unique_ptr<GovernedTranscription> governed_transcription_;
  std::unique_ptr<GovernedSpeech> governed_voices_;
  std::unique_ptr<serve::ApiKeys> keys_;
  std::unique_ptr<TextService> metered_;  // null without keys
  std::unique_ptr<serve::OpenAiServing> serving_;
  std::unique_ptr<ServedListening> listening_;
  std::unique_ptr<serve::RealtimeSessions> realtime_;  // of the servers' connections
  std::unique_ptr<AutoRouting> routing_;
  serve::Readiness readiness_;
  std::string openapi_;
  std::unique_ptr<serve::OtlpExporter> exporter_;  // null: nothing is sent
  std::unique_ptr<serve::HttpServer> public_;
  std::unique_ptr<serve::HttpServer>
      private_;  // the home's socket, for commands of the same user; null: too long a path
};

}  // namespace hearth
