#include "app/served_tensor_models.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "app/file_digest.h"
#include "app/vision_record.h"
#include "platform/file.h"

namespace hearth {
namespace {

Error about_model(const std::string& name, Error error) {
  error.context.emplace_back("model", name);
  return error;
}

ModelFacts first_facts(const TensorModelSettings& settings, const ModelFile& file, const ChosenRuntime& runtime) {
  ModelFacts facts;
  facts.name = settings.name;
  facts.kind = ModelKind::kTensor;
  facts.aliases = settings.aliases;
  facts.path = file.model.path.string();
  facts.file_bytes = file.model.bytes;
  facts.format = file.format;
  facts.runtime = runtime.name;
  facts.runtime_version = runtime.info.version;
  facts.pinned = settings.pinned;
  facts.rung = "full";
  return facts;
}

}  // namespace

Status ServedTensorModels::add(TensorModelSettings settings) {
  const std::string name = settings.name;
  if (has(name))
    return fail(ErrorCode::kInvalidArgument, fmt::format("two models are called '{}'", name),
                "give them names with -m NAME=FILE");
  Served served;
  auto file = open_model_file(settings.reference, host_.store, host_.registry);
  if (!file) return fail(about_model(name, std::move(file).error()));
  auto runtime = choose_runtime(host_.registry, settings.runtime, file->format, HEARTH_CAP_TENSOR);
  if (!runtime) return fail(about_model(name, std::move(runtime).error()));
  HEARTH_ASSIGN(info, file_info(file->model.path));
  HEARTH_ASSIGN(key, LoadHistory::key(file->model.path, runtime->name, runtime->info.version));
  served.history_key = std::move(key);
  served.facts = first_facts(settings, *file, *runtime);
  served.facts.created_unix =
      std::chrono::duration_cast<std::chrono::seconds>(info.modified_at.time_since_epoch()).count();
  settings.load.path = file->model.path.string();
  settings.load.cache_dir = (home_ / "compiled").string();
  // What can't be hashed is compiled anew each time.
  if (auto digest = remembered_sha256(file->model.path, home_)) settings.load.content_hash = std::move(*digest);
  served.file = std::move(*file);
  served.runtime = std::move(*runtime);
  served.settings = std::move(settings);
  const std::lock_guard lock(gate_);
  served_.emplace(name, std::move(served));
  order_.push_back(name);
  return {};
}

bool ServedTensorModels::has(const std::string& name) const {
  const std::lock_guard lock(gate_);
  return served_.contains(name);
}

std::vector<ModelFacts> ServedTensorModels::models() const {
  const std::lock_guard lock(gate_);
  std::vector<ModelFacts> facts;
  for (const auto& name : order_) facts.push_back(served_.at(name).facts);
  return facts;
}

Result<ServedTensorModels::Served*> ServedTensorModels::find(const std::string& name) {
  const std::lock_guard lock(gate_);
  const auto found = served_.find(name);
  if (found == served_.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no model '{}' here", name));
  return &found->second;
}

// A file that never ran with this version of the runtime is touched in a worker only, estimates included: they read
// its graph.
Result<std::shared_ptr<Runtime>> ServedTensorModels::runtime_of(Served& served) {
  {
    const std::lock_guard lock(gate_);
    if (served.estimated_by != nullptr) return std::exchange(served.estimated_by, nullptr);
  }
  const auto choice = served.settings.transport;
  const bool worker = choice == TransportChoice::kWorker ||
                      (choice == TransportChoice::kAuto && !host_.history.passed(served.history_key));
  HEARTH_ASSIGN(runtime, host_.registry.open(served.runtime.name, worker ? Transport::kWorker : Transport::kInProcess));
  const std::lock_guard lock(gate_);
  served.in_worker = worker;
  served.worker_pid = runtime->worker_pid();
  return runtime;
}

Result<ModelNeed> ServedTensorModels::need(const std::string& name) {
  HEARTH_ASSIGN(served, find(name));
  HEARTH_ASSIGN(runtime, runtime_of(*served));
  HEARTH_ASSIGN(estimate, runtime->estimate_tensors(served->settings.load, served->settings.tensor));
  {
    const std::lock_guard lock(gate_);
    served->estimated_by = std::move(runtime);
  }
  ModelNeed need;
  for (const auto& item : estimate.items) need.steady[item.device == "cpu" ? "ram" : item.device] += item.bytes;
  need.pinned = served->settings.pinned;
  need.ttl_s = served->settings.ttl_s;
  return need;
}

Result<OpenedTensorModel> ServedTensorModels::open_tensor(const std::string& name, const CallBounds& bounds) {
  HEARTH_ASSIGN(served, find(name));
  HEARTH_ASSIGN(runtime, runtime_of(*served));
  HEARTH_ASSIGN(model, runtime->load(served->settings.load, bounds));
  HEARTH_ASSIGN(tensors, TensorModel::from(std::move(model)));
  OpenedTensorModel opened;
  opened.facts = served->facts;
  opened.options = served->settings.tensor;
  opened.batch_max = served->settings.batch_max;
  HEARTH_ASSIGN(record, find_vision_record({served->file.model.path, served->settings.record_file,
                                            served->settings.labels_file, data_},
                                           tensors->ports()));
  opened.record_json = std::move(record);
  opened.model = std::move(tensors);
  return opened;
}

void ServedTensorModels::answered(const std::string& name) {
  std::string key;
  {
    const std::lock_guard lock(gate_);
    const auto found = served_.find(name);
    if (found == served_.end() || !found->second.in_worker || found->second.recorded) return;
    found->second.recorded = true;
    key = found->second.history_key;
  }
  (void)host_.history.record_passed(key);  // a read-only home only means that the next run uses a worker again
}

int ServedTensorModels::worker_pid(const std::string& name) const {
  const std::lock_guard lock(gate_);
  const auto found = served_.find(name);
  return found == served_.end() ? 0 : found->second.worker_pid;
}

}  // namespace hearth
