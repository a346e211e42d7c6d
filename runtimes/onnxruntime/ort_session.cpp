#include "ort_session.h"

#include <algorithm>
#include <cstdlib>

#include "hearth/sdk/cpu_budget.h"
#include "ort_request.h"
#include "providers.h"

namespace hearth::onnxruntime {
namespace {

DLDataType dl_type(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: return {kDLFloat, 32, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE: return {kDLFloat, 64, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16: return {kDLFloat, 16, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16: return {kDLBfloat, 16, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8: return {kDLUInt, 8, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8: return {kDLInt, 8, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16: return {kDLUInt, 16, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16: return {kDLInt, 16, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32: return {kDLUInt, 32, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: return {kDLInt, 32, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64: return {kDLUInt, 64, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: return {kDLInt, 64, 1};
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL: return {kDLBool, 8, 1};
    default: return {kDLOpaqueHandle, 0, 0};
  }
}

sdk::TensorSpec read_spec(std::string name, const Ort::TypeInfo& type) {
  sdk::TensorSpec spec;
  spec.name = std::move(name);
  if (type.GetONNXType() != ONNX_TYPE_TENSOR)
    throw sdk::Error(HEARTH_UNSUPPORTED,
                     "the port '" + spec.name + "' is no tensor; use a model whose ports are tensors");
  const auto info = type.GetTensorTypeAndShapeInfo();
  spec.type = dl_type(info.GetElementType());
  for (const auto dim : info.GetShape()) spec.shape.push_back(dim < 0 ? -1 : dim);
  return spec;
}

void check_options(const sdk::TensorOptions& options) {
  if (options.precision != "f32")
    throw sdk::Error(HEARTH_UNSUPPORTED,
                     "ONNX Runtime computes a graph in the precision of its file; convert the file, "
                     "or choose OpenVINO for " +
                         options.precision);
  if (!options.preprocess.empty())
    throw sdk::Error(HEARTH_UNSUPPORTED, "ONNX Runtime fuses no pre-processing into a graph; do it before the run");
}

sdk::TensorSessionInfo grant(const sdk::LoadOptions& load, const sdk::TensorOptions& options, bool is_on_host) {
  sdk::TensorSessionInfo info;
  info.n_threads = options.n_threads != 0 ? options.n_threads
                   : load.n_threads != 0  ? load.n_threads
                                          : sdk::cpu_budget();
  const bool many = options.hint == sdk::Hint::kThroughput;
  info.n_streams = options.n_streams != 0 ? options.n_streams : many ? info.n_threads : 1;
  info.n_requests = options.n_requests != 0 ? options.n_requests : info.n_streams;
  // More runs at once than threads only take one another's caches; those beyond wait at the gate.
  if (is_on_host) info.n_streams = std::min(info.n_streams, info.n_threads);
  info.pin_threads = options.pin_threads == sdk::Toggle::kOn;
  info.hint = options.hint;
  return info;
}

}  // namespace

void RunGate::enter(const sdk::CallGuard& call) {
  std::unique_lock lock(mutex_);
  while (left_ == 0) {
    changed_.wait_for(lock, std::chrono::milliseconds(5));
    call.check("waiting for a stream");
  }
  --left_;
}

void RunGate::leave() {
  {
    const std::lock_guard lock(mutex_);
    ++left_;
  }
  changed_.notify_one();
}

OrtSession::OrtSession(OrtModel& model, const sdk::TensorOptions& options, const sdk::CallGuard& call)
    : model_(model), options_(options), bytes_(model) {
  check_options(options);
  info_ = grant(model.options(), options, model.is_on_host());
  info_.device = model.devices().empty() ? "cpu" : sdk::join(model.devices());
  create(call);
  read_ports();
  place_nodes(placement_log_);
  gate_ = std::make_unique<RunGate>(model.is_on_host() ? info_.n_streams : info_.n_requests);
  measure();
}

Ort::SessionOptions OrtSession::session_options() const {
  Ort::SessionOptions options;
  // A run has one stream's share of the threads, the caller's own among them.
  const auto n = std::max(info_.n_threads / std::max(info_.n_streams, 1U), 1U);
  options.SetIntraOpNumThreads(static_cast<int>(n));
  options.SetInterOpNumThreads(1);
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  if (info_.n_streams > 1) options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  if (info_.pin_threads && n > 1) {
    std::string affinities;  // processors from 1; the calling thread is not the session's to pin
    for (std::uint32_t i = 1; i < n; ++i) affinities += (i == 1 ? "" : ";") + std::to_string(i + 1);
    options.AddConfigEntry("session.intra_op_thread_affinities", affinities.c_str());
  }
  fix_dimensions(options);
  const auto per_provider = options_.extra.value("provider_options", nlohmann::json::object());
  for (const auto& device : model_.devices()) {
    const auto* provider = provider_of_device(device);
    append_provider(options, *provider, per_provider.value(device, nlohmann::json::object()),
                    model_.options().cache_dir);
  }
  return options;
}

// One declared shape is the shape: named dimensions get its values, and the graph is simplified by them.
void OrtSession::fix_dimensions(Ort::SessionOptions& options) const {
  if (options_.shapes.size() != 1) return;
  const auto& inputs = model_.file().ports.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!options_.shapes[0].contains(inputs[i].name)) continue;
    const auto dims = options_.shapes[0][inputs[i].name].get<std::vector<std::int64_t>>();
    if (!sdk::admits(inputs[i], dims.data(), dims.size()))
      throw sdk::Error(HEARTH_INVALID_ARGUMENT, "input '" + inputs[i].name + "' is " +
                                                    sdk::shape_text(inputs[i].shape.data(), inputs[i].shape.size()) +
                                                    "; the declared " + sdk::shape_text(dims.data(), dims.size()) +
                                                    " does not fit it");
    const auto& names = model_.file().input_dim_names[i];
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
      if (!names[axis].empty())
        Ort::ThrowOnError(Ort::GetApi().AddFreeDimensionOverrideByName(options, names[axis].c_str(), dims[axis]));
    }
  }
}

sdk::CompiledKey OrtSession::cache_key() const {
  return {model_.content_hash(), "onnxruntime " + ort_library().version, info_.device + " " + sdk::cpu_description(),
          options_.shapes.size() == 1 ? sdk::json_text(options_.shapes) : ""};
}

void OrtSession::create(const sdk::CallGuard& call) {
  const bool is_cpu_only = info_.device == "cpu";
  const sdk::CompiledCache cache(is_cpu_only ? model_.options().cache_dir : "");
  if (cache.enabled() && create_from_cache(cache, cache_key())) return;
  call.check("compiling the graph");
  auto options = with_ort_errors("setting up ONNX Runtime", [&] { return session_options(); });
  if (cache.enabled()) return create_and_keep(options, cache, cache_key());
  if (!is_cpu_only) {
    options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_VERBOSE);
    // What ONNX Runtime says while it makes a session names the provider of every node.
    constexpr OrtLoggingFunction kCollect = [](void* ctx, OrtLoggingLevel, const char*, const char*, const char*,
                                               const char* message) {
      static_cast<std::vector<std::string>*>(ctx)->emplace_back(message);
    };
    Ort::ThrowOnError(Ort::GetApi().SetUserLoggingFunction(options, kCollect, &placement_log_));
  }
  make_session(options);
}

void OrtSession::make_session(const Ort::SessionOptions& options) {
  try {
    session_ = Ort::Session(ort_environment(model_.host()), model_.options().path.c_str(), options);
  } catch (const Ort::Exception& error) {
    throw sdk::Error(refusal_code(error.GetOrtErrorCode()),
                     "ONNX Runtime refuses " + model_.options().path + ": " + plain_message(error.what()));
  }
}

void OrtSession::create_and_keep(Ort::SessionOptions& options, const sdk::CompiledCache& cache,
                                 const sdk::CompiledKey& key) {
  const auto written = cache.begin(key);
  options.SetOptimizedModelFilePath(written.c_str());
  options.AddConfigEntry("session.save_model_format", "ORT");
  make_session(options);
  if (!cache.commit(key, written))
    info_.cache_note = "the compilation could not be kept in " + model_.options().cache_dir;
}

bool OrtSession::create_from_cache(const sdk::CompiledCache& cache, const sdk::CompiledKey& key) {
  compiled_ = cache.find(key, info_.cache_note);
  if (!compiled_) return false;
  try {
    auto options = session_options();
    options.SetGraphOptimizationLevel(ORT_DISABLE_ALL);  // it was done when the file was made
    options.AddConfigEntry("session.load_model_format", "ORT");
    options.AddConfigEntry("session.use_ort_model_bytes_directly", "1");
    options.AddConfigEntry("session.use_ort_model_bytes_for_initializers", "1");
    session_ = Ort::Session(ort_environment(model_.host()), compiled_->data(), compiled_->size(), options);
  } catch (const Ort::Exception& error) {
    cache.discard(key, plain_message(error.what()), info_.cache_note);
    compiled_.reset();
    return false;
  }
  bytes_.mapped = compiled_->size();
  info_.from_cache = true;
  return true;
}

void OrtSession::read_ports() {
  with_ort_errors("reading the ports", [&] {
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i)
      ports_.inputs.push_back(
          read_spec(session_.GetInputNameAllocated(i, allocator).get(), session_.GetInputTypeInfo(i)));
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i)
      ports_.outputs.push_back(
          read_spec(session_.GetOutputNameAllocated(i, allocator).get(), session_.GetOutputTypeInfo(i)));
  });
}

void OrtSession::measure() {
  if (ort_library().api_level < 23) {
    bytes_.compute = model_.file().weight_bytes;
    return;
  }
  try {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    Ort::Allocator allocator(session_, memory);
    const auto stats = allocator.GetStats();
    const auto held = stats.GetValue("TotalAllocated");
    bytes_.compute = held == nullptr ? model_.file().weight_bytes : std::strtoull(held, nullptr, 10);
  } catch (const Ort::Exception&) {
    bytes_.compute = model_.file().weight_bytes;  // an allocator without statistics
  }
}

std::unique_ptr<sdk::TensorRequest> OrtSession::new_request() { return std::make_unique<OrtRequest>(*this); }

// Lines of VerifyEachNodeIsAssignedToAnEp: " Node(s) placed on [X]. Number of nodes: n", then "  Op (name)" each.
void OrtSession::place_nodes(const std::vector<std::string>& log_lines) {
  std::string provider;
  const auto device_of = [](const std::string& name) {
    for (const auto& row : provider_table()) {
      if (name == row.name) return std::string(row.device);
    }
    return name;
  };
  for (const auto& line : log_lines) {
    if (const auto at = line.find("placed on ["); at != std::string::npos) {
      provider = line.substr(at + 11, line.find(']', at) - at - 11);
    } else if (line.starts_with("  ") && line.ends_with(")") && !provider.empty()) {
      const auto open = line.find(" (", 2);
      if (open == std::string::npos) continue;
      nodes_.push_back(
          {line.substr(open + 2, line.size() - open - 3), line.substr(2, open - 2), provider, device_of(provider), ""});
    } else {
      provider.clear();
    }
  }
  const auto wanted = [&](const std::string& device) {
    return model_.devices().empty() || std::ranges::find(model_.devices(), device) != model_.devices().end();
  };
  if (nodes_.empty()) {
    for (const auto& node : model_.file().nodes)
      nodes_.push_back({node.name, node.op, "CPUExecutionProvider", "cpu", "f32"});
  }
  std::string fallen;
  std::size_t n_fallen = 0;
  for (auto& node : nodes_) {
    node.is_fallback = !wanted(node.device);
    if (node.is_fallback && ++n_fallen <= 5)
      fallen += (n_fallen == 1 ? "'" : ", '") + node.name + "' (" + node.op + ")";
  }
  if (n_fallen == 0) return;
  const auto sentence = std::to_string(n_fallen) + " nodes run on the CPU and not on " + info_.device + ": " + fallen;
  if (model_.options().fallback == sdk::Fallback::kNone)
    throw sdk::Error(HEARTH_UNAVAILABLE, sentence + "; name cpu too, or allow the fallback");
  model_.host().log(sdk::LogLevel::kWarn, "onnxruntime", sentence);
}

}  // namespace hearth::onnxruntime
