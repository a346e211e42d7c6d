#include "plugin_host/tensor_model.h"

#include <algorithm>
#include <array>

#include "plugin_host/abi_values.h"
#include "plugin_host/plugin_library.h"

namespace hearth {
namespace {

constexpr std::size_t kMetadataBytesMax = 16U << 20;
constexpr std::uint32_t kPortsMax =
    4096;  // far above any graph; bounds what a broken runtime can make this process hold
constexpr std::size_t kNodesMax = 1U << 20;

Unexpected broken(std::string_view what) {
  return fail(ErrorCode::kInvalidData, "the runtime's answer to '" + std::string(what) + "' makes no sense",
              "update the runtime's plugin");
}

Result<TensorSpec> own_spec(const hearth_tensor_spec& raw) {
  const auto type = data_type_of({raw.type_code, raw.type_bits, raw.type_lanes});
  const std::string name(view(raw.name));
  if (!type)
    return fail(ErrorCode::kUnsupported,
                "the model's port '" + name + "' has elements of a type that Hearth doesn't carry",
                "use a model whose inputs and outputs are numbers");
  if (raw.n_dims > 0 && raw.shape == nullptr) return broken("info");
  auto shape = Shape::from(std::span(raw.shape, raw.n_dims));
  if (!shape) return fail(ErrorCode::kUnsupported, "the model's port '" + name + "': " + shape.error().message);
  return TensorSpec{name, *type, *shape, std::string(view(raw.layout))};
}

template <class Ask>
Result<TensorPorts> collect_ports(Ask&& ask) {
  struct Collected {
    TensorPorts ports;
    Status status;
  } collected;
  const hearth_tensor_spec_emit emit{
      &collected, [](void* ctx, const hearth_tensor_spec* spec) {
        auto& to = *static_cast<Collected*>(ctx);
        if (!to.status) return;
        auto& list = spec != nullptr && spec->port == HEARTH_PORT_OUTPUT ? to.ports.outputs : to.ports.inputs;
        if (spec == nullptr || !HEARTH_HAS_FIELD(spec, hearth_tensor_spec, layout) || spec->index != list.size() ||
            list.size() >= kPortsMax) {
          to.status = broken("info");
          return;
        }
        auto owned = own_spec(*spec);
        if (owned)
          list.push_back(std::move(*owned));
        else
          to.status = fail(std::move(owned).error());
      }};
  HEARTH_TRY(take_status(ask(&emit), "info"));
  if (!collected.status) return fail(std::move(collected.status).error());
  return std::move(collected.ports);
}

template <class Ask>
Result<std::string> collect_text(Ask&& ask) {
  BoundedText collected(kMetadataBytesMax);
  const hearth_sink sink = collected.sink();
  Status status = take_status(ask(&sink), "metadata");
  if (collected.overflowed()) return fail(ErrorCode::kInvalidData, "the model's metadata is longer than 16 MiB");
  if (!status) return fail(std::move(status).error());
  return std::move(collected.text());
}

hearth_tensor_options borrow_options(const TensorOptions& options) {
  hearth_tensor_options out{};
  out.struct_size = sizeof(out);
  out.n_requests = options.n_requests;
  out.n_streams = options.n_streams;
  out.n_threads = options.n_threads;
  out.pin_threads = static_cast<std::int32_t>(options.pin_threads);
  out.hint = options.hint == PerformanceHint::kThroughput ? HEARTH_HINT_THROUGHPUT : HEARTH_HINT_LATENCY;
  out.precision = borrow(options.precision);
  out.shapes_json = borrow(options.shapes_json);
  out.preprocess_json = borrow(options.preprocess_json);
  out.extra_json = borrow(options.extra_json);
  return out;
}

std::int32_t raw(Port port) { return static_cast<std::int32_t>(port); }

}  // namespace

Result<const hearth_tensor*> tensor_table_of(const PluginSource& source) {
  const hearth_plugin* plugin = source.table();
  constexpr std::string_view kId = HEARTH_CAP_TENSOR;
  const auto* table =
      static_cast<const hearth_tensor*>(plugin->capability(plugin->self, borrow(kId), HEARTH_CAP_TENSOR_MAJOR));
  if (table == nullptr)
    return fail(ErrorCode::kUnsupported, "this runtime can't run tensor graphs",
                "use a runtime whose capabilities list 'tensor' (hearth runtimes)");
  HEARTH_TRY(check_tensor_table(table));
  return table;
}

Result<MemoryBreakdown> estimate_tensor_model(const PluginSource& source, const LoadOptions& load,
                                              const TensorOptions& options) {
  HEARTH_ASSIGN(table, tensor_table_of(source));
  const BorrowedLoadOptions load_options(load);
  const hearth_tensor_options tensor_options = borrow_options(options);
  CollectedMemory collected;
  const hearth_memory_emit emit = collected.emit();
  HEARTH_TRY(
      take_status(table->estimate(source.table()->self, &load_options.value, &tensor_options, &emit), "estimate"));
  return std::move(collected).take("estimate");
}

Result<MemoryBreakdown> Runtime::estimate_tensors(const LoadOptions& load, const TensorOptions& options) const {
  return estimate_tensor_model(*source_, load, options);
}

Result<std::shared_ptr<TensorModel>> TensorModel::from(std::shared_ptr<Model> model) {
  HEARTH_ASSIGN(table, tensor_table_of(*model->source()));
  HEARTH_ASSIGN(ports,
                collect_ports([&](const hearth_tensor_spec_emit* emit) { return table->info(model->handle(), emit); }));
  return std::make_shared<TensorModel>(std::move(model), table, std::move(ports));
}

Result<std::string> TensorModel::metadata(std::string_view key) const {
  if (key.empty()) return fail(ErrorCode::kNotFound, "a metadata value was asked for without a key");
  return collect_text([&](const hearth_sink* sink) { return table_->metadata(model_->handle(), borrow(key), sink); });
}

Result<std::string> TensorModel::metadata_json() const {
  auto text = collect_text([&](const hearth_sink* sink) { return table_->metadata(model_->handle(), {}, sink); });
  if (!text && text.error().code == ErrorCode::kNotFound) return std::string("{}");
  return text;
}

Result<std::shared_ptr<TensorSession>> TensorModel::new_session(const TensorOptions& options,
                                                                const CallBounds& bounds) const {
  const hearth_tensor_options raw_options = borrow_options(options);
  const BorrowedBounds call(bounds);
  hearth_tensor_session* handle = nullptr;
  HEARTH_TRY(take_status(table_->session_new(model_->handle(), &raw_options, call.get(), &handle), "session_new"));
  if (handle == nullptr) return broken("session_new");
  auto session = std::make_shared<TensorSession>(model_, table_, handle);
  HEARTH_TRY(session->read_facts());
  return session;
}

TensorSession::TensorSession(std::shared_ptr<Model> model, const hearth_tensor* table, hearth_tensor_session* handle)
    : model_(std::move(model)), table_(table), handle_(handle) {}

Status TensorSession::read_facts() {
  HEARTH_ASSIGN(
      ports, collect_ports([&](const hearth_tensor_spec_emit* emit) { return table_->session_specs(handle_, emit); }));
  ports_ = std::move(ports);
  hearth_tensor_session_info raw_info{};
  raw_info.struct_size = sizeof(raw_info);
  HEARTH_TRY(take_status(table_->session_info(handle_, &raw_info), "session_info"));
  info_.n_requests = std::max(raw_info.n_requests, 1U);
  info_.n_streams = std::max(raw_info.n_streams, 1U);
  info_.n_threads = raw_info.n_threads;
  info_.pin_threads = raw_info.pin_threads == HEARTH_TOGGLE_ON ? Toggle::kOn : Toggle::kOff;
  info_.hint = raw_info.hint == HEARTH_HINT_THROUGHPUT ? PerformanceHint::kThroughput : PerformanceHint::kLatency;
  info_.precision = view(raw_info.precision);
  info_.device = view(raw_info.device);
  info_.from_cache = raw_info.from_cache != 0;
  info_.preprocess_fused = raw_info.preprocess_fused != 0;
  info_.compile_ns = raw_info.compile_ns;
  info_.cache_note = view(raw_info.cache_note);
  return {};
}

Result<std::vector<NodePlacement>> TensorSession::nodes() const {
  if (!HEARTH_HAS_CALL(table_, hearth_tensor, nodes)) return std::vector<NodePlacement>();
  std::vector<NodePlacement> nodes;
  const hearth_tensor_node_emit emit{
      &nodes, [](void* ctx, const hearth_tensor_node* node) {
        auto& to = *static_cast<std::vector<NodePlacement>*>(ctx);
        if (node == nullptr || !HEARTH_HAS_FIELD(node, hearth_tensor_node, is_fallback) || to.size() >= kNodesMax)
          return;
        to.push_back({std::string(view(node->name)), std::string(view(node->op)), std::string(view(node->provider)),
                      std::string(view(node->device)), std::string(view(node->precision)), node->is_fallback != 0});
      }};
  HEARTH_TRY(take_status(table_->nodes(handle_, &emit), "nodes"));
  return nodes;
}

Result<std::vector<TensorCopies>> TensorSession::copies() const {
  if (!HEARTH_HAS_CALL(table_, hearth_tensor, copies)) return std::vector<TensorCopies>();
  std::vector<TensorCopies> copies;
  const hearth_tensor_copy_emit emit{
      &copies, [](void* ctx, const hearth_tensor_copy* copy) {
        auto& to = *static_cast<std::vector<TensorCopies>*>(ctx);
        if (copy == nullptr || !HEARTH_HAS_FIELD(copy, hearth_tensor_copy, bytes) || to.size() >= kNodesMax) return;
        to.push_back({std::string(view(copy->from)), std::string(view(copy->to)), std::string(view(copy->why)), copy->n,
                      copy->bytes});
      }};
  HEARTH_TRY(take_status(table_->copies(handle_, &emit), "copies"));
  return copies;
}

Status TensorSession::warm_up(const CallBounds& bounds) const {
  if (!HEARTH_HAS_CALL(table_, hearth_tensor, warm_up)) return {};
  const BorrowedBounds call(bounds);
  return take_status(table_->warm_up(handle_, call.get()), "warm_up");
}

Result<std::unique_ptr<TensorRequest>> TensorSession::new_request(const std::shared_ptr<TensorSession>& session) {
  hearth_tensor_request* handle = nullptr;
  HEARTH_TRY(take_status(session->table_->request_new(session->handle_, &handle), "request_new"));
  if (handle == nullptr) return broken("request_new");
  return std::make_unique<TensorRequest>(session, handle);
}

struct TensorRequest::BoundPort {
  std::array<BorrowedDlpack, 2> forms;
  std::size_t in_use = 0;
};

TensorRequest::TensorRequest(std::shared_ptr<TensorSession> session, hearth_tensor_request* handle)
    : session_(std::move(session)), handle_(handle) {
  for (std::size_t i = 0; i < session_->ports().inputs.size(); ++i) inputs_.push_back(std::make_unique<BoundPort>());
  for (std::size_t i = 0; i < session_->ports().outputs.size(); ++i) outputs_.push_back(std::make_unique<BoundPort>());
}

TensorRequest::~TensorRequest() { session_->table()->request_free(handle_); }

Result<TensorRequest::BoundPort*> TensorRequest::bound(Port port, std::uint32_t index) {
  auto& list = port == Port::kInput ? inputs_ : outputs_;
  if (index >= list.size())
    return fail(ErrorCode::kInvalidArgument, "there is no " + std::string(port == Port::kInput ? "input " : "output ") +
                                                 std::to_string(index) + "; the model has " +
                                                 std::to_string(list.size()));
  return list[index].get();
}

Status TensorRequest::bind(Port port, std::uint32_t index, const TensorView& view) {
  HEARTH_ASSIGN(slot, bound(port, index));
  auto& form = slot->forms[1 - slot->in_use];
  form.fill(view);
  HEARTH_TRY(take_status(session_->table()->bind(handle_, raw(port), index, form.managed(), nullptr), "bind"));
  slot->in_use = 1 - slot->in_use;
  return {};
}

Result<TensorView> TensorRequest::allocate(Port port, std::uint32_t index, const Shape& shape) {
  HEARTH_ASSIGN(slot, bound(port, index));
  (void)slot;
  HEARTH_TRY(take_status(session_->table()->allocate(handle_, raw(port), index, shape.dims().data(),
                                                     static_cast<std::uint32_t>(shape.rank())),
                         "allocate"));
  return tensor(port, index);
}

Result<TensorView> TensorRequest::tensor(Port port, std::uint32_t index) const {
  DLManagedTensorVersioned* managed = nullptr;
  HEARTH_TRY(take_status(session_->table()->tensor(handle_, raw(port), index, &managed), "tensor"));
  if (managed == nullptr || managed->version.major != DLPACK_MAJOR_VERSION) return broken("tensor");
  return view_of(managed->dl_tensor, managed->flags);
}

Status TensorRequest::run(const CallBounds& bounds) {
  const BorrowedBounds call(bounds);
  return take_status(session_->table()->run(handle_, call.get()), "run");
}

}  // namespace hearth
