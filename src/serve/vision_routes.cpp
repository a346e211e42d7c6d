#include "serve/vision_routes.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "pipeline/vision_json.h"
#include "serve/http_error.h"
#include "serve/json_reader.h"
#include "serve/json_writer.h"
#include "serve/vision_request.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kInFlight = 8;  // pictures of one request at once: enough to fill a batch, and no other starves

// One request's pictures on their way: at most kInFlight at once, told in their order. Lives until the last of them is
// back, held by its callbacks.
class VisionExchange : public std::enable_shared_from_this<VisionExchange> {
 public:
  VisionExchange(VisionService& service, VisionTask task, std::shared_ptr<Exchange> exchange, VisionAsk ask)
      : service_(service), task_(task), exchange_(std::move(exchange)), ask_(std::move(ask)) {}

  void start() {
    exchange_->on_disconnect([cancel = cancel_] { cancel->request(); });
    for (std::size_t i = 0; i < std::min(kInFlight, ask_.pictures.size()); ++i) next();
  }

 private:
  void next() {
    VisionRequest request;
    std::size_t index = 0;
    {
      const std::lock_guard lock(gate_);
      if (sent_ == ask_.pictures.size() || over_) return;
      index = sent_++;
      request.picture = std::move(ask_.pictures[index]);
    }
    request.model = ask_.model;
    request.task = task_;
    request.options = ask_.options;
    request.cancel = cancel_;
    service_.look(std::move(request), [self = shared_from_this(), index](const Result<VisionAnswer*>& answer) {
      self->came(index, answer);
      self->next();
    });
  }

  void came(std::size_t index, const Result<VisionAnswer*>& answer) {
    Json entry;
    if (answer) {
      entry = vision_json((*answer)->recipe, (*answer)->work, task_ == VisionTask::kSegment);
      entry["batch"] = (*answer)->batch;
    }
    const std::lock_guard lock(gate_);
    if (over_) return;
    // A lone picture's fault is the request's; and so is what would befall every picture.
    if (!answer && (!ask_.listed || (told_ == 0 && of_the_model(answer.error())))) {
      over_ = true;
      return fail_whole(answer.error());
    }
    if (!answer) entry = Json::parse(error_json(answer.error(), ErrorForm::kOpenAi));
    Json numbered{{"index", index}};
    numbered.update(entry);
    if (answer && model_.empty()) model_ = (*answer)->recipe.model;
    ready_[index] = std::move(numbered);
    tell();
  }

  static bool of_the_model(const Error& error) {
    return error.code == ErrorCode::kNotFound || !error_fact(error, "param").empty();
  }

  void fail_whole(const Error& error) {
    if (!streaming_) return exchange_->respond_error(error);
    std::string event;
    append_sse_data(event, error_json(error, ErrorForm::kOpenAi));
    (void)exchange_->write(std::move(event));
    exchange_->end_stream();
  }

  // What is next in order. The gate is held.
  void tell() {
    for (auto at = ready_.find(told_); at != ready_.end(); at = ready_.find(told_)) {
      if (ask_.stream)
        write_event(json_text(at->second));
      else
        done_.push_back(std::move(at->second));
      ready_.erase(at);
      if (over_) return;
      ++told_;
    }
    if (told_ < ask_.pictures.size()) return;
    over_ = true;
    if (!ask_.stream) return respond();
    write_event("[DONE]");
    exchange_->end_stream();
  }

  void write_event(const std::string& text) {
    if (!streaming_) exchange_->start_stream("text/event-stream", ask_.headers);
    streaming_ = true;
    std::string event;
    append_sse_data(event, text);
    if (exchange_->write(std::move(event))) return;
    over_ = true;
    cancel_->request();
  }

  void respond() {
    Json body{{"object", "vision." + std::string(vision_task_name(task_))}, {"model", model_}};
    if (ask_.listed) {
      body["data"] = std::move(done_);
    } else {
      done_.front().erase("index");
      body.update(done_.front());
    }
    exchange_->respond({.body = json_text(body), .headers = ask_.headers});
  }

  VisionService& service_;
  VisionTask task_;
  std::shared_ptr<Exchange> exchange_;
  VisionAsk ask_;
  std::shared_ptr<CancelToken> cancel_ = std::make_shared<CancelToken>();

  std::mutex gate_;  // of all below
  std::size_t sent_ = 0;
  std::size_t told_ = 0;
  std::map<std::size_t, Json> ready_;
  std::vector<Json> done_;
  std::string model_;
  bool streaming_ = false;
  bool over_ = false;
};

constexpr const char* kDetectSchema =
    R"({"type": "object", "required": ["object", "model"], "properties": {
    "object": {"enum": ["vision.detect", "vision.segment"]}, "model": {"type": "string"},
    "width": {"type": "integer"}, "height": {"type": "integer"},
    "objects": {"type": "array", "items": {"type": "object", "required": ["label", "class_id", "score", "box"],
      "properties": {"label": {"type": "string"}, "class_id": {"type": "integer"}, "score": {"type": "number"},
        "box": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
        "box_normalized": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
        "mask": {"type": "object", "required": ["size", "counts", "polygons"]}}}},
    "timings": {"type": "object"}, "data": {"type": "array", "items": {"type": "object", "required": ["index"]}}}})";
constexpr const char* kClassifySchema =
    R"({"type": "object", "required": ["object", "model"], "properties": {
    "object": {"enum": ["vision.classify"]}, "model": {"type": "string"},
    "labels": {"type": "array", "items": {"type": "object", "required": ["label", "class_id", "score"]}},
    "timings": {"type": "object"}, "data": {"type": "array", "items": {"type": "object", "required": ["index"]}}}})";

Route vision_route(VisionService& service, VisionTask task, const char* summary) {
  Route route;
  route.method = "POST";
  route.pattern = "/v1/vision/" + std::string(vision_task_name(task));
  route.summary = summary;
  route.tag = "vision";
  route.streams = true;
  route.request_schema = vision_request_schema();
  route.response_schema = task == VisionTask::kClassify ? kClassifySchema : kDetectSchema;
  route.handler = [&service, task](std::shared_ptr<Exchange> exchange) {
    auto ask = read_vision_request(exchange->request());
    if (!ask) return exchange->respond_error(ask.error());
    std::make_shared<VisionExchange>(service, task, std::move(exchange), std::move(*ask))->start();
  };
  return route;
}

}  // namespace

std::vector<Route> vision_routes(VisionService& service) {
  return {vision_route(service, VisionTask::kDetect, "Objects in pictures, as boxes"),
          vision_route(service, VisionTask::kClassify, "What pictures show"),
          vision_route(service, VisionTask::kSegment, "Objects in pictures, as boxes and masks")};
}

}  // namespace hearth::serve
