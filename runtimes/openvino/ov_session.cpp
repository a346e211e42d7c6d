#include "ov_session.h"

#include <algorithm>
#include <fstream>

#include "hearth/sdk/cpu_budget.h"
#include "hearth/sdk/tensor_bindings.h"
#include "ov_request.h"

namespace hearth::openvino {
namespace {

ov::element::Type precision_of(const std::string& name) {
  if (name == "bf16") return ov::element::bf16;
  return name == "f16" ? ov::element::f16 : ov::element::f32;
}

std::string device_for(const OvModel& model, const sdk::TensorOptions& options) {
  return options.extra.value("device", ov_device_string(model.devices()));
}

std::string text_of(const ov::RTMap& info, const char* key) {
  const auto found = info.find(key);
  return found != info.end() && found->second.is<std::string>() ? found->second.as<std::string>() : std::string();
}

}  // namespace

OvSession::OvSession(OvModel& model, const sdk::TensorOptions& options, const sdk::CallGuard& call)
    : model_(model),
      options_(options),
      device_(device_for(model, options)),
      bytes_before_(anonymous_bytes()),
      bytes_(model) {
  refuse_fallen_nodes();
  compile(call);
  ports_ = ports_of(compiled_);
  read_granted();
  measure();
}

ov::AnyMap OvSession::properties() const {
  ov::AnyMap all;
  const bool many = options_.hint == sdk::Hint::kThroughput;
  all.emplace(
      ov::hint::performance_mode(many ? ov::hint::PerformanceMode::THROUGHPUT : ov::hint::PerformanceMode::LATENCY));
  all.emplace(ov::hint::inference_precision(precision_of(options_.precision)));
  if (options_.n_requests != 0) all.emplace(ov::hint::num_requests(options_.n_requests));
  if (device_ == "CPU") {
    const auto& load = model_.options();
    const auto n = options_.n_threads != 0 ? options_.n_threads
                   : load.n_threads != 0   ? load.n_threads
                                           : sdk::cpu_budget();
    all.emplace(ov::inference_num_threads(static_cast<int>(n)));
    // More streams than threads only take one another's caches.
    if (options_.n_streams != 0) all.emplace(ov::num_streams(static_cast<int>(std::min(options_.n_streams, n))));
    if (options_.pin_threads != sdk::Toggle::kAuto)
      all.emplace(ov::hint::enable_cpu_pinning(options_.pin_threads == sdk::Toggle::kOn));
  }
  const auto own = options_.extra.value("properties", nlohmann::json::object());
  for (const auto& [key, value] : own.items()) {
    if (!value.is_string()) throw sdk::Error(HEARTH_INVALID_DATA, "the property '" + key + "' of OpenVINO is no text");
    all[key] = value.get<std::string>();
  }
  return all;
}

// The model with its one declared shape and the pre-processing in it.
std::shared_ptr<ov::Model> OvSession::prepared() const {
  auto model = model_.clone();
  if (options_.shapes.size() == 1) {
    std::map<std::string, ov::PartialShape> shapes;
    for (const auto& [name, dims] : options_.shapes[0].items()) {
      ov::PartialShape shape;
      for (const auto& dim : dims) shape.push_back(dim.get<ov::Dimension::value_type>());
      shapes[name] = shape;
    }
    with_ov_errors(HEARTH_INVALID_ARGUMENT, "giving the model its declared shape", [&] { model->reshape(shapes); });
  }
  if (is_on_host()) model = with_wide_weights(std::move(model));
  return with_preprocessing(std::move(model), options_.preprocess);
}

sdk::CompiledKey OvSession::cache_key() const {
  constexpr const char* kPrepared = "prepared 2 ";  // counts changes of what prepared() makes of the same options
  std::string options = kPrepared + sdk::json_text(options_.shapes) + sdk::json_text(options_.preprocess);
  for (const auto& [key, value] : properties()) options += ";" + key + "=" + value.as<std::string>();
  return {model_.content_hash(), std::string("openvino ") + ov::get_openvino_version().buildNumber,
          device_ + " " + sdk::cpu_description(), options};
}

bool OvSession::can_export() const {
  if (device_.find(':') != std::string::npos) return false;
  const auto can = ov_core().get_property(device_, ov::device::capabilities);
  return std::ranges::find(can, ov::device::capability::EXPORT_IMPORT) != can.end();
}

void OvSession::compile(const sdk::CallGuard& call) {
  const sdk::CompiledCache cache(can_export() ? model_.options().cache_dir : "");
  if (cache.enabled() && take_from(cache, cache_key())) return;
  call.check("compiling the graph");
  const auto model = prepared();
  compiled_ = with_ov_errors(HEARTH_UNSUPPORTED, "OpenVINO can't compile " + model_.options().path + " for " + device_,
                             [&] { return ov_core().compile_model(model, device_, properties()); });
  if (cache.enabled()) keep(cache, cache_key());
}

void OvSession::keep(const sdk::CompiledCache& cache, const sdk::CompiledKey& key) {
  const auto written = cache.begin(key);
  bool kept = false;
  try {
    std::ofstream file(written, std::ios::binary);
    compiled_.export_model(file);
    file.close();
    kept = file.good() && cache.commit(key, written);
  } catch (const std::exception&) {
    kept = false;  // the device can't after all; the session works
  }
  if (kept) return;
  std::error_code ignored;
  std::filesystem::remove(written, ignored);
  info_.cache_note = "the compilation could not be kept in " + model_.options().cache_dir;
}

bool OvSession::take_from(const sdk::CompiledCache& cache, const sdk::CompiledKey& key) {
  blob_ = cache.find(key, info_.cache_note);
  if (!blob_) return false;
  try {
    const ov::Tensor bytes(ov::element::u8, ov::Shape{blob_->size()}, blob_->data());
    compiled_ = ov_core().import_model(bytes, device_, properties());
  } catch (const std::exception& error) {
    cache.discard(key, plain_message(error.what()), info_.cache_note);
    blob_.reset();
    return false;
  }
  bytes_.mapped = blob_->size();
  info_.from_cache = true;
  return true;
}

void OvSession::read_granted() {
  const auto get = [&](const auto& property, auto fallback) {
    try {
      return static_cast<decltype(fallback)>(compiled_.get_property(property));
    } catch (const std::exception&) {
      return fallback;  // the device has no such property
    }
  };
  // As many as were asked for: those beyond the streams wait in OpenVINO's own queue.
  info_.n_requests = std::max(options_.n_requests, get(ov::optimal_number_of_infer_requests, std::uint32_t{1}));
  info_.n_threads = static_cast<std::uint32_t>(std::max(get(ov::inference_num_threads, std::int32_t{1}), 1));
  info_.n_streams = static_cast<std::uint32_t>(std::max(get(ov::num_streams, ov::streams::Num(1)).num, 1));
  info_.pin_threads = get(ov::hint::enable_cpu_pinning, false);
  info_.hint = options_.hint;
  const auto precision = get(ov::hint::inference_precision, ov::element::Type(ov::element::f32));
  info_.precision = precision == ov::element::dynamic ? options_.precision : precision.get_type_name();
  info_.device = model_.devices().empty() ? "cpu" : sdk::join(model_.devices());
  info_.preprocess_fused = !options_.preprocess.empty();
}

void OvSession::measure() {
  const auto now = anonymous_bytes();
  if (now > bytes_before_) bytes_.compute = std::max(bytes_.compute.load(), now - bytes_before_);
}

// A device that was named alone runs all nodes, or the load's fallback must allow another one.
void OvSession::refuse_fallen_nodes() const {
  if (device_ == "CPU" || device_.find(':') != std::string::npos || model_.options().fallback != sdk::Fallback::kNone)
    return;
  const auto model = model_.clone();
  const auto supported = with_ov_errors(HEARTH_UNAVAILABLE, "asking " + device_ + " what it runs",
                                        [&] { return ov_core().query_model(model, device_); });
  std::string fallen;
  std::size_t n = 0;
  for (const auto& op : model->get_ops()) {
    if (supported.contains(op->get_friendly_name()) || ++n > 5) continue;
    fallen += (n == 1 ? "'" : ", '") + op->get_friendly_name() + "' (" + op->get_type_name() + ")";
  }
  if (n != 0)
    throw sdk::Error(HEARTH_UNAVAILABLE, std::to_string(n) + " nodes don't run on " + device_ + ": " + fallen +
                                             "; name cpu too, or allow the fallback");
}

std::vector<sdk::TensorNode> OvSession::nodes() const {
  return with_ov_errors(HEARTH_UNSUPPORTED, "asking OpenVINO for its graph", [&] {
    std::vector<sdk::TensorNode> nodes;
    const auto graph = compiled_.get_runtime_model();
    for (const auto& op : graph->get_ordered_ops()) {
      const auto& info = op->get_rt_info();
      auto precision = text_of(info, "runtimePrecision");
      nodes.push_back({op->get_friendly_name(), text_of(info, "layerType"), device_, info_.device, precision, false});
    }
    return nodes;
  });
}

std::unique_ptr<sdk::TensorRequest> OvSession::new_request() { return std::make_unique<OvRequest>(*this); }

}  // namespace hearth::openvino
