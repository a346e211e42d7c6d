#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/contains.h"
#include "base/nearest_name.h"
#include "base/units.h"
#include "plan/request_words.h"

namespace hearth {
namespace {

constexpr std::array<std::string_view, 12> kTasks = {"chat",   "code",    "image_chat",  "vision",
                                                     "detect", "segment", "classify",    "stt",
                                                     "tts",    "embed",   "image_embed", "rerank"};
constexpr std::uint64_t kContextMax = 1ULL << 24U;  // beyond what any open-weight model was trained for
// Named where somebody tells a memory size and no device: the plainest machine of that size.
constexpr std::string_view kPlainMachine = "nuc-11-i5-1135g7-16gb";

Status bad(std::string message, std::string hint) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::move(hint));
}

template <class Record>
Result<const Record*> resolve(std::span<const Record> records, const std::string& name, const char* kind) {
  std::vector<std::string> names;
  for (const auto& record : records) {
    names.push_back(record.id);
    names.insert(names.end(), record.aliases.begin(), record.aliases.end());
    for (auto it = names.end() - 1 - static_cast<std::ptrdiff_t>(record.aliases.size()); it != names.end(); ++it)
      if (plain_name(*it) == plain_name(name)) return &record;
  }
  const auto nearest = nearest_name(name, names);
  return fail(ErrorCode::kNotFound, fmt::format("unknown {} '{}'", kind, name),
              nearest ? fmt::format("did you mean '{}'?", *nearest) : fmt::format("see the catalogue's {}s", kind));
}

Status check_tasks(PlanRequest& request) {
  for (auto& wish : request.wishes) {
    if (wish.task == "vision") wish.task = "detect";
    if (wish.task == "vision_chat") wish.task = "image_chat";
    if (wish.task == "code") {
      wish.task = plan_task::kChat;
      if (!contains(request.uses, "code")) request.uses.emplace_back("code");
    }
    if (std::find(kTasks.begin(), kTasks.end(), wish.task) != kTasks.end()) continue;
    std::vector<std::string> known(kTasks.begin(), kTasks.end());
    const auto nearest = nearest_name(wish.task, known);
    return bad(
        fmt::format("unknown task '{}'", wish.task),
        nearest ? fmt::format("did you mean '{}'?", *nearest) : fmt::format("known tasks: {}", fmt::join(known, ", ")));
  }
  return {};
}

Status check_numbers(const PlanRequest& request) {
  if (request.users == 0) return bad("a plan for 0 users serves nobody", "give --users 1 or more");
  if (request.context_length && *request.context_length == 0)
    return bad("a context of 0 tokens holds nothing", "give --ctx 512 or more");
  if (request.context_length && *request.context_length > kContextMax)
    return bad(fmt::format("a context of {} tokens is beyond any open-weight model", *request.context_length),
               fmt::format("the largest this catalogue plans is {}", kContextMax));
  for (const auto& [name, value] :
       {std::pair{"--slo-ttft-ms", request.slo_ttft_ms}, std::pair{"--slo-tok-s", request.slo_tok_s}})
    if (value && !(*value > 0))
      return bad(fmt::format("{} must be above 0", name), "leave it out to let the plan decide");
  if (request.budget_bytes && *request.budget_bytes < 16 * kMiB)
    return bad(fmt::format("a budget of {} holds no model", format_bytes(*request.budget_bytes)),
               "give --budget-gib 0.1 or more");
  if (request.memory_bytes && *request.memory_bytes < 64 * kMiB)
    return bad(fmt::format("a machine with {} runs no model", format_bytes(*request.memory_bytes)),
               "give its memory in GB");
  return {};
}

Status check_precision(PlanRequest& request, const PlanCatalog& catalog) {
  if (request.precision) {
    HEARTH_ASSIGN(precision, resolve(catalog.precisions, *request.precision, "precision"));
    if (precision->group == "kv_cache")
      return bad(fmt::format("{} is a precision of the cache, not of weights", precision->name),
                 "give it as --kv-type");
    request.precision = precision->id;
  }
  if (request.kv_type) {
    const std::string wanted = request.kv_type->rfind("kv-", 0) == 0 ? *request.kv_type : "kv-" + *request.kv_type;
    HEARTH_ASSIGN(kv, resolve(catalog.precisions, wanted, "cache precision"));
    request.kv_type = kv->id;
  }
  return {};
}

Status check_models(PlanRequest& request, const PlanCatalog& catalog) {
  for (auto& wish : request.wishes) {
    if (wish.model.empty() || wish.model.find('/') == 0 || wish.model.ends_with(".gguf")) continue;
    HEARTH_ASSIGN(model, resolve(catalog.models, wish.model, "model"));
    wish.model = model->id;
    if (request.context_length && model->decoder && model->decoder->context_length > 0 &&
        *request.context_length > model->decoder->context_length)
      return bad(fmt::format("{} was trained for {} tokens and {} are asked for", model->name,
                             model->decoder->context_length, *request.context_length),
                 fmt::format("give --ctx {} or less", model->decoder->context_length));
  }
  return {};
}

// A floor and a lower precision asked for at once contradict each other; the floor wins only where the use was named.
Status check_floor(const PlanRequest& request, const PlanCatalog& catalog) {
  if (!request.precision || request.quality != PlanQuality::kHigh) return {};
  const auto* asked = find_record(catalog.precisions, *request.precision);
  for (const auto& floor : catalog.precisions)
    for (const auto& use : floor.floor_for)
      if (use == "high_fidelity" && asked && asked->rung < floor.rung)
        return bad(fmt::format("high quality and {} contradict each other: its floor is {}", asked->name, floor.name),
                   "drop one of the two wishes");
  return {};
}

void assume(PlanUnderstanding& u, std::string field, std::string value, std::string why) {
  u.readings.push_back({std::move(field), std::move(value), std::move(why), true});
}

void assume_device(PlanUnderstanding& u) {
  auto& request = u.request;
  if (!request.device.empty()) return;
  request.device = request.memory_bytes ? std::string(kPlainMachine) : "probe";
  assume(u, "device", request.device,
         request.memory_bytes ? "no device is named: a plain mini-PC with that much memory"
                              : "no device is named: this machine");
}

void assume_rest(PlanUnderstanding& u) {
  auto& request = u.request;
  if (request.wishes.empty()) {
    request.wishes.push_back({plan_task::kChat, "", false});
    assume(u, "task", plan_task::kChat, "no task is named");
  }
  const bool talks = std::any_of(request.wishes.begin(), request.wishes.end(), [](const auto& wish) {
    return wish.task == plan_task::kChat || wish.task == "image_chat";
  });
  if (talks && request.uses.empty()) {
    request.uses.emplace_back("chat");
    assume(u, "use", "chat", "no use is named: the floor of conversation holds");
  }
  if (request.quality == PlanQuality::kHigh && !contains(request.uses, "high_fidelity"))
    request.uses.emplace_back("high_fidelity");
  if (request.privacy && !request.offline)
    assume(u, "remote", "never", "privacy is asked for, so nothing remote is proposed");
}

}  // namespace

Status complete_request(PlanUnderstanding& understanding, const PlanCatalog& catalog) {
  auto& request = understanding.request;
  HEARTH_TRY(check_tasks(request));
  HEARTH_TRY(check_numbers(request));
  HEARTH_TRY(check_precision(request, catalog));
  HEARTH_TRY(check_models(request, catalog));
  HEARTH_TRY(check_floor(request, catalog));
  assume_device(understanding);
  assume_rest(understanding);
  return {};
}

}  // namespace hearth
