#include "app/served_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/file_digest.h"
#include "engine/model_draft.h"
#include "hearth/abi/hearth_hints.h"
#include "platform/file.h"
#include "platform/system_memory.h"

namespace hearth {
namespace {

constexpr std::uint64_t kTemplateBytesMax = 1U << 20U;
// On a processor attention looks at every cell in use, whoever's it is: what ended requests computed is kept in RAM
// blocks instead, beyond one sequence for the next turn of a lone conversation.
constexpr std::uint32_t kIdleSlotsMax = 1;
constexpr std::uint32_t kSequencesMax = 256;        // Source: llama.cpp, LLAMA_MAX_SEQ
constexpr std::uint32_t kFirstCellsPerSlot = 1024;  // more come when they are needed

BytesByPool by_pool(const MemoryBreakdown& memory) {
  BytesByPool pools;
  for (const auto& item : memory.items) pools[item.device == "cpu" ? "ram" : item.device] += item.bytes;
  return pools;
}

std::uint32_t rounded_up(std::uint64_t cells) {
  constexpr std::uint64_t kGranule = 256;  // llama.cpp pads a context to this
  return static_cast<std::uint32_t>((cells + kGranule - 1) / kGranule * kGranule);
}

std::int64_t unix_seconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

Error about_model(const std::string& name, Error error) {
  error.context.emplace_back("model", name);
  return error;
}

// Weights that answer for long are worth the time that huge pages take when they are loaded; where the runtime has
// them, and the user did not say otherwise.
void ask_for_huge_pages(LoadOptions& load, const RuntimeInfo& runtime) {
  constexpr const char* kKey = "huge_pages";
  using nlohmann::json;
  const auto schema = json::parse(runtime.options_schema_json, nullptr, false);
  auto extra = load.extra_json.empty() ? json::object() : json::parse(load.extra_json, nullptr, false);
  const bool is_known = schema.is_object() && schema.contains("properties") && schema["properties"].contains(kKey);
  if (!is_known || !extra.is_object() || extra.contains(kKey)) return;
  extra[kKey] = true;
  load.extra_json = extra.dump();
}

TensorModelSettings tensor_settings(ServedModelSettings settings) {
  TensorModelSettings tensor;
  tensor.name = std::move(settings.name);
  tensor.aliases = std::move(settings.aliases);
  tensor.reference = std::move(settings.reference);
  tensor.runtime = std::move(settings.runtime);
  tensor.tensor.n_requests = settings.slots;
  tensor.tensor.n_threads = settings.load.n_threads;
  tensor.tensor.hint = PerformanceHint::kThroughput;
  tensor.load = std::move(settings.load);
  tensor.pinned = settings.pinned;
  tensor.ttl_s = settings.ttl_s;
  tensor.transport = settings.transport;
  return tensor;
}

SpeechModelSettings speech_settings(ServedModelSettings settings) {
  SpeechModelSettings speech;
  speech.name = std::move(settings.name);
  speech.aliases = std::move(settings.aliases);
  speech.runtime = std::move(settings.runtime);
  speech.load = std::move(settings.load);
  speech.pinned = settings.pinned;
  speech.ttl_s = settings.ttl_s;
  speech.transport = settings.transport;
  return speech;
}

}  // namespace

Result<std::unique_ptr<ServedModels>> ServedModels::create(const SessionHost& host, const std::filesystem::path& home,
                                                           std::vector<ServedModelSettings> settings,
                                                           const std::filesystem::path& data) {
  std::unique_ptr<ServedModels> made(new ServedModels(host, home, data));
  for (auto& each : settings) HEARTH_TRY(made->add(std::move(each)));
  return made;
}

// A runtime that reads the format both ways (the fake one) is asked about the file.
Result<bool> ServedModels::is_tensor_model(const ServedModelSettings& settings, const ModelFile& file) const {
  const auto as_tensors = choose_runtime(host_.registry, settings.runtime, file.format, HEARTH_CAP_TENSOR);
  if (!as_tensors) return false;
  if (!choose_runtime(host_.registry, settings.runtime, file.format, HEARTH_CAP_TEXT)) return true;
  HEARTH_ASSIGN(runtime, host_.registry.open(as_tensors->name, Transport::kInProcess));
  LoadOptions load = settings.load;
  load.path = file.model.path.string();
  return runtime->estimate_tensors(load, {}).has_value();
}

bool ServedModels::is_speech_model(const ServedModelSettings& settings, const ModelFile& file) const {
  return !choose_runtime(host_.registry, settings.runtime, file.format, HEARTH_CAP_TEXT) &&
         choose_runtime(host_.registry, settings.runtime, file.format, HEARTH_CAP_TRANSCRIBE);
}

Status ServedModels::add(ServedModelSettings settings) {
  const std::string name = settings.name;
  if (served_.contains(name) || tensors_.has(name) || speech_.has(name))
    return fail(ErrorCode::kInvalidArgument, fmt::format("two models are called '{}'", name),
                "give them names with -m NAME=FILE");
  Served served;
  auto file = open_model_file(settings.reference, host_.store, host_.registry);
  if (!file) return fail(about_model(name, std::move(file).error()));
  served.file = std::move(*file);
  HEARTH_ASSIGN(tensor_model, is_tensor_model(settings, served.file));
  if (tensor_model) return tensors_.add(tensor_settings(std::move(settings)));
  if (is_speech_model(settings, served.file))
    return speech_.add(speech_settings(std::move(settings)), std::move(served.file));
  auto runtime = choose_runtime(host_.registry, settings.runtime, served.file.format, HEARTH_CAP_TEXT);
  if (!runtime) return fail(about_model(name, std::move(runtime).error()));
  served.runtime = std::move(*runtime);
  HEARTH_ASSIGN(info, file_info(served.file.model.path));
  HEARTH_ASSIGN(key, LoadHistory::key(served.file.model.path, served.runtime.name, served.runtime.info.version));
  served.history_key = std::move(key);
  if (!settings.draft.empty()) {
    auto draft = open_model_file(settings.draft, host_.store, host_.registry);
    if (!draft) return fail(about_model(name, std::move(draft).error()));
    served.draft = std::move(*draft);
  }
  served.settings = std::move(settings);
  served.settings.load.path = served.file.model.path.string();
  ask_for_huge_pages(served.settings.load, served.runtime.info);
  size_context(served);
  ModelFacts& facts = served.facts;
  facts.name = name;
  facts.aliases = served.settings.aliases;
  facts.path = served.file.model.path.string();
  facts.file_bytes = served.file.model.bytes;
  facts.created_unix = unix_seconds(info.modified_at);
  facts.format = served.file.format;
  facts.runtime = served.runtime.name;
  facts.runtime_version = served.runtime.info.version;
  facts.pinned = served.settings.pinned;
  facts.context_length = served.settings.context_length;
  facts.slots = served.settings.slots;
  facts.rung = "full";
  for (const auto& [adapter, path] : served.settings.adapters)
    facts.adapters.push_back({adapter, path.string(), false});
  served_.emplace(name, std::move(served));
  order_.push_back(name);
  return {};
}

// The first context holds one whole request or a little for every slot, whichever is more; it grows up to all slots at
// full length. Sequences beyond the slots keep what ended requests computed.
void ServedModels::size_context(Served& served) const {
  ServedModelSettings& settings = served.settings;
  settings.slots = std::clamp<std::uint32_t>(settings.slots, 1, 1024);
  if (settings.context_length == 0) settings.context_length = default_context_length(served.file);
  if (settings.context_length == 0) settings.context_length = kDefaultContextMax;
  const bool many = settings.slots + kIdleSlotsMax + 1 > kSequencesMax;
  served.idle_slots = many || settings.slots > 1 ? 0 : kIdleSlotsMax;
  served.cells_max = rounded_up(std::uint64_t{settings.slots} * settings.context_length);
  served.text = settings.text;
  served.text.n_ctx = rounded_up(std::min<std::uint64_t>(
      served.cells_max,
      std::max<std::uint64_t>(settings.context_length, std::uint64_t{settings.slots} * kFirstCellsPerSlot)));
  served.text.n_seq_max = settings.slots + served.idle_slots + 1;
  served.text.unified_kv = Toggle::kOn;
  if (served.text.n_batch == 0) served.text.n_batch = std::max<std::uint32_t>(512, settings.slots);
  if (served.text.n_ubatch == 0) served.text.n_ubatch = served.text.n_batch;
}

std::vector<ModelFacts> ServedModels::models() const {
  const std::lock_guard lock(gate_);
  std::vector<ModelFacts> facts;
  for (const auto& name : order_) facts.push_back(served_.at(name).facts);
  for (auto& each : tensors_.models()) facts.push_back(std::move(each));
  for (auto& each : speech_.models()) facts.push_back(std::move(each));
  return facts;
}

bool ServedModels::is_standby(const std::string& name) const {
  const auto found = served_.find(name);
  return found != served_.end() && found->second.settings.standby;
}

Result<ServedModels::Served*> ServedModels::find(const std::string& name) {
  const auto found = served_.find(name);
  if (found == served_.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no model '{}' here", name));
  return &found->second;
}

Result<BytesByPool> ServedModels::need_with_cells(const std::string& name, std::uint64_t cells) {
  HEARTH_ASSIGN(served, find(name));
  HEARTH_ASSIGN(runtime, host_.registry.open(served->runtime.name, Transport::kInProcess));
  TextOptions text = served->text;
  text.n_ctx = static_cast<std::uint32_t>(cells);
  HEARTH_ASSIGN(estimate, runtime->estimate(served->settings.load, text));
  BytesByPool pools = by_pool(estimate);
  pools["ram"] += served->settings.cache_ram_bytes;
  if (!served->draft) return pools;
  // Its context stays as it is made, however the other one grows.
  HEARTH_ASSIGN(draft, runtime->estimate(draft_load(*served), draft_context(served->text, served->settings.slots)));
  return bytes_together(pools, by_pool(draft));
}

Result<BytesByPool> ServedModels::need_of_context(const std::string& name, const TextOptions& options) {
  HEARTH_ASSIGN(served, find(name));
  HEARTH_ASSIGN(runtime, host_.registry.open(served->runtime.name, Transport::kInProcess));
  HEARTH_ASSIGN(estimate, runtime->estimate(served->settings.load, options));
  std::erase_if(estimate.items, [](const auto& item) { return item.component == memory_component::kWeights; });
  for (auto& item : estimate.items) {
    // Counted as a row a sequence; of embeddings every token of a batch has one.
    if (options.embeddings && item.component == memory_component::kOutput)
      item.bytes = item.bytes / std::max(1U, options.n_seq_max) * std::max(options.n_batch, options.n_seq_max);
  }
  return by_pool(estimate);
}

Result<ModelNeed> ServedModels::need(const std::string& name) {
  if (tensors_.has(name)) return tensors_.need(name);
  if (speech_.has(name)) return speech_.need(name);
  HEARTH_ASSIGN(served, find(name));
  HEARTH_ASSIGN(steady, need_with_cells(name, served->text.n_ctx));
  ModelNeed need;
  need.steady = std::move(steady);
  need.pinned = served->settings.pinned;
  need.ttl_s = served->settings.ttl_s;
  return need;
}

Result<std::shared_ptr<TextModel>> ServedModels::load(Served& served, const CallBounds& bounds) {
  const auto choice = served.settings.transport;
  served.in_worker = choice == TransportChoice::kWorker ||
                     (choice == TransportChoice::kAuto && !host_.history.passed(served.history_key));
  HEARTH_ASSIGN(
      runtime, host_.registry.open(served.runtime.name, served.in_worker ? Transport::kWorker : Transport::kInProcess));
  HEARTH_ASSIGN(model, runtime->load(served.settings.load, bounds));
  return TextModel::from(std::move(model));
}

// Measured for ggml's kernels on a processor; see OpenedTextModel::mixes_prompts.
bool ServedModels::mixes_prompts(const Served& served, const MemoryBreakdown& placement) {
  if (served.file.format != "gguf") return true;
  const auto& has = served.runtime.info.capabilities;
  const auto is_half_type = [](const std::string& type) { return type.empty() || type == "f16"; };
  const bool is_half = is_half_type(served.text.kv_type_k) && is_half_type(served.text.kv_type_v);
  if (is_half && served.text.flash_attention != Toggle::kOff &&
      std::ranges::find(has, HEARTH_HINT_TEXT_MIXED) != has.end())
    return true;
  return std::ranges::any_of(placement.items, [](const auto& item) { return item.device != "cpu"; });
}

Result<OpenedTextModel> ServedModels::open(const std::string& name, const CallBounds& bounds) {
  HEARTH_ASSIGN(served, find(name));
  OpenedTextModel opened;
  opened.facts = served->facts;
  HEARTH_ASSIGN(model, load(*served, bounds));
  opened.model = std::move(model);
  HEARTH_ASSIGN(info, opened.model->info());
  opened.options = served->text;
  opened.slots = served->settings.slots;
  HEARTH_ASSIGN(placement, opened.model->model()->placement());
  opened.mixes_prompts = mixes_prompts(*served, placement);
  opened.idle_slots = info.is_recurrent ? 0 : served->idle_slots;
  opened.context_length = served->settings.context_length;
  opened.cells_max = served->cells_max;
  opened.adapters = served->settings.adapters;
  opened.kv_ram_bytes = served->settings.cache_ram_bytes;
  opened.kv_ssd_bytes = served->settings.cache_ssd_bytes;
  opened.kv_folder = home_ / "kv_blocks";
  HEARTH_ASSIGN(source, template_source(*served, *opened.model));
  opened.template_source = std::move(source);
  HEARTH_ASSIGN(text, identity(*served, *opened.model));
  opened.identity = std::move(text);
  HEARTH_TRY(open_draft(*served, opened, bounds));
  return opened;
}

LoadOptions ServedModels::draft_load(const Served& served) {
  LoadOptions load = served.settings.load;
  load.path = served.draft->model.path.string();
  return load;
}

Status ServedModels::open_draft(const Served& served, OpenedTextModel& opened, const CallBounds& bounds) {
  if (!served.draft) return {};
  HEARTH_ASSIGN(
      runtime, host_.registry.open(served.runtime.name, served.in_worker ? Transport::kWorker : Transport::kInProcess));
  HEARTH_ASSIGN(model, runtime->load(draft_load(served), bounds));
  HEARTH_ASSIGN(text_model, TextModel::from(std::move(model)));
  opened.draft = std::move(text_model);
  opened.draft_options = draft_context(served.text, served.settings.slots);
  return {};
}

Result<std::string> ServedModels::template_source(const Served& served, const TextModel& model) const {
  if (!served.settings.chat_template_file.empty())
    return read_file(served.settings.chat_template_file, kTemplateBytesMax);
  auto own = model.metadata("tokenizer.chat_template");
  if (!own && own.error().code == ErrorCode::kNotFound) return std::string();
  return own;
}

// Which kernels compute, and where, changes values too: hence the buffers that the weights really lie in.
Result<std::string> ServedModels::identity(const Served& served, const TextModel& model) const {
  HEARTH_ASSIGN(digest, remembered_sha256(served.file.model.path, home_));
  // Two builds of one version may compute with other kernels.
  HEARTH_ASSIGN(library, host_.registry.library(served.runtime.name));
  HEARTH_ASSIGN(build, remembered_sha256(library, home_));
  std::string text =
      fmt::format("model {}\nruntime {} {} {}\n", digest, served.runtime.name, served.runtime.info.version, build);
  HEARTH_ASSIGN(placement, model.model()->placement());
  std::vector<std::string> places;
  for (const auto& item : placement.items) {
    if (item.component == memory_component::kWeights) places.push_back(item.device + "/" + item.buffer_kind);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const auto& place : places) text += place + "\n";
  text += served.settings.load.extra_json;
  return text;
}

void ServedModels::answered(const std::string& name) {
  const std::lock_guard lock(gate_);
  const auto found = served_.find(name);
  // A read-only home only means that the next server uses a worker again.
  if (found != served_.end() && found->second.in_worker) (void)host_.history.record_passed(found->second.history_key);
}

Result<BytesByPool> pool_capacities(RuntimeRegistry& registry) {
  BytesByPool pools;
  HEARTH_ASSIGN(memory, system_memory());
  pools["ram"] = memory.available_bytes;
  for (const auto& name : registry.names()) {
    auto runtime = registry.open(name, Transport::kInProcess);
    if (!runtime) continue;
    const auto info = (*runtime)->describe();
    if (!info) continue;
    for (const auto& device : info->devices) {
      if (device.kind == "cpu" || !device.free_bytes) continue;
      auto& bytes = pools[device.id];
      bytes = std::max(bytes, *device.free_bytes);
    }
  }
  return pools;
}

}  // namespace hearth
