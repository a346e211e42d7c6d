#include "serve/kserve_routes.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "serve/json_reader.h"
#include "serve/kserve_answer.h"
#include "serve/kserve_request.h"

namespace hearth::serve {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kMetadataSchema =
    R"({"type": "object", "required": ["name", "platform", "inputs", "outputs"], "properties": {
    "name": {"type": "string"}, "versions": {"type": "array"}, "platform": {"type": "string"},
    "inputs": {"type": "array", "items": {"type": "object", "required": ["name", "datatype", "shape"]}},
    "outputs": {"type": "array", "items": {"type": "object", "required": ["name", "datatype", "shape"]}}}})";
constexpr const char* kInferRequestSchema =
    R"({"type": "object", "required": ["inputs"], "properties": {"id": {"type": "string"},
    "inputs": {"type": "array", "items": {"type": "object", "required": ["name", "shape", "datatype"], "properties": {
      "name": {"type": "string"}, "shape": {"type": "array", "items": {"type": "integer"}},
      "datatype": {"type": "string"}, "data": {"type": "array"}, "parameters": {"type": "object"}}}},
    "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}}, "parameters": {"type": "object"}}})";
constexpr const char* kInferResponseSchema =
    R"({"type": "object", "required": ["model_name", "outputs"], "properties": {"model_name": {"type": "string"},
    "outputs": {"type": "array", "items": {"type": "object", "required": ["name", "shape", "datatype"]}}}})";

// One inference request on its way. Requests of one item and alike in everything else may be computed together.
class InferJob final : public TensorJob {
 public:
  InferJob(std::shared_ptr<Exchange> exchange, KserveRequest request, CopyCounter& copies)
      : exchange_(std::move(exchange)), request_(std::move(request)), copies_(copies) {
    bool single = true;
    std::string shapes;
    for (const auto& input : request_.inputs) {
      single = single && input.shape.rank() > 0 && input.shape[0] == 1;
      shapes += " " + input.shape.text();
    }
    if (single) group_ = "infer" + shapes;
    exchange_->on_disconnect([cancel = cancel_] { cancel.request(); });
  }

  [[nodiscard]] std::string_view group() const override { return group_; }
  [[nodiscard]] Result<Shape> shape(const TensorModelFacts&, std::size_t input, std::uint32_t n) const override {
    Shape shape = request_.inputs[input].shape;
    if (n > 1) shape[0] = n;
    return shape;
  }
  [[nodiscard]] Status fill(const TensorModelFacts&, std::span<const TensorView> inputs, std::size_t item) override {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      HEARTH_ASSIGN(bytes, inputs[i].span<std::byte>());
      const std::string_view data = request_.inputs[i].view;
      std::memcpy(bytes.data() + item * data.size(), data.data(), data.size());
      copies_.count("request", inputs[i].device.text(), "request body", data.size());
    }
    return {};
  }
  void finish(const TensorModelFacts* facts, const Result<TensorRun>& run) override {
    if (!run) return exchange_->respond_error(run.error());
    const auto item = run->batch > 1 ? std::optional(run->item) : std::nullopt;
    auto response = kserve_response(*facts, request_, run->outputs, item, copies_);
    if (!response) return exchange_->respond_error(response.error());
    exchange_->respond(std::move(*response));
  }
  [[nodiscard]] CallBounds bounds() const override { return {&cancel_, {}, 0}; }

 private:
  std::shared_ptr<Exchange> exchange_;  // its request's body holds what the inputs view
  KserveRequest request_;
  CopyCounter& copies_;
  CancelToken cancel_;
  std::string group_;
};

std::string parameter_of(const Exchange& exchange, const char* name) {
  const auto& parameters = exchange.request().parameters;
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

// Whether the path names the one version there is.
bool right_version(Exchange& exchange) {
  const std::string version = parameter_of(exchange, "version");
  if (version.empty() || version == kVersion) return true;
  exchange.respond_error(Error(ErrorCode::kNotFound, fmt::format("there is no version '{}' of the model", version),
                               "models have the version 1 only"));
  return false;
}

Json ports_json(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const auto& spec : specs)
    list.push_back({{"name", spec.name},
                    {"datatype", data_type_info(spec.type).kserve_name},
                    {"shape", std::vector<std::int64_t>(spec.shape.dims().begin(), spec.shape.dims().end())}});
  return list;
}

void answer_metadata(TensorService& tensors, const std::shared_ptr<Exchange>& exchange) {
  if (!right_version(*exchange)) return;
  tensors.with_facts(parameter_of(*exchange, "model"),
                     [exchange](const Result<std::shared_ptr<const TensorModelFacts>>& facts) {
                       if (!facts) return exchange->respond_error(facts.error());
                       exchange->respond({.body = json_text({{"name", (*facts)->name},
                                                             {"versions", {kVersion}},
                                                             {"platform", (*facts)->runtime + "_" + (*facts)->format},
                                                             {"inputs", ports_json((*facts)->ports.inputs)},
                                                             {"outputs", ports_json((*facts)->ports.outputs)}})});
                     });
}

