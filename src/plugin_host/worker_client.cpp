#include "plugin_host/worker_client.h"

#include "plugin_host/abi_values.h"

namespace hearth {
namespace {

// A worker that frees gigabytes takes its time; one that hangs must not take the host's.
constexpr auto kFreeWait = std::chrono::seconds(5);

WorkerClient& client_of(void* self) { return *static_cast<WorkerClient*>(self); }
ProxyModel& proxy(hearth_model* model) { return *reinterpret_cast<ProxyModel*>(model); }

hearth_status broken_reply() {
  return make_status(Error(ErrorCode::kInternal, "the worker sent a broken reply", "load the model again"));
}

hearth_status describe(void* self, const hearth_sink* json) {
  return status_of(client_of(self).link().call(Method::kDescribe, {}, nullptr, {.sink = json}));
}

hearth_status score(void* self, const hearth_sink* json) {
  return status_of(client_of(self).link().call(Method::kScore, {}, nullptr, {.sink = json}));
}

hearth_status estimate(void* self, const hearth_load_options* load, const hearth_text_options* text,
                       const hearth_memory_emit* emit) {
  WireWriter arguments;
  put(arguments, *load);
  arguments.put(static_cast<std::uint32_t>(text != nullptr));
  if (text != nullptr) put(arguments, *text);
  return status_of(client_of(self).link().call(Method::kEstimate, arguments, nullptr, {.memory = emit}));
}

hearth_status load(void* self, const hearth_load_options* options, const hearth_call* call, hearth_model** out) {
  WireWriter arguments;
  put(arguments, *options);
  WorkerLink& link = client_of(self).link();
  Result<WorkerReply> reply = link.call(Method::kLoad, arguments, call, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const auto id = in.get<WireId>();
  if (!in.done() || id == 0) return broken_reply();
  *out = reinterpret_cast<hearth_model*>(new ProxyModel{&link, id, &client_of(self)});
  return ok_status();
}

hearth_status ask_memory(Method method, hearth_model* model, const hearth_memory_emit* emit) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  return status_of(proxy(model).link->call(method, arguments, nullptr, {.memory = emit}));
}

hearth_status placement(hearth_model* model, const hearth_memory_emit* emit) {
  return ask_memory(Method::kPlacement, model, emit);
}

hearth_status memory_now(hearth_model* model, const hearth_memory_emit* emit) {
  return ask_memory(Method::kMemoryNow, model, emit);
}

void free_model(hearth_model* model) {
  if (model == nullptr) return;
  const std::unique_ptr<ProxyModel> owned(&proxy(model));
  free_in_worker(*owned->link, Method::kFreeModel, owned->id);
}

}  // namespace

void free_in_worker(WorkerLink& link, Method method, WireId id) {
  WireWriter arguments;
  arguments.put(id);
  hearth_call bounds{};
  bounds.struct_size = sizeof(bounds);
  bounds.deadline_ns =
      std::chrono::nanoseconds((std::chrono::steady_clock::now() + kFreeWait).time_since_epoch()).count();
  // An error means that the worker is gone, or still busy with it and frees it afterwards.
  (void)link.call(method, arguments, &bounds, {});
}

hearth_status status_of(Result<WorkerReply>&& reply) { return reply ? ok_status() : make_status(reply.error()); }

WorkerClient::WorkerClient(std::unique_ptr<WorkerLink> link) : link_(std::move(link)) {
  plugin_.struct_size = sizeof(plugin_);
  plugin_.abi_major = HEARTH_ABI_MAJOR;
  plugin_.abi_minor = HEARTH_ABI_MINOR;
  plugin_.self = this;
  plugin_.describe = &describe;
  plugin_.score = &score;
  plugin_.estimate = &estimate;
  plugin_.load = &load;
  plugin_.placement = &placement;
  plugin_.memory_now = &memory_now;
  plugin_.free = &free_model;
  plugin_.capability = [](void* self, hearth_str id, std::uint32_t major) -> const void* {
    if (view(id) == HEARTH_CAP_TEXT && major == HEARTH_CAP_TEXT_MAJOR) return client_of(self).text_table();
    if (view(id) == HEARTH_CAP_TENSOR && major == HEARTH_CAP_TENSOR_MAJOR) return client_of(self).tensor_table();
    if (view(id) == HEARTH_CAP_TRANSCRIBE && major == HEARTH_CAP_TRANSCRIBE_MAJOR)
      return client_of(self).transcribe_table();
    if (view(id) == HEARTH_CAP_SYNTHESIZE && major == HEARTH_CAP_SYNTHESIZE_MAJOR)
      return client_of(self).synthesize_table();
    return nullptr;
  };
}

Result<std::shared_ptr<WorkerClient>> WorkerClient::start(const WorkerOptions& options) {
  HEARTH_ASSIGN(link, WorkerLink::start(options));
  return std::shared_ptr<WorkerClient>(new WorkerClient(std::move(link)));
}

// Asked of the worker once. What its table lacks, this one lacks.
const hearth_text* WorkerClient::text_table() {
  const std::lock_guard lock(text_mutex_);
  if (!text_known_) {
    const Result<WorkerReply> reply = link_->call(Method::kTextFeatures, {}, nullptr, {});
    if (!reply) return nullptr;
    WireReader in(reply->payload);
    const TextFeatures features = get_text_features(in);
    if (!in.done()) return nullptr;
    text_known_ = true;
    if (features.present != 0) {
      text_ = make_text_proxy();
      text_.major = features.major;
      std::uint64_t bit = 1;
#define HEARTH_DROP_ABSENT(name)                         \
  if ((features.calls & bit) == 0) text_.name = nullptr; \
  bit <<= 1U;
      HEARTH_TEXT_CALLS(HEARTH_DROP_ABSENT)
#undef HEARTH_DROP_ABSENT
    }
  }
  return text_.struct_size == 0 ? nullptr : &text_;
}

const hearth_tensor* WorkerClient::tensor_table() {
  const std::lock_guard lock(text_mutex_);
  if (!tensor_known_) {
    const Result<WorkerReply> reply = link_->call(Method::kTensorFeatures, {}, nullptr, {});
    if (!reply) return nullptr;
    WireReader in(reply->payload);
    const TensorFeatures features = get_tensor_features(in);
    if (!in.done()) return nullptr;
    tensor_known_ = true;
    if (features.present != 0) tensor_ = make_tensor_proxy(features);
  }
  return tensor_.struct_size == 0 ? nullptr : &tensor_;
}

const hearth_transcribe* WorkerClient::transcribe_table() {
  const std::lock_guard lock(text_mutex_);
  if (!transcribe_known_) {
    const Result<WorkerReply> reply = link_->call(Method::kTranscribeFeatures, {}, nullptr, {});
    if (!reply) return nullptr;
    WireReader in(reply->payload);
    const bool present = in.get<std::uint32_t>() != 0;
    if (!in.done()) return nullptr;
    transcribe_known_ = true;
    if (present) transcribe_ = make_transcribe_proxy();
  }
  return transcribe_.struct_size == 0 ? nullptr : &transcribe_;
}

const hearth_synthesize* WorkerClient::synthesize_table() {
  const std::lock_guard lock(text_mutex_);
  if (!synthesize_known_) {
    const Result<WorkerReply> reply = link_->call(Method::kSynthesizeFeatures, {}, nullptr, {});
    if (!reply) return nullptr;
    WireReader in(reply->payload);
    const bool present = in.get<std::uint32_t>() != 0;
    if (!in.done()) return nullptr;
    synthesize_known_ = true;
    if (present) synthesize_ = make_synthesize_proxy();
  }
  return synthesize_.struct_size == 0 ? nullptr : &synthesize_;
}

std::string_view WorkerClient::keep(std::string_view text) {
  const std::lock_guard lock(text_mutex_);
  auto it = kept_.find(text);
  if (it == kept_.end()) it = kept_.emplace(text).first;
  return *it;
}

void WorkerClient::remember(std::uint64_t region, const std::shared_ptr<SharedMemory>& memory) {
  const std::lock_guard lock(regions_mutex_);
  std::erase_if(regions_, [](const auto& entry) { return entry.second.second.expired(); });
  regions_.insert_or_assign(memory->data(), std::pair(region, std::weak_ptr(memory)));
}

WorkerClient::KnownRegion WorkerClient::find(const void* data, std::size_t size) {
  const auto* first = static_cast<const std::byte*>(data);
  const std::lock_guard lock(regions_mutex_);
  auto it = regions_.upper_bound(first);
  if (it == regions_.begin()) return {};
  --it;
  auto memory = it->second.second.lock();
  const auto offset = static_cast<std::size_t>(first - it->first);
  if (memory == nullptr || offset > memory->size_bytes() || size > memory->size_bytes() - offset) return {};
  return {it->second.first, offset, std::move(memory)};
}

}  // namespace hearth
