#include "app/plan_verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/model_reference.h"
#include "app/plan_verification_checks.h"
#include "app/plan_verification_measuring.h"
#include "app/plan_verification_records.h"
#include "app/plan_verification_speech.h"
#include "app/plan_verification_tensor.h"
#include "app/planned_models.h"
#include "store/sha256.h"

namespace hearth {
namespace {

bool ends_everything(ErrorCode code) { return code == ErrorCode::kCancelled || code == ErrorCode::kDeadlineExceeded; }

class Verification {
 public:
  Verification(const VerifyHost& host, const Plan& plan, const VerifyOptions& options, const CallBounds& bounds)
      : host_(host), plan_(plan), options_(options), bounds_(bounds) {}

  Result<VerifyReport> run() {
    watch_.start({});
    report_.machine = host_.machine;
    for (const auto& choice : plan_.choices) HEARTH_TRY(verify_choice(choice));
    for (const auto& task : plan_.unserved) skip({.name = task, .task = task}, "the plan found nothing for this task");
    if (tried_ == 0)
      return fail(ErrorCode::kUnavailable, fmt::format("nothing of the plan can be measured here: {}", reasons()),
                  "`hearth runtimes` says how to install what is missing; plan a model that is a file here with "
                  "`hearth plan --model FILE`");
    if (host_.ledger == nullptr) report_.notices.emplace_back("the ledger could not be opened: nothing was recorded");
    note_disturbance();
    // Over all of it the time of workers that are gone can't be told from that of others: the worst of the samples.
    report_.conditions = watch_.stop({}).conditions;
    report_.conditions.other_cpu_share = other_cpu_share_;
    return std::move(report_);
  }

 private:
  Status verify_choice(const PlanChoice& choice) {
    HEARTH_ASSIGN(file, model_file(choice));
    const auto obstacle = obstacle_of(choice, file);
    if (!obstacle.empty()) {
      skip({.name = choice.task, .task = choice.task}, obstacle);
      return {};
    }
    ++tried_;
    tell(fmt::format("{}: {} on {}", choice.task, choice.model_name.empty() ? choice.model : choice.model_name,
                     choice.runtime));
    HEARTH_ASSIGN(sha256, checked_hash(choice, file));
    HEARTH_ASSIGN(runtime, host_.session.registry.open(choice.runtime, Transport::kInProcess));
    HEARTH_ASSIGN(info, runtime->describe());
    auto session = planned_session(choice, file.string(), info);
    // A process remembers the peak of all it ever held: with several models each gets a process of its own.
    if (text_choices() > 1) session.transport = TransportChoice::kWorker;
    MeasuringOptions measuring;
    measuring.sustained_s = options_.sustained_s;
    measuring.repeats = std::max(1U, options_.repeats);
    measuring.ttft_prompt_tokens = choice.projection.ttft_prompt_tokens;
    measuring.context_length = choice.context_length;
    const MeasuredTextSource source = [&]() -> Result<std::unique_ptr<MeasuredText>> {
      if (host_.server) {
        HEARTH_ASSIGN(served, attach_measured_text(*host_.server, file));
        if (served) return served;
      }
      return load_measured_text(host_.session, session, bounds_);
    };
    measuring.on_progress = [this](const std::string& what) { tell("  " + what); };
    auto measured = generates_text(choice)    ? measure_text_choice(host_.session, session, source, measuring, bounds_)
                    : measures_speech(choice) ? measure_speech_choice(host_.session, choice, file, measuring, bounds_)
                                              : measure_tensor_choice({host_.session, host_.home, host_.data, logger_},
                                                                      choice, file, measuring, bounds_);
    if (!measured) return failed(choice, std::move(measured).error());
    const auto checks = compare_choice(plan_, choice, measured->measurements, options_.tolerance);
    report_.checks.insert(report_.checks.end(), checks.begin(), checks.end());
    for (const auto& notice : measured->notices) report_.notices.push_back(choice.task + ": " + notice);
    for (const auto& one : measured->measurements)
      if (const auto share = one.conditions.other_cpu_share)
        other_cpu_share_ = std::max(other_cpu_share_.value_or(0), *share);
    record(choice, sha256, *measured);
    return {};
  }

  [[nodiscard]] bool measures_speech(const PlanChoice& choice) const {
    return runs_speech(choice, host_.session.registry);
  }

  [[nodiscard]] std::ptrdiff_t text_choices() const {
    return std::count_if(plan_.choices.begin(), plan_.choices.end(), generates_text);
  }

