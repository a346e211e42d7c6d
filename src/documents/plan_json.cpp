#include "documents/plan_json.h"

#include <algorithm>

#include "documents/json_fields.h"
#include "documents/profile_json.h"

namespace hearth {

// The lists of fields stand in the types' own namespace, where the reader and writer look for them.

template <class Io>
void fields(Io& io, PlanPool& v) {
  io("pool", v.pool);
  io("bytes", v.budget_bytes);
  io("capacity_bytes", v.capacity_bytes);
  io("reserved_bytes", v.reserved_bytes);
  io("planned_bytes", v.planned_bytes);
}

template <class Io>
void fields(Io& io, Interval& v) {
  io("value", v.value);
  io("low", v.low);
  io("high", v.high);
}

template <class Io>
void fields(Io& io, PlanProjection& v) {
  io("prefill_tok_s", v.prefill_tok_s);
  io("decode_tok_s", v.decode_tok_s);
  io("total_decode_tok_s", v.total_decode_tok_s);
  io("sustained_decode_tok_s", v.sustained_decode_tok_s);
  io("ttft_ms", v.ttft_ms);
  io("latency_ms", v.latency_ms);
  io("fps", v.fps);
  io("rtf", v.rtf);
  io("power_w", v.power_w);
  io("ttft_prompt_tokens", v.ttft_prompt_tokens);
  io("basis", v.basis);
  io("fitted", v.fitted);
}

namespace {
struct PoolShare {
  std::string pool;
  std::uint64_t bytes = 0;
};
template <class Io>
void fields(Io& io, PoolShare& v) {
  io("pool", v.pool);
  io("bytes", v.bytes);
}
}  // namespace

template <class Io>
void fields(Io& io, PlanPlacement& v) {
  io("kind", v.kind);
  std::vector<PoolShare> shares;
  for (const auto& [pool, bytes] : v.bytes) shares.push_back({pool, bytes});
  io("pools", shares);
  v.bytes.clear();
  for (const auto& share : shares) v.bytes.emplace_back(share.pool, share.bytes);
  io("layers", v.layers);
  io("layers_on_device", v.layers_on_device);
  io("streamed_bytes", v.streamed_bytes);
}

template <class Io>
void fields(Io& io, PlanSettings& v) {
  io("threads", v.threads);
  io("streams", v.streams);
  io("prompt_batch", v.prompt_batch);
  io("prompt_microbatch", v.prompt_microbatch);
  io("decode_batch", v.decode_batch);
  io("gpu_layers", v.gpu_layers);
  io("batch", v.batch);
  io("resolution", v.resolution);
  io("chunk_ms", v.chunk_ms);
  io("hop_ms", v.hop_ms);
  io("frame_ms", v.frame_ms);
  io("kv_type", v.kv_type);
  io("flash_attention", v.flash_attention);
  io("mmap", v.mmap);
  io("mlock", v.mlock);
  io("cache", v.cache);
  io("power_mode", v.power_mode);
  io("power_limit_w", v.power_limit_w);
}

template <class Io>
void fields(Io& io, MemoryItem& v) {
  io("device", v.device);
  io("buffer_kind", v.buffer_kind);
  io("component", v.component);
  io("bytes", v.bytes);
  io("mapped_bytes", v.mapped_bytes);
}

// Sums are written for readers of the document; the items are what is read back.
template <class Io>
void fields(Io& io, MemoryBreakdown& v) {
  std::uint64_t total = v.total_bytes(), mapped = v.mapped_bytes();
  auto components = v.by_component();
  io("total_bytes", total);
  io("mapped_bytes", mapped);
  io("components", components);
  io("items", v.items);
}

template <class Io>
void fields(Io& io, PlanChoice& v) {
  io("task", v.task);
  io("model", v.model);
  io("model_name", v.model_name);
  io("family", v.family);
  io("hub", v.hub);
  io("file", v.file);
  io("file_sha256", v.file_sha256);
  io("licence", v.licence);
  io("commercial_use", v.commercial);
  io("licence_note", v.licence_note);
  io("precision", v.precision);
  io("precision_name", v.precision_name);
  io("format", v.format);
  io("runtime", v.runtime);
  io("runtime_name", v.runtime_name);
  io("runtime_present", v.runtime_present);
  io("install_hint", v.install_hint);
  io("backend", v.backend);
  io("device", v.device);
  io("device_name", v.device_name);
  io("context_length", v.context_length);
  io("users", v.users);
  io("parameters_B", v.parameters_B);
  io("active_B", v.active_B);
  io("memory", v.memory);
  io("memory_basis", v.memory_basis);
  io("placement", v.placement);
  io("projection", v.projection);
  io("settings", v.settings);
  io("why", v.why);
  io("avoid", v.avoid);
  io("caveats", v.caveats);
  io("score", v.score);
}

template <class Io>
void fields(Io& io, PlanRejection& v) {
  io("task", v.task);
  io("model", v.model);
  io("precision", v.precision);
  io("runtime", v.runtime);
  io("reason", v.reason);
  io("needed_bytes", v.needed_bytes);
}

template <class Io>
void fields(Io& io, PlanAlternative& v) {
  io("task", v.task);
  io("kind", v.kind);
  io("what", v.what);
  io("model", v.model);
  io("precision", v.precision);
  io("runtime", v.runtime);
  io("kv_type", v.kv_type);
  io("context_length", v.context_length);
  io("total_bytes", v.total_bytes);
  io("fits", v.fits);
  io("decode_tok_s", v.decode_tok_s);
  io("latency_ms", v.latency_ms);
  io("gain", v.gain);
}

template <class Io>
void fields(Io& io, PlanRisk& v) {
  io("id", v.id);
  io("task", v.task);
  io("what", v.what);
  io("likelihood", v.likelihood);
  io("effect", v.effect);
  io("mitigation", v.mitigation);
  io("rung", v.rung);
}

template <class Io>
void fields(Io& io, PlanRung& v) {
  io("name", v.name);
  io("model", v.model);
  io("precision", v.precision);
  io("kv_type", v.kv_type);
  io("action", v.action);
  io("context_length", v.context_length);
  io("total_bytes", v.total_bytes);
  io("quality_cost", v.quality_cost);
  io("decode_tok_s", v.decode_tok_s);
  io("latency_ms", v.latency_ms);
}

template <class Io>
void fields(Io& io, PlanSloCheck& v) {
  io("slo", v.slo);
  io("name", v.name);
  io("task", v.task);
  io("metric", v.metric);
  io("unit", v.unit);
  io("at_least", v.at_least);
  io("at_most", v.at_most);
  io("projected", v.projected);
  io("verdict", v.verdict);
}

template <class Io>
void fields(Io& io, PlanConfigFile& v) {
  io("tool", v.tool);
  io("path", v.path);
}

template <class Io>
void fields(Io& io, PlanVerification& v) {
  io("name", v.name);
  io("task", v.task);
  io("command", v.command);
  io("expect", v.expect);
  io("metric", v.metric);
  io("unit", v.unit);
  io("projected", v.projected);
}

template <class Io>
void fields(Io& io, PlanReading& v) {
  io("field", v.field);
  io("value", v.value);
  io("from", v.from);
  io("assumed", v.assumed);
}

template <class Io>
void fields(Io& io, PlanWish& v) {
  io("task", v.task);
  io("model", v.model);
  io("streaming", v.streaming);
}

namespace {

// Words for the values of an enumeration, in its order.
template <class Io, class Enum>
void named(Io& io, const char* name, Enum& value, const std::vector<std::string>& words) {
  std::string word = words[static_cast<std::size_t>(value)];
  io(name, word);
  const auto at = std::find(words.begin(), words.end(), word);
  if (at != words.end()) value = static_cast<Enum>(at - words.begin());
}

}  // namespace

template <class Io>
void fields(Io& io, PlanRequest& v) {
  io("device", v.device);
  io("tasks", v.wishes);
  io("uses", v.uses);
  io("precision", v.precision);
  io("kv_type", v.kv_type);
  io("context_length", v.context_length);
  io("users", v.users);
  io("slo_ttft_ms", v.slo_ttft_ms);
  io("slo_tok_s", v.slo_tok_s);
  io("offline", v.offline);
  io("privacy", v.privacy);
  io("commercial", v.commercial);
  named(io, "power", v.power, {"unstated", "ac", "battery"});
  named(io, "quality", v.quality, {"balanced", "fast", "high"});
  io("budget_bytes", v.budget_bytes);
  io("memory_bytes", v.memory_bytes);
  io("accelerators", v.accelerators);
}

template <class Io>
void fields(Io& io, PlanUnderstanding& v) {
  fields(io, v.request);
  io("readings", v.readings);
}

template <class Io>
void fields(Io& io, Plan& v) {
  io("schema_version", v.schema_version);
  io("hearth_version", v.hearth_version);
  bool approved = v.approved();
  io("approved", approved);
  io("unserved", v.unserved);
  io("understood", v.understood);
  io("offline", v.offline);
  io("budgets", v.pools);
  std::uint64_t budget = v.budget_bytes();
  io("budget_bytes", budget);
  io("choices", v.choices);
  io("rejected", v.rejected);
  io("alternatives", v.alternatives);
  io("risks", v.risks);
  io("ladders", v.ladders);
  io("service_levels", v.slos);
  io("configs", v.configs);
  io("verification", v.verification);
}

std::string write_plan(const Plan& plan) {
  Plan copy = plan;  // the lists of fields serve reading too and take their values by reference
  documents::Json out = documents::Json::object();
  documents::FieldWriter writer(out);
  fields(writer, copy);
  out["device"] = documents::Json::parse(write_profile(plan.device));
  return out.dump(2, ' ', false, documents::Json::error_handler_t::replace) + "\n";
}

Result<Plan> read_plan(std::string_view json) {
  const auto document = documents::Json::parse(json, nullptr, false);
  if (document.is_discarded() || !document.is_object())
    return fail(ErrorCode::kInvalidData, "this is no plan: the text is no JSON object",
                "make one by: hearth plan --out DIR");
  Plan plan;
  plan.schema_version = 0;
  std::string fault;
  documents::FieldReader reader(document, "", fault);
  fields(reader, plan);
  if (!fault.empty())
    return fail(ErrorCode::kInvalidData, "the plan is damaged at " + fault, "make it again by: hearth plan --out DIR");
  if (plan.schema_version == 0 || !document.contains("choices") || !document.contains("device"))
    return fail(ErrorCode::kInvalidData, "this is no plan: schema_version, device or choices are missing",
                "make one by: hearth plan --out DIR");
  if (plan.schema_version > kPlanSchemaVersion)
    return fail(ErrorCode::kUnsupported,
                "the plan was made by a newer Hearth (schema " + std::to_string(plan.schema_version) + ")",
                "update Hearth, or make the plan again");
  HEARTH_ASSIGN(device, read_profile(document["device"].dump()));
  plan.device = std::move(device);
  return plan;
}

}  // namespace hearth
