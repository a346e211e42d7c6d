#include "app/plan_maker.h"

#include <algorithm>

#include "app/catalog_loading.h"
#include "app/known_runtimes.h"
#include "app/ledger_measurements.h"
#include "app/machine_probe.h"
#include "app/model_card.h"
#include "app/model_fit.h"
#include "app/model_opening.h"
#include "app/model_place.h"
#include "app/plan_verification_input.h"
#include "app/weight_reading.h"
#include "deploy/deploy.h"
#include "documents/plan_json.h"
#include "documents/profile_json.h"
#include "plan/device_profile.h"
#include "plan/plan_explanations.h"
#include "plan/planner.h"
#include "plan/request_words.h"
#include "plan/task_spec.h"
#include "platform/file.h"
#include "platform/http_range.h"
#include "store/sha256.h"

namespace hearth {
namespace {

constexpr std::uint64_t kProfileBytesMax = 16U << 20U;
constexpr const char* kHere = "probe";

bool names_a_file(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(".json") || text.ends_with(".gguf");
}

// Of the licences that say yes without more; of others a file's header tells too little.
std::string commercial_use(std::string licence) {
  std::transform(licence.begin(), licence.end(), licence.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* free : {"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "unlicense"})
    if (licence == free) return "yes";
  return "";
}

PlanCatalog view_of(const Catalog& catalog) {
  return {catalog.devices(),    catalog.models(),  catalog.runtimes(),
          catalog.precisions(), catalog.presets(), catalog.slos()};
}

class OrderPlanner {
 public:
  OrderPlanner(HearthApp& app, const PlanOrder& order) : app_(app), order_(order) {}

  Result<MadePlan> plan() {
    const auto& data = app_.installation().data_folder;
    HEARTH_ASSIGN(catalog, load_catalog(data));
    HEARTH_ASSIGN(speed, load_speed_model(data));
    inputs_.catalog = view_of(catalog);
    inputs_.speed = &speed;
    inputs_.hearth_version = build_version();
    PlanRequest request = order_.flags;
    HEARTH_TRY(take_models(request, catalog));
    PlanUnderstanding understanding;
    understanding.request = request;
    if (!order_.words.empty()) {
      HEARTH_ASSIGN(read, read_request_words(order_.words, request, inputs_.catalog));
      understanding = std::move(read);
    }
    HEARTH_TRY(complete_request(understanding, inputs_.catalog));
    HEARTH_ASSIGN(machine, machine_of(understanding.request.device, catalog));
    if (here_) {
      note_installed();
      HEARTH_TRY(note_measured(machine));
    }
    HEARTH_ASSIGN(plan, make_plan(inputs_, machine, understanding));
    if (here_) refine(plan);
    plan.configs = deployment_configs(plan);
    return MadePlan{std::move(plan), std::move(extras_)};
  }

 private:
  // Each model goes to the task it is made for; a task that was asked for without a model gets it.
  Status take_models(PlanRequest& request, const Catalog& catalog) {
    for (const auto& name : order_.models) {
      std::string id, task;
      if (auto record = catalog.model(name)) {
        id = (*record)->id;
        task = task_of_model(**record);
      } else {
        HEARTH_ASSIGN(card, card_of_file(name, record.error(), catalog));
        id = card.id;
        task = task_of_model(card);
        inputs_.files.push_back(std::move(card));
      }
      const auto open = std::find_if(request.wishes.begin(), request.wishes.end(), [&](const PlanWish& wish) {
        return wish.model.empty() && (wish.task == task || (task == "chat" && wish.task == "code") ||
                                      (task == "detect" && wish.task == "vision"));
      });
      if (open != request.wishes.end()) {
        open->model = id;
      } else {
        request.wishes.push_back({task, id, false});
      }
    }
    return {};
  }

  // Words may ask for offline as well as the flag; they count before anything is fetched.
  bool is_offline() const {
    const auto read = read_request_words(order_.words, order_.flags, inputs_.catalog);
    return order_.flags.offline || (read && read->request.offline);
  }

  Result<CatalogModel> card_of_address(const std::string& url, const Catalog& catalog) {
    HEARTH_ASSIGN(place, ModelPlace::of(url, is_offline()));
    HEARTH_ASSIGN(weights, read_stored_weights(place));
    if (!weights.gguf)
      return fail(ErrorCode::kUnsupported,
                  "only GGUF files can be planned by their header; " + url + " is " + weights.format,
                  "name the model as the catalogue does");
    HEARTH_ASSIGN(card, card_of_gguf(*weights.gguf));
    card.id = url;
    card.name = place.file_name();
    card.publisher = "file";
    card.files.front().bytes = weights.bytes;
    HEARTH_TRY(complete_card(card, catalog));
    return card;
  }

  Result<CatalogModel> card_of_file(const std::string& name, const Error& unknown, const Catalog& catalog) {
    if (is_http_url(name)) return card_of_address(name, catalog);
    auto file = open_model_file(name, app_.store(), app_.registry());
    if (!file) return fail(names_a_file(name) ? file.error() : unknown);
    if (!file->header)
      return fail(ErrorCode::kUnsupported,
                  "only GGUF files can be planned by their header; " + name + " is " + file->format,
                  "name the model as the catalogue does");
    HEARTH_ASSIGN(card, card_of_gguf(*file->header));
    card.id = std::filesystem::absolute(file->model.path).lexically_normal().string();
    card.name = file->model.name;
    card.publisher = "file";
    HEARTH_TRY(complete_card(card, catalog));
    return card;
  }

  static Status complete_card(CatalogModel& card, const Catalog& catalog) {
    if (card.tasks.empty()) card.tasks = {"chat", "complete"};
    card.formats = {"gguf"};
    card.licence.commercial = commercial_use(card.licence.spdx);
    for (auto& one : card.files) {
      HEARTH_ASSIGN(precision, catalog.precision(one.precision));
      one.precision = precision->id;
      one.format = "gguf";
    }
    return {};
  }

  Result<HardwareProfile> machine_of(const std::string& device, const Catalog& catalog) {
    if (device == kHere) {
      here_ = true;
      return probe_machine(probe_of(catalog, false));
    }
    if (auto record = catalog.device(device)) {
      return profile_of(**record);
    } else if (!names_a_file(device)) {
      return fail(record.error());
    }
    HEARTH_ASSIGN(text, read_file(device, kProfileBytesMax));
    HEARTH_ASSIGN(profile, read_profile(text));
    here_ = is_this_machine(profile, catalog);
    profile.source = "file";
    return profile;
  }

  [[nodiscard]] ProbeRequest probe_of(const Catalog& catalog, bool quick) const {
    ProbeRequest probe;
    probe.quick = quick;
    probe.home = app_.home();
    probe.data_folder = app_.installation().data_folder;
    probe.catalog = &catalog;
    return probe;
  }

  // A profile of this machine is planned like the machine itself: with what is installed and was measured here.
  bool is_this_machine(const HardwareProfile& profile, const Catalog& catalog) const {
    const auto own = probe_machine(probe_of(catalog, true));
    return own && machine_key(*own) == machine_key(profile) && own->memory.total_bytes == profile.memory.total_bytes &&
           own->cpu.threads == profile.cpu.threads;
  }

  void note_installed() {
    for (const auto& known : known_runtimes(app_.registry(), app_.installation().data_folder))
      inputs_.installed.push_back({known.name, known.present && known.score.score > 0, known.score.hint});
  }

  // A ledger that can't be read costs corrections, not the plan.
  Status note_measured(const HardwareProfile& machine) {
    const auto file = app_.home() / kLedgerFile;
    if (!file_info(file)) return {};
    auto ledger = Ledger::open(file);
    if (!ledger) return {};
    HEARTH_ASSIGN(measured, plan_measurements(*ledger, machine_key(machine)));
    inputs_.measured = std::move(measured);
    LedgerFilter filter;
    filter.machine = machine_key(machine);
    HEARTH_ASSIGN(records, ledger->records(filter));
    for (const auto& record : records)
      if (!record.disturbed && record.projected)
        extras_.measurements.push_back({record.model + " " + record.metric,
                                        {*record.projected, *record.projected, *record.projected},
                                        record.measured,
                                        record.unit});
    return {};
  }

  // What the runtime itself says of a file that is here replaces the formula.
  void refine(Plan& plan) {
    for (auto& choice : plan.choices) {
      if (choice.file.empty() || !choice.runtime_present) continue;
      FitRequest fit;
      fit.model = choice.file;
      fit.context_length = static_cast<std::uint32_t>(choice.context_length);
      fit.users = choice.users;
      fit.use_mmap = choice.settings.mmap.value_or(true);
      fit.micro_batch = static_cast<std::uint32_t>(choice.settings.prompt_microbatch.value_or(0));
      if (choice.settings.flash_attention)
        fit.flash_attention = *choice.settings.flash_attention ? Toggle::kOn : Toggle::kOff;
      if (!choice.settings.kv_type.empty()) fit.kv_type = choice.settings.kv_type;
      auto report = fit_model(app_.session_host(), app_.installation().data_folder, fit);
      if (!report) {
        choice.caveats.push_back("the runtime's own estimate failed: " + report.error().message);
        continue;
      }
      take_estimate(plan, choice, std::move(report->need));
      note_hash(choice);
    }
    plan.verification = verification_of(plan);
  }

  // This process has probed and planned: what it once held is no overhead of the runtime, so the formula's figure for
  // that stays.
  static void take_estimate(Plan& plan, PlanChoice& choice, MemoryBreakdown estimate) {
    const std::uint64_t before = choice.memory.total_bytes();
    const std::uint64_t runtime = choice.memory.component_bytes(memory_component::kRuntime);
    for (auto& item : estimate.items)
      if (item.component == memory_component::kRuntime) item.bytes = std::min(item.bytes, runtime);
    choice.memory = std::move(estimate);
    choice.memory_basis = fit_basis::kEstimate;
    if (choice.device != "cpu") return;
    const std::uint64_t after = choice.memory.total_bytes();
    for (auto& [pool, bytes] : choice.placement.bytes)
      if (pool == "ram") bytes = bytes - std::min(bytes, before) + after;
    auto& ram = plan.pools.front();
    ram.planned_bytes = ram.planned_bytes - std::min(ram.planned_bytes, before) + after;
  }

  // So that verify can tell a changed file. Larger files would keep the plan waiting for seconds.
  static void note_hash(PlanChoice& choice) {
    constexpr std::uint64_t kHashedMax = 1ULL << 30U;
    const auto info = file_info(choice.file);
    if (!info || info->size_bytes > kHashedMax) return;
    if (auto hash = sha256_file(choice.file)) choice.file_sha256 = std::move(*hash);
  }

  HearthApp& app_;
  const PlanOrder& order_;
  PlanInputs inputs_;
  ReportExtras extras_;
  bool here_ = false;
};

}  // namespace

Result<MadePlan> plan_order(HearthApp& app, const PlanOrder& order) { return OrderPlanner(app, order).plan(); }

std::filesystem::path current_plan_folder(const std::filesystem::path& home) { return home / "plans" / "current"; }

Status write_plan_folder(const MadePlan& made, const std::filesystem::path& folder) {
  const Plan& plan = made.plan;
  HEARTH_TRY(ensure_folder(folder));
  for (const auto& config : plan.configs) {
    const auto path = folder / config.path;
    HEARTH_TRY(ensure_folder(path.parent_path()));
    HEARTH_TRY(write_file_atomic(path, config.text));
    if (config.executable)
      std::filesystem::permissions(path, std::filesystem::perms::owner_exec | std::filesystem::perms::group_exec,
                                   std::filesystem::perm_options::add);
  }
  HEARTH_TRY(write_file_atomic(folder / "report.md", report_markdown(plan)));
  HEARTH_TRY(write_file_atomic(folder / "report.html", report_html(plan, made.extras)));
  // last: a folder with a plan.json is a whole one
  return write_file_atomic(folder / "plan.json", write_plan(plan));
}

}  // namespace hearth