void answer_infer(const KserveServing& serving, const std::shared_ptr<Exchange>& exchange) {
  if (!right_version(*exchange)) return;
  const std::string model = parameter_of(*exchange, "model");
  serving.tensors.with_facts(model, [&tensors = serving.tensors, &copies = serving.copies, exchange,
                                     model](const Result<std::shared_ptr<const TensorModelFacts>>& facts) {
    if (!facts) return exchange->respond_error(facts.error());
    auto request = read_kserve_request(exchange->request(), **facts);
    if (!request) return exchange->respond_error(request.error());
    tensors.submit(model, std::make_shared<InferJob>(exchange, std::move(*request), copies));
  });
}

void answer_ready(const KserveServing& serving, const std::shared_ptr<Exchange>& exchange) {
  if (!right_version(*exchange)) return;
  const auto facts = serving.models.model(parameter_of(*exchange, "model"));
  if (!facts) return exchange->respond_error(facts.error());
  // A model that is not loaded is loaded when it is asked: it takes requests. One that failed does not.
  if (facts->state == ModelState::kFailed)
    return exchange->respond_error(Error(ErrorCode::kUnavailable, facts->name + " did not load"));
  exchange->respond({.body = json_text({{"name", facts->name}, {"ready", true}})});
}

void answer_phase(const Readiness& readiness, bool live, Exchange& exchange) {
  const bool good = readiness.phase() == ServerPhase::kReady || (live && readiness.phase() != ServerPhase::kStarting);
  HttpResponse response;
  response.status = good ? 200 : 503;
  response.body = json_text({{live ? "live" : "ready", good}});
  exchange.respond(std::move(response));
}

void answer_index(const TextService& models, Exchange& exchange) {
  Json list = Json::array();
  for (const auto& facts : models.models()) {
    if (facts.kind != ModelKind::kTensor) continue;
    list.push_back({{"name", facts.name},
                    {"version", kVersion},
                    {"state", facts.state == ModelState::kFailed ? "UNAVAILABLE" : "READY"}});
  }
  exchange.respond({.body = json_text(list)});
}

Route kserve_route(const char* method, std::string pattern, const char* summary, Handler handler) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.summary = summary;
  route.handler = std::move(handler);
  route.tag = "kserve";
  route.errors = ErrorForm::kKserve;
  return route;
}

// A model's routes come with and without its version.
void add_model_routes(const KserveServing& serving, const std::string& at, std::vector<Route>& routes) {
  routes.push_back(kserve_route(
      "GET", at, "A model's inputs and outputs",
      [serving](const std::shared_ptr<Exchange>& exchange) { answer_metadata(serving.tensors, exchange); }));
  routes.back().response_schema = kMetadataSchema;
  routes.push_back(
      kserve_route("GET", at + "/ready", "Whether a model takes requests",
                   [serving](const std::shared_ptr<Exchange>& exchange) { answer_ready(serving, exchange); }));
  routes.push_back(
      kserve_route("POST", at + "/infer", "Tensors in, tensors out",
                   [serving](const std::shared_ptr<Exchange>& exchange) { answer_infer(serving, exchange); }));
  routes.back().request_schema = kInferRequestSchema;
  routes.back().response_schema = kInferResponseSchema;
}

}  // namespace

std::vector<Route> kserve_routes(const KserveServing& serving) {
  std::vector<Route> routes;
  const Readiness& readiness = serving.readiness;
  routes.push_back(kserve_route(
      "GET", "/v2/health/live", "Whether the server has started",
      [&readiness](const std::shared_ptr<Exchange>& exchange) { answer_phase(readiness, true, *exchange); }));
  routes.push_back(kserve_route(
      "GET", "/v2/health/ready", "Whether the server takes requests",
      [&readiness](const std::shared_ptr<Exchange>& exchange) { answer_phase(readiness, false, *exchange); }));
  for (Route& route : routes) route.needs_key = false;
  routes.push_back(kserve_route(
      "GET", "/v2", "Name, version and extensions of the server",
      [version = serving.version](const std::shared_ptr<Exchange>& exchange) {
        exchange->respond({.body = json_text({{"name", "hearth"},
                                              {"version", version},
                                              {"extensions", {"binary_tensor_data", "model_repository"}}})});
      }));
  routes.push_back(kserve_route(
      "POST", "/v2/repository/index", "The tensor models there are",
      [&models = serving.models](const std::shared_ptr<Exchange>& exchange) { answer_index(models, *exchange); }));
  add_model_routes(serving, "/v2/models/{model}", routes);
  add_model_routes(serving, "/v2/models/{model}/versions/{version}", routes);
  return routes;
}

}  // namespace hearth::serve
