#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "base/contains.h"
#include "base/units.h"
#include "plan/candidate_variant.h"
#include "plan/model_quality.h"
#include "plan/plan_explanations.h"

namespace hearth {
namespace {

constexpr std::uint64_t kLeastContext = 1024;
constexpr int kLeastUsefulRung = 15;  // below Q2_K a model is hardly itself

const CatalogPrecision* precision_of(const PlanContext& context, std::string_view id) {
  return find_record(context.inputs.catalog.precisions, id);
}

std::string tokens(std::uint64_t n) { return n % 1024 == 0 ? fmt::format("{}k", n / 1024) : fmt::format("{}", n); }

// Searches ways for one task; `base` is the wished model as it would run, fitting or not.
class WaysOut {
 public:
  WaysOut(const DecidedTask& task, const PlanContext& context) : task_(task), context_(context) {}

  std::vector<PlanAlternative> find() {
    if (task_.chosen) {
      around_choice();
    } else {
      for_unserved();
    }
    return std::move(out_);
  }

 private:
  const TaskSpec& spec() const { return task_.options->spec; }

  bool fits(const Candidate& c) const { return context_.ledger.fits(PoolLedger::sum(c.bytes, task_.others)); }

  PlanAlternative described(const Candidate& c, std::string kind, std::string what) const {
    PlanAlternative out;
    out.task = spec().wish.task;
    out.kind = std::move(kind);
    out.what = std::move(what);
    out.model = c.model->id;
    out.precision = c.precision->id;
    out.runtime = c.target->runtime->id;
    if (c.kv) out.kv_type = kv_word(*c.kv);
    out.context_length = c.context_length;
    out.total_bytes = c.memory.total();
    out.fits = fits(c);
    out.decode_tok_s = c.speed.decode;
    if (!spec().generates_text) out.latency_ms = c.speed.latency_ms;
    return out;
  }

  // ---- a task that is served -------------------------------------------------------------------------------------

  void around_choice() {
    const Candidate& chosen = *task_.chosen;
    add_best("smaller_model", [&](const Candidate& c) {
      return c.model != chosen.model && c.memory.total() * 10 < chosen.memory.total() * 7;
    });
    add_best("other_model",
             [&](const Candidate& c) { return c.model != chosen.model && c.model->family != chosen.model->family; });
    for (const auto& gain : task_.options->gains)
      if (gain.other.model == chosen.model) {
        out_.push_back(described(gain.other, "other_runtime",
                                 fmt::format("{} would be {:.0f} % faster; a change of runtime is made above 50 %",
                                             gain.other.target->runtime->name, (gain.gain - 1) * 100)));
        out_.back().gain = gain.gain;
      }
    if (!spec().generates_text) return;
    vary(chosen, "lower_precision", [&](Candidate& c) { return lower_precision(c); });
    vary(chosen, "kv_quantisation", [&](Candidate& c) { return kv_to(c, "kv-q4-0"); });
    vary(chosen, "shorter_context", [&](Candidate& c) {
      if (c.context_length / 2 < kLeastContext) return false;
      c.context_length /= 2;
      return true;
    });
  }

  template <class Accept>
  void add_best(const char* kind, Accept accept) {
    for (const auto& option : task_.options->of_models) {
      if (!accept(option)) continue;
      if (std::any_of(out_.begin(), out_.end(), [&](const auto& a) { return a.model == option.model->id; })) continue;
      out_.push_back(described(option, kind,
                               fmt::format("{} in {} on {}: {}", option.model->name, option.precision->name,
                                           option.target->runtime->name, format_bytes(option.memory.total()))));
      return;
    }
  }

  // A variant of a candidate, with its memory and speed counted again.
  void vary(const Candidate& base, const char* kind, const std::function<bool(Candidate&)>& change) {
    Candidate c = base;
    if (!change(c) || !recount(c, context_)) return;
    out_.push_back(described(c, kind, sentence(kind, c, base)));
  }