  // The file of the choice; empty where none is here and the plan didn't say that there is one.
  Result<std::filesystem::path> model_file(const PlanChoice& choice) const {
    if (choice.file.empty()) {
      const auto resolved = resolve_model(choice.model, host_.session.store);
      return resolved ? resolved->path : std::filesystem::path();
    }
    auto resolved = resolve_model(choice.file, host_.session.store);
    if (resolved) return resolved->path;
    auto error = std::move(resolved).error();
    error.message = fmt::format("the model that the plan names for {} is not here: {}", choice.task, error.message);
    error.hint = "bring the file back, or plan again with `hearth plan --model FILE`";
    return fail(std::move(error));
  }

  [[nodiscard]] std::string obstacle_of(const PlanChoice& choice, const std::filesystem::path& file) const {
    const auto names = host_.session.registry.names();
    const std::string runtime = choice.runtime_name.empty() ? choice.runtime : choice.runtime_name;
    if (std::find(names.begin(), names.end(), choice.runtime) == names.end())
      return fmt::format("the runtime {} is not on this machine", runtime);
    const bool text = generates_text(choice);
    if (!text && !measures_speech(choice) && !runs_tensors(choice, host_.session.registry))
      return "this program doesn't measure this task yet";
    if (file.empty()) return fmt::format("no file of {} is here", choice.model);
    if (text && choice.context_length == 0) return "the plan says no context length";
    return {};
  }

  Result<std::string> checked_hash(const PlanChoice& choice, const std::filesystem::path& file) {
    HEARTH_ASSIGN(sha256, sha256_file(file));
    if (choice.file_sha256.empty() || choice.file_sha256 == sha256) return sha256;
    const auto message = fmt::format("{} is not the file that was planned: its SHA-256 is {}, the plan says {}",
                                     file.string(), sha256, choice.file_sha256);
    if (!options_.force)
      return fail(ErrorCode::kInvalidData, message, "plan again, or go on with the changed file: --force");
    report_.notices.push_back(message);
    return sha256;
  }

  // What doesn't run is a promise not kept, unless the caller ended it.
  Status failed(const PlanChoice& choice, Error error) {
    if (ends_everything(error.code)) return fail(std::move(error));
    VerifyCheck check{.name = choice.task + ".load", .task = choice.task, .metric = "load_ms", .unit = "ms"};
    check.pass = false;
    check.note = error.message + (error.hint.empty() ? "" : "; " + error.hint);
    report_.checks.push_back(std::move(check));
    return {};
  }

  void record(const PlanChoice& choice, const std::string& sha256, const MeasuredChoice& measured) {
    if (host_.ledger == nullptr) return;
    const RecordedSubject subject{host_.machine, sha256, measured.runtime_version, host_.session.clock.wall_now()};
    for (const auto& one : records_of(choice, measured, subject)) {
      if (auto done = host_.ledger->append(one); !done) {
        report_.notices.push_back("the ledger took no more records: " + to_string(done.error()));
        return;
      }
      ++report_.recorded;
    }
  }

  void note_disturbance() {
    const auto n =
        std::count_if(report_.checks.begin(), report_.checks.end(), [](const auto& c) { return c.disturbed; });
    if (n == 0) return;
    report_.notices.push_back(fmt::format(
        "every sample of {} figure{} was disturbed: close other programs and verify again", n, n == 1 ? "" : "s"));
  }

  void skip(VerifyCheck check, std::string reason) {
    check.skipped = std::move(reason);
    report_.checks.push_back(std::move(check));
  }

  [[nodiscard]] std::string reasons() const {
    std::string text;
    for (const auto& check : report_.checks)
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", check.task, check.skipped);
    return text.empty() ? "it has no choice" : text;
  }

  void tell(const std::string& text) const {
    if (host_.on_progress) host_.on_progress(text);
  }

  const VerifyHost& host_;
  const Plan& plan_;
  const VerifyOptions& options_;
  const CallBounds& bounds_;
  NullLogger logger_;  // of loads that are measured: what fails is a check
  ConditionsWatch watch_;
  VerifyReport report_;
  std::optional<double> other_cpu_share_;
  int tried_ = 0;
};

}  // namespace

std::size_t VerifyReport::passed() const {
  return static_cast<std::size_t>(
      std::count_if(checks.begin(), checks.end(), [](const auto& c) { return c.pass.value_or(false); }));
}

std::size_t VerifyReport::failed() const {
  return static_cast<std::size_t>(
      std::count_if(checks.begin(), checks.end(), [](const auto& c) { return !c.pass.value_or(true); }));
}

Result<VerifyReport> verify_plan(const VerifyHost& host, const Plan& plan, const VerifyOptions& options,
                                 const CallBounds& bounds) {
  return Verification(host, plan, options, bounds).run();
}

}  // namespace hearth
