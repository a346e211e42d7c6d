#include "app/model_server.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "app/intent_learning.h"
#include "app/ledger_view.h"
#include "app/machine_probe.h"
#include "app/model_speaker.h"
#include "platform/file.h"
#include "platform/process.h"
#include "platform/service_notify.h"
#include "platform/system_tree.h"
#include "probe/device_state_reader.h"
#include "serve/anthropic_routes.h"
#include "serve/audio_speech.h"
#include "serve/hearth_routes.h"
#include "serve/kserve_routes.h"
#include "serve/llama_routes.h"
#include "serve/metered_service.h"
#include "serve/metrics_endpoint.h"
#include "serve/openai_routes.h"
#include "serve/openapi.h"
#include "serve/rung_header.h"
#include "serve/transcription_routes.h"
#include "serve/vision_routes.h"

namespace hearth {
namespace {

constexpr std::uint64_t kKeyFileBytesMax = 4U << 20U;
constexpr std::uint64_t kSystemPromptBytesMax = 1U << 20U;

// Waits for one request to end; what it says does not matter.
class WarmUpListener final : public TextListener {
 public:
  void on_delta(TextDelta) override {}
  void on_choice_end(const ChoiceEnd&) override {}
  void on_end(const TextEnd&) override { finish({}); }
  void on_error(const Error& error) override { finish(fail(error)); }
  [[nodiscard]] bool wait(std::chrono::milliseconds at_most) {
    std::unique_lock lock(gate_);
    return done_.wait_for(lock, at_most, [this] { return status_.has_value(); });
  }
  [[nodiscard]] Status status() {
    const std::lock_guard lock(gate_);
    return *status_;
  }