  std::string sentence(std::string_view kind, const Candidate& c, const Candidate& base) const {
    const std::string bytes = format_bytes(c.memory.total());
    const std::string saved = base.memory.total() > c.memory.total()
                                  ? fmt::format(", {} less", format_bytes(base.memory.total() - c.memory.total()))
                                  : "";
    if (kind == "lower_precision") {
      const bool below = context_.floor && c.precision->rung < context_.floor->rung;
      return fmt::format("{} in {}: {}{}{}", c.model->name, c.precision->name, bytes, saved,
                         below ? fmt::format("; below the floor of its use, {}", context_.floor->name) : "");
    }
    if (kind == "kv_quantisation") return fmt::format("cache in {}: {}{}", c.kv ? kv_word(*c.kv) : "", bytes, saved);
    if (kind == "fewer_users")
      return fmt::format("{} user{} at a time: {}{}", c.users, c.users == 1 ? "" : "s", bytes, saved);
    return fmt::format("a context of {} tokens: {}{}", tokens(c.context_length), bytes, saved);
  }

  bool lower_precision(Candidate& c) const {
    const CatalogPrecision* best = nullptr;
    for (const auto& id : c.target->support->precisions) {
      const auto* p = precision_of(context_, id);
      if (p && p->group == c.precision->group && p->bits_per_weight < c.precision->bits_per_weight &&
          p->rung < c.precision->rung && p->rung >= kLeastUsefulRung && (!best || p->rung > best->rung))
        best = p;
    }
    if (!best) return false;
    c.precision = best;
    return true;
  }

  bool kv_to(Candidate& c, std::string_view id) const {
    const auto* kv = precision_of(context_, id);
    if (!kv || !c.kv || c.kv->rung <= kv->rung) return false;
    c.kv = kv;
    return true;
  }

  // ---- a task that is not ----------------------------------------------------------------------------------------

  void for_unserved() {
    const auto base = wished_as_it_would_run();
    smaller_models();
    if (base) {
      lowest_that_fits(*base);
      vary(*base, "shorter_context", [](Candidate& c) {
        if (c.context_length <= kLeastContext) return false;
        c.context_length = kLeastContext;
        return true;
      });
      vary(*base, "kv_quantisation", [&](Candidate& c) { return kv_to(c, "kv-q4-0"); });
      if (base->users > 1)
        vary(*base, "fewer_users", [](Candidate& c) {
          c.users = 1;
          return true;
        });
      from_ssd(*base);
    }
    larger_machine(base);
  }

  // The model that was asked for on the best target that reads it, at the lowest precision its use allows.
  std::optional<Candidate> wished_as_it_would_run() const {
    const CatalogModel* model = spec().model;
    if (!model && !task_.options->missed.empty()) model = smallest_missed();
    if (!model) return std::nullopt;
    std::optional<Candidate> best;
    for (const auto& target : context_.targets) {
      if (!contains(target.support->modalities, spec().modality)) continue;
      for (const auto& id : target.support->precisions) {
        const auto* precision = precision_of(context_, id);
        if (!usable(*model, target, precision)) continue;
        Candidate c;
        c.model = model;
        c.precision = precision;
        c.target = &target;
        c.kv = spec().generates_text ? precision_of(context_, context_.request.kv_type.value_or("kv-f16")) : nullptr;
        c.users = context_.request.users;
        c.sees = spec().wish.task == "image_chat";
        c.context_length = spec().generates_text && model->decoder
                               ? std::min<std::uint64_t>(context_.request.context_length.value_or(8192),
                                                         model->decoder->context_length)
                               : 0;
        if (!recount(c, context_)) continue;
        if (!best || better_base(c, *best)) best = c;
      }
    }
    return best;
  }

  // The engine that reads any precision first: its ladder is the longest; then the fewest bytes.
  static bool better_base(const Candidate& a, const Candidate& b) {
    const bool widest_a = a.target->runtime->id == "llama", widest_b = b.target->runtime->id == "llama";
    if (widest_a != widest_b) return widest_a;
    return a.memory.total() < b.memory.total();
  }

