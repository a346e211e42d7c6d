#include "app/planned_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/plan_verification_measuring.h"

namespace hearth {
namespace {

// "models/qwen3-8b.gguf" is served as "qwen3-8b".
std::string served_name(const PlanChoice& choice) {
  const std::filesystem::path path(choice.model);
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

Result<ServedModelSettings> settings_of(const PlanChoice& choice, const std::string& reference,
                                        RuntimeRegistry& registry) {
  HEARTH_ASSIGN(runtime, registry.open(choice.runtime, Transport::kInProcess));
  HEARTH_ASSIGN(info, runtime->describe());
  const TextSessionOptions session = planned_session(choice, reference, info);
  ServedModelSettings settings;
  settings.name = served_name(choice);
  settings.aliases = {choice.task};
  settings.reference = reference;
  settings.runtime = session.runtime;
  settings.load = session.load;
  settings.text = session.text;
  settings.slots = std::max<std::uint32_t>(1, choice.users);
  settings.context_length = static_cast<std::uint32_t>(choice.context_length);
  settings.pinned = true;
  return settings;
}

// The plan's smaller model stands by for its choice, where a file of it is here.
void add_smaller(PlannedModels& out, const Plan& plan, const PlanChoice& choice, const ModelStore& store,
                 RuntimeRegistry& registry) {
  const auto ladder = plan.ladders.find(choice.task);
  if (ladder == plan.ladders.end()) return;
  const auto rung = std::ranges::find(ladder->second, std::string("smaller model"), &PlanRung::name);
  if (rung == ladder->second.end() || rung->model == choice.model || !resolve_model(rung->model, store)) return;
  PlanChoice less = choice;
  less.model = rung->model;
  less.file.clear();
  less.context_length = rung->context_length;
  auto settings = settings_of(less, rung->model, registry);
  const auto large = std::ranges::find(out.models, served_name(choice), &ServedModelSettings::name);
  if (!settings || large == out.models.end() || settings->name == large->name) return;
  large->smaller = settings->name;
  if (std::ranges::find(out.models, settings->name, &ServedModelSettings::name) != out.models.end()) return;
  settings->aliases.clear();
  settings->pinned = false;
  settings->standby = true;
  out.models.push_back(std::move(*settings));
}

}  // namespace

bool generates_text(const PlanChoice& choice) {
  if (choice.task == plan_task::kChat || choice.task == "code") return true;
  return choice.projection.decode_tok_s.has_value() && choice.task != "image_chat";
}

Result<PlannedPictureModel> planned_picture_model(const Plan& plan, VisionTask task, const ModelStore& store) {
  const std::string name(vision_task_name(task));
  auto chosen = std::ranges::find(plan.choices, name, &PlanChoice::task);
  if (chosen == plan.choices.end())
    chosen = std::ranges::find(plan.choices, std::string(plan_task::kVision), &PlanChoice::task);
  if (chosen == plan.choices.end()) {
    return fail(ErrorCode::kNotFound, fmt::format("the current plan chose no model to {} with", name),
                fmt::format("name one with -m, or plan one: hearth plan --task {}", name));
  }
  PlannedPictureModel planned{.model = chosen->model,
                              .reference = chosen->file.empty() ? chosen->model : chosen->file,
                              .runtime = chosen->runtime,
                              .n_threads = static_cast<std::uint32_t>(std::max(chosen->settings.threads, 0))};
  if (auto resolved = resolve_model(planned.reference, store); !resolved) {
    return fail(ErrorCode::kNotFound,
                fmt::format("the current plan chose {} to {} with, of which no file is here", chosen->model, name),
                chosen->file.empty() ? fmt::format("`hearth models add FILE --name {}` brings one", chosen->model)
                                     : "bring " + chosen->file + " back, or name a model with -m");
  }
  return planned;
}

Result<PlannedModels> planned_models(const Plan& plan, const ModelStore& store, RuntimeRegistry& registry) {
  PlannedModels out;
  for (const PlanChoice& choice : plan.choices) {
    const auto skip = [&](const std::string& why) {
      out.notices.push_back(fmt::format("{} ({}) is not served: {}", choice.task, choice.model, why));
    };
    if (!generates_text(choice)) {
      skip("this program does not run this task yet");
      continue;
    }
    const std::string reference = choice.file.empty() ? choice.model : choice.file;
    auto resolved = resolve_model(reference, store);
    if (!resolved && !choice.file.empty()) {
      Error error = std::move(resolved).error();
      error.message = fmt::format("the model that the plan names for {} is not here: {}", choice.task, error.message);
      error.hint = "bring the file back, or plan again with `hearth plan --model FILE`";
      return fail(std::move(error));
    }
    if (!resolved) {
      skip(fmt::format("no file of it is here; `hearth models add FILE --name {}` brings one", choice.model));
      continue;
    }
    auto settings = settings_of(choice, reference, registry);
    if (!settings) {
      skip(settings.error().message);
      continue;
    }
    const auto same = std::ranges::find(out.models, settings->name, &ServedModelSettings::name);
    if (same == out.models.end())
      out.models.push_back(std::move(*settings));
    else
      same->aliases.push_back(choice.task);
  }
  for (const PlanChoice& choice : plan.choices)
    if (generates_text(choice)) add_smaller(out, plan, choice, store, registry);
  if (out.models.empty())
    return fail(ErrorCode::kUnavailable, "nothing of this plan can be served here",
                out.notices.empty() ? "plan a text model" : out.notices.front());
  return out;
}

}  // namespace hearth