 private:
  void finish(Status status) {
    const std::lock_guard lock(gate_);
    status_ = std::move(status);
    done_.notify_all();
  }
  std::mutex gate_;
  std::condition_variable done_;
  std::optional<Status> status_;
};

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

// What the machine tells of itself now; some files of the kernel's, read in about a millisecond.
std::vector<serve::SensorReading> machine_sensors(const SystemTree& tree) {
  std::vector<ProfileSensor> found;
  read_sensors(tree, found);
  std::vector<serve::SensorReading> readings;
  for (const ProfileSensor& sensor : found) {
    if (!sensor.value) continue;
    const std::string name = sensor.name.empty() ? sensor.kind : fmt::format("{} {}", sensor.name, sensor.kind);
    readings.push_back({name, sensor.value->value, sensor.unit});
  }
  return readings;
}

}  // namespace

Result<std::unique_ptr<ModelServer>> ModelServer::start(HearthApp& app, const ModelServerOptions& options,
                                                        const CancelToken& cancel) {
  HEARTH_ASSIGN(lease, ServerLease::take(app.home()));
  std::unique_ptr<ModelServer> server(new ModelServer(app, options, std::move(lease)));
  HEARTH_TRY(server->make_voices(cancel));
  HEARTH_TRY(server->make_engine());
  HEARTH_TRY(server->make_governor());
  HEARTH_TRY(server->read_keys());
  HEARTH_TRY(server->read_system_prompts());
  HEARTH_TRY(server->start_exporter());
  HEARTH_TRY(server->make_routing());
  HEARTH_TRY(server->open_doors());
  HEARTH_TRY(server->warm(cancel));
  HEARTH_TRY(server->tell_where());
  server->govern_media();
  server->start_governor();
  server->readiness_.become_ready();
  if (!options.notify_socket.empty()) (void)service_notify(options.notify_socket, "READY=1");
  return server;
}

ModelServer::~ModelServer() {
  if (governor_) governor_->stop();
  stream_.close();
  if (private_) (void)private_->drain(std::chrono::milliseconds(0));
  if (public_) (void)public_->drain(std::chrono::milliseconds(0));
  realtime_.reset();  // its sessions hold voices and models
  voices_.reset();
  transcription_.reset();  // its threads hold models
  speech_.reset();
  encoding_.reset();  // its threads hold lanes
  tensors_.reset();
  engine_.reset();
  private_.reset();
  public_.reset();
}

// Voices are loaded at once: they are small, and nobody waits for one.
Status ModelServer::make_voices(const CancelToken& cancel) {
  std::vector<OfferedSpeaker> offered;
  std::vector<ServedModelSettings> others;
  make_media();
  std::set<std::string> names;
  for (auto& each : options_.models) {
    if (!names.insert(each.name).second)
      return fail(ErrorCode::kInvalidArgument, fmt::format("two models are called '{}'", each.name),
                  "give them names with -m NAME=FILE");
    if (!names_builtin_voices(app_.registry(), each.reference)) {
      others.push_back(std::move(each));
      continue;
    }
    HEARTH_ASSIGN(speaker, open_speaker(app_.session_host(), {each.reference, each.runtime, each.load, each.transport},
                                        {.cancel = &cancel}));
    offered.push_back({each.name, std::move(speaker), each.aliases});
  }
  options_.models = std::move(others);
  if (options_.models.empty() && offered.empty())
    return fail(ErrorCode::kInvalidArgument, "a server needs a model", "give one with -m FILE or -m NAME=FILE");
  if (offered.empty()) return {};
  voices_ = std::make_unique<QueuedSpeechService>(std::move(offered), SpeechServiceOptions{});
  governed_voices_ = std::make_unique<GovernedSpeech>(*voices_, media_);
  return {};
}

std::vector<serve::OtherModel> ModelServer::voice_models() const {
  std::vector<serve::OtherModel> models;
  if (voices_ == nullptr) return models;
  for (const auto& each : voices_->speakers()) {
    ModelFacts facts;
    facts.name = each.name;
    facts.aliases = each.aliases;
    facts.runtime = each.speaker->facts().runtime;
    facts.state = ModelState::kResident;
    models.push_back({std::move(facts), "voice"});
  }
  return models;
}

Status ModelServer::make_engine() {
  HEARTH_ASSIGN(
      models, ServedModels::create(app_.session_host(), app_.home(), options_.models, app_.installation().data_folder));
  models_ = std::move(models);
  HEARTH_ASSIGN(capacities, pool_capacities(app_.registry()));
  if (options_.budget_bytes > 0) capacities["ram"] = std::min(capacities["ram"], options_.budget_bytes);
  TextEngineOptions engine;
  engine.capacities = std::move(capacities);
  engine.scheduler.queue = options_.queue;
  engine_ =
      std::make_unique<TextEngine>(engine, TextEnginePorts{*models_, app_.clock(), app_.metrics(), app_.logger()});
  TensorEngineOptions tensors;
  tensors.queue = options_.queue.requests;
  tensors_ = std::make_unique<TensorEngine>(
      tensors, TensorEnginePorts{models_->tensors(), engine_->residents(), app_.clock(), app_.metrics()});
  vision_ = std::make_unique<EngineVisionService>(*tensors_);
  governed_vision_ = std::make_unique<GovernedVision>(*vision_, media_);
  encoding_ = std::make_unique<EncodingService>(*engine_, *tensors_);
  speech_ = std::make_unique<SpeechEngine>(SpeechEnginePorts{models_->speech(), engine_->residents(), app_.clock()},
                                           options_.queue.requests);
  transcription_ = std::make_unique<ServedTranscription>(*speech_, app_.metrics());
  governed_transcription_ = std::make_unique<GovernedTranscription>(*transcription_, media_);
  return {};
}

Status ModelServer::read_keys() {
  if (options_.key_file.empty()) return {};
  HEARTH_ASSIGN(text, read_file(options_.key_file, kKeyFileBytesMax));
  HEARTH_ASSIGN(records, serve::parse_key_file(text));
  if (records.empty())
    return fail(ErrorCode::kInvalidData, options_.key_file.string() + " holds no keys",
                "make one with `hearth keys add NAME`");
  keys_ = std::make_unique<serve::ApiKeys>(std::move(records), app_.clock());
  metered_ = std::make_unique<serve::MeteredService>(*encoding_, *keys_);
  return {};
}

Status ModelServer::read_system_prompts() {
  for (const auto& file : options_.system_prompt_files) {
    HEARTH_ASSIGN(text, read_file(file, kSystemPromptBytesMax));
    if (text.ends_with('\n')) text.pop_back();
    system_prompts_.push_back(std::move(text));
  }
  return {};
}

Status ModelServer::start_exporter() {
  if (options_.otlp_endpoint.empty()) return {};
  serve::OtlpOptions otlp;
  otlp.endpoint = options_.otlp_endpoint;
  otlp.service_version = build_version();
  otlp.egress.airgap = options_.offline;
  HEARTH_ASSIGN(headers, serve::parse_otlp_headers(options_.otlp_headers));
  otlp.headers = std::move(headers);
  HEARTH_ASSIGN(started, serve::OtlpExporter::start(std::move(otlp), app_.logger(), app_.metrics()));
  exporter_ = std::move(started);
  return {};
}

// A machine whose routing can't be set up still serves models by name.
Status ModelServer::make_routing() {
  const auto without = [this](const Error& error) {
    notices_.push_back("requests for model \"auto\" are not routed: " + to_string(error));
    return Status();
  };
  auto policy = load_routing_policy(app_.installation().data_folder, options_.routing_policy);
  if (!policy && options_.routing_policy != "default") return fail(std::move(policy).error());
  if (!policy) return without(policy.error());
  auto classifier = open_intent_classifier(app_.home());
  if (!classifier) return without(classifier.error());
  HEARTH_ASSIGN(routing,
                MachineRouting::open({std::move(*policy), targets_of_server(models_->models()), std::move(*classifier),
                                      &app_.clock(), app_.home(), options_.routing_learns}));
  const TextService& service = metered_ ? *metered_ : static_cast<TextService&>(*engine_);
  routing_ = std::make_unique<AutoRouting>(std::move(routing), service, app_.logger(), random_seed());
  return {};
}

std::vector<serve::Route> ModelServer::routes() {
  TextService& service = metered_ ? *metered_ : static_cast<TextService&>(*encoding_);
  if (serving_ == nullptr)
    serving_ = std::make_unique<serve::OpenAiServing>(service, app_.clock(), fmt::format("hearth-{}", build_version()),
                                                      random_seed());
  serve::HearthSources& sources = sources_;
  sources.service = &service;
  if (!options_.plan_json.empty()) sources.plan = [text = options_.plan_json]() -> Result<std::string> { return text; };
  sources.ledger = [home = app_.home()] { return ledger_document(home); };
  sources.openapi = [this] { return openapi_; };
  sources.sensors = [] { return machine_sensors(SystemTree()); };
  add_governing(sources);
  std::vector<serve::Route> all;
  const auto add = [&all](std::vector<serve::Route> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  add(serve::health_routes(readiness_));
  add(serve::metrics_routes(app_.metrics(), *engine_, [this] { tensors_->collect_copies(); }));
  serve::OpenAiOptions openai{serving_->fingerprint, random_seed()};
  openai.other_models = [this] { return voice_models(); };
  add(serve::openai_routes(service, app_.clock(), openai));
  if (voices_ != nullptr) add(serve::audio_speech_routes(*governed_voices_, app_.metrics()));
  add(serve::anthropic_routes(*serving_));
  add(serve::llama_routes(*serving_));
  add(serve::vision_routes(*governed_vision_));
  add(serve::transcription_routes(*governed_transcription_));
  listening_ = std::make_unique<ServedListening>(service, *speech_, *tensors_);
  realtime_ = std::make_unique<serve::RealtimeSessions>(
      serve::RealtimeParts{service, *listening_, governed_voices_.get(), app_.clock(), app_.metrics(), random_seed()});
  add(realtime_->routes());
  add(serve::kserve_routes({*tensors_, *engine_, tensors_->copies(), readiness_, build_version()}));
  add(serve::hearth_routes(sources));
  all = serve::with_rung_header(std::move(all), [this](Modality modality) { return governor_->rung(modality); });
  if (routing_ == nullptr) return all;
  add(serve::auto_route_endpoints(*routing_));
  return serve::with_auto_route(std::move(all), *routing_, app_.clock());
}

Status ModelServer::open_doors() {
  std::vector<serve::Route> table = routes();
  openapi_ = serve::openapi_document(table, build_version());
  serve::HttpServerParts parts{app_.logger(), app_.metrics(), keys_.get(), {}, {realtime_->web_socket()}};
  if (exporter_) parts.observers.push_back(exporter_.get());
  HEARTH_ASSIGN(open, serve::HttpServer::start(options_.http, table, std::move(parts)));
  public_ = std::move(open);
  // The home's socket is for commands of the same user: the file's owner is asked, not a key.
  serve::HttpServerOptions own;
  own.port.reset();
  own.unix_socket = server_socket(app_.home()).string();
  own.limits = options_.http.limits;
  auto control = serve::HttpServer::start(own, std::move(table), {app_.logger(), app_.metrics(), nullptr, {}, {}});
  if (control)
    private_ = std::move(*control);
  else
    notices_.push_back("`hearth status` and `hearth down` can't reach this server: " + to_string(control.error()));
  return {};
}

// The first token of every model that fits beside the others, before anyone is told that the server is ready.
Status ModelServer::warm(const CancelToken& cancel) {
  BytesByPool taken;
  HEARTH_ASSIGN(capacities, pool_capacities(app_.registry()));
  for (const ModelFacts& facts : models_->models()) {
    HEARTH_ASSIGN(need, models_->need(facts.name));
    const BytesByPool with = bytes_together(taken, need.steady);
    const bool fits =
        std::ranges::all_of(with, [&](const auto& pool) { return pool.second <= capacities[pool.first]; });
    if (!fits && !taken.empty()) {
      notices_.push_back(
          fmt::format("'{}' does not fit beside the others: it is loaded when it is asked for", facts.name));
      continue;
    }
    taken = with;
    if (models_->is_standby(facts.name)) {
      notices_.push_back(fmt::format("'{}' stands by: it is loaded when it is asked for", facts.name));
      continue;
    }
    if (facts.kind == ModelKind::kTensor) {
      HEARTH_ASSIGN(lane, tensors_->borrow(facts.name, {.cancel = &cancel}));
      if (const auto recipe = make_recipe(lane->facts())) {
        pictured_.push_back(facts.name);
        resizable_ |= (*recipe)->vision.input.width == 0;
      }
    } else if (facts.kind == ModelKind::kSpeech) {
      HEARTH_ASSIGN(loan, speech_->borrow(facts.name, {.cancel = &cancel}));
    } else {
      HEARTH_TRY(warm_text(facts.name, cancel));
    }
  }
  return {};
}

Status ModelServer::warm_text(const std::string& model, const CancelToken& cancel) {
  HEARTH_TRY(warm_prompt(model, PlainPrompt{"Hello"}, false, cancel));
  for (const std::string& system : system_prompts_) {
    PromptRequest talk;
    talk.messages = {{.role = "system", .content = system}, {.role = "user", .content = "Hello"}};
    HEARTH_TRY(warm_prompt(model, std::move(talk), true, cancel));
  }
  return {};
}

// One token of an answer; with `keep` what was computed of the prompt stays for requests that begin alike.
Status ModelServer::warm_prompt(const std::string& model, Prompt prompt, bool keep, const CancelToken& cancel) {
  TextRequest request;
  request.model = model;
  request.prompt = std::move(prompt);
  request.max_tokens = 1;
  request.parse_output = false;
  request.cache_prompt = keep;
  auto listener = std::make_shared<WarmUpListener>();
  const auto id = engine_->submit(std::move(request), listener);
  while (!listener->wait(std::chrono::milliseconds(100))) {
    if (!cancel.requested()) continue;
    engine_->cancel(id);
    return fail(ErrorCode::kCancelled, "starting was interrupted");
  }
  return listener->status();
}

Status ModelServer::tell_where() {
  RunningServer running;
  running.pid = own_process_id();
  for (const auto& url : public_->urls()) {
    if (running.url.empty() && url.starts_with("http")) running.url = url;
  }
  if (private_) running.unix_socket = server_socket(app_.home()).string();
  running.started =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(app_.clock().wall_now())));
  return lease_.publish(running);
}

bool ModelServer::run(const CancelToken& cancel) {
  // A signal handler may only set a flag. Looked at seldom: each look costs a wake-up for as long as the server runs.
  while (!cancel.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  readiness_.become_draining();
  stream_.close();
  if (!options_.notify_socket.empty()) (void)service_notify(options_.notify_socket, "STOPPING=1");
  const auto patience = std::chrono::milliseconds(static_cast<std::int64_t>(options_.drain_s * 1000));
  // Requests under way are answered; the engine is told first so that it takes no new ones.
  bool whole = true;
  std::thread doors([&] { whole = public_->drain(patience); });
  const bool answered = engine_->drain(options_.drain_s);
  doors.join();
  return whole && answered;
}

}  // namespace hearth