  const CatalogModel* smallest_missed() const {
    const CatalogModel* least = nullptr;
    for (const auto& [model, found] : task_.options->missed)
      if (found.closeness >= miss::kMemory && (!least || model->parameters_total < least->parameters_total))
        least = model;
    return least;
  }

  bool usable(const CatalogModel& model, const ExecutionTarget& target, const CatalogPrecision* precision) const {
    if (!precision || !computes_in(target, *precision) ||
        (context_.floor && spec().generates_text && precision->rung < context_.floor->rung))
      return false;
    if (context_.request.precision && *context_.request.precision != precision->id) return false;
    return !format_for(target, *precision, model).empty();
  }

  void lowest_that_fits(const Candidate& base) {
    Candidate c = base;
    std::optional<Candidate> last;
    while (lower_precision(c)) {
      if (!recount(c, context_)) continue;
      last = c;
      if (fits(c)) break;
    }
    if (last) out_.push_back(described(*last, "lower_precision", sentence("lower_precision", *last, base)));
  }

  // Other models of the same task that fit: the one that would be planned, and the best answers at any bearable speed.
  void smaller_models() {
    const Candidate* planned = nullptr;
    const Candidate* strongest = nullptr;
    const auto strength = [](const Candidate& c) { return c.points.quality - c.points.precision_loss; };
    for (const auto& option : task_.substitutes) {
      if (!fits(option) || option.model == spec().model) continue;
      if (!planned) planned = &option;
      if (!strongest || strength(option) > strength(*strongest)) strongest = &option;
    }
    for (const Candidate* option : {planned, strongest}) {
      if (!option || (!out_.empty() && out_.back().model == option->model->id)) continue;
      out_.push_back(described(*option, "smaller_model",
                               fmt::format("{} in {}: {} ({})", option->model->name, option->precision->name,
                                           format_bytes(option->memory.total()), option->points.quality_basis)));
    }
  }

  void from_ssd(const Candidate& base) {
    if (base.target->runtime->id != "llama" || base.memory.cpu.weights == 0) return;
    const auto found = task_.options->missed.find(base.model);
    if (found == task_.options->missed.end() || found->second.reason.find("SSD") == std::string::npos) return;
    PlanAlternative out = described(base, "ssd_tier", found->second.reason);
    out.fits = true;
    out.decode_tok_s = std::nullopt;
    out_.push_back(std::move(out));
  }

  // The smallest machine of the catalogue that would hold it; of the user's own, so this is nothing remote.
  void larger_machine(const std::optional<Candidate>& base) {
    const std::uint64_t need = base ? base->memory.total() : 0;
    if (need == 0) return;
    const CatalogDevice* least = nullptr;
    for (const auto& device : context_.inputs.catalog.devices) {
      const std::uint64_t room =
          device.memory.total_bytes > device.os_reserve_bytes ? device.memory.total_bytes - device.os_reserve_bytes : 0;
      if (!device.unified_memory || room < need ||
          std::find(device.os.begin(), device.os.end(), "browser") != device.os.end())
        continue;
      if (!least || device.memory.total_bytes < least->memory.total_bytes) least = &device;
    }
    if (least)
      elsewhere(*base, "larger_machine",
                fmt::format("a machine with {} of memory, such as {}, holds it whole: {}",
                            format_bytes(least->memory.total_bytes), least->name, format_bytes(need)));
    if (!context_.request.offline && !context_.request.privacy)
      elsewhere(*base, "remote",
                fmt::format("served by another machine of yours over the network: it needs {}", format_bytes(need)));
  }

  // On a machine that holds it; nothing is said of the speed there.
  void elsewhere(const Candidate& base, const char* kind, std::string what) {
    PlanAlternative out = described(base, kind, std::move(what));
    out.fits = true;
    out.decode_tok_s = out.latency_ms = std::nullopt;
    out_.push_back(std::move(out));
  }

  const DecidedTask& task_;
  const PlanContext& context_;
  std::vector<PlanAlternative> out_;
};

}  // namespace

std::vector<PlanAlternative> alternatives_of(const DecidedTask& task, const PlanContext& context) {
  return WaysOut(task, context).find();
}

}  // namespace hearth
