#include "serve/llama_props.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "serve/hearth_model_choice.h"
#include "serve/llama_settings.h"

namespace hearth::serve {
namespace {

constexpr std::uint32_t kNewSeed = 0xFFFFFFFF;  // how llama-server says that each request draws one

Json props_of(const ModelFacts& facts, const std::string& build) {
  Json params = llama_settings({}, false);
  params["seed"] = kNewSeed;
  return {{"default_generation_settings", {{"params", std::move(params)}, {"n_ctx", facts.context_length}}},
          {"total_slots", facts.slots},
          {"model_alias", facts.name},
          {"model_path", facts.path},
          {"modalities", {{"vision", false}, {"video", false}, {"audio", false}}},
          {"endpoint_slots", true},
          {"endpoint_props", false},
          {"endpoint_metrics", true},
          {"chat_template", facts.chat_template},
          {"bos_token", ""},
          {"eos_token", ""},
          {"build_info", build},
          {"is_sleeping", facts.state != ModelState::kResident}};
}

std::string token_text(const TextKit& kit, Token token) {
  if (token < 0) return {};
  return kit.detokenize(std::span(&token, 1), true).value_or("");
}

Json slot_entry(const SlotFacts& slot, const ModelLoad& load, std::uint32_t n_ctx) {
  const bool busy = slot.request != 0;
  return {{"id", slot.index},
          {"model", load.model},
          {"n_ctx", n_ctx},
          {"is_processing", busy},
          {"id_task", busy ? Json(slot.request) : Json(-1)},
          {"n_prompt_tokens", slot.prompt_tokens},
          {"n_prompt_tokens_processed", std::min(slot.computed_tokens, slot.prompt_tokens)},
          {"next_token", {{{"has_next_token", slot.decoding}, {"n_decoded", slot.sent_tokens}}}}};
}

// All slots of the model: a load may name only those in use. True where one is idle.
bool append_slots(Json& list, const ModelLoad& load, const ModelFacts& facts) {
  std::map<std::uint32_t, SlotFacts> slots;
  for (std::uint32_t i = 0; i < facts.slots; ++i) slots[i].index = i;
  for (const auto& slot : load.slots) slots[slot.index] = slot;
  for (const auto& [index, slot] : slots) list.push_back(slot_entry(slot, load, facts.context_length));
  return std::any_of(slots.begin(), slots.end(), [](const auto& entry) { return entry.second.request == 0; });
}

}  // namespace

void answer_props(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  const auto facts = chosen_model(serving.service, query_value(exchange->request(), "model"));
  if (!facts) return exchange->respond_error(facts.error());
  Json props = props_of(*facts, serving.fingerprint);
  if (facts->state != ModelState::kResident) return exchange->respond({.body = json_text(props)});
  serving.service.with_kit(
      facts->name, [exchange, props = std::move(props)](const Result<std::shared_ptr<const TextKit>>& kit) mutable {
        if (!kit) return exchange->respond_error(kit.error());
        props["bos_token"] = token_text(**kit, (*kit)->info().bos);
        props["eos_token"] = token_text(**kit, (*kit)->info().eos);
        exchange->respond({.body = json_text(props)});
      });
}

void answer_slots(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  std::string wanted = query_value(exchange->request(), "model");
  if (!wanted.empty()) {
    auto facts = serving.service.model(wanted);
    if (!facts) return exchange->respond_error(facts.error());
    wanted = facts->name;
  }
  const EngineStatus status = serving.service.status();
  Json slots = Json::array();
  bool idle = false;
  for (const auto& load : status.loads) {
    if (!wanted.empty() && load.model != wanted) continue;
    const auto facts = std::find_if(status.models.begin(), status.models.end(),
                                    [&load](const ModelFacts& model) { return model.name == load.model; });
    if (facts != status.models.end()) idle = append_slots(slots, load, *facts) || idle;
  }
  if (!idle && !query_value(exchange->request(), "fail_on_no_slot").empty())
    return exchange->respond_error(Error(ErrorCode::kUnavailable, "no slot is idle", "try again in a moment"));
  exchange->respond({.body = json_text(slots)});
}

}  // namespace hearth::serve
