#include "app/plan_verification_measuring.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

using std::chrono::duration;

constexpr double kSampleSecondsMin = 0.25;  // shorter than this, ticks and timers decide: short runs are repeated
constexpr int kRunsPerSampleMax = 64;
constexpr double kFigureSecondsMax = 120;  // for all samples of one figure; the first is always finished
constexpr double kFillSecondsMax = 60;     // for filling half the context before decode is measured
constexpr std::uint32_t kDecodeTokens = 64;
constexpr std::uint64_t kContextMin = 16;  // less can't be filled and decoded

std::uint32_t saturated(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

class Measuring {
 public:
  Measuring(const SessionHost& host, const MeasuredTextSource& source, const MeasuringOptions& options,
            const CallBounds& bounds)
      : host_(host), source_(source), options_(options), bounds_(bounds) {}

  Result<MeasuredChoice> run() {
    HEARTH_TRY(load());
    HEARTH_TRY(first_tokens());
    HEARTH_TRY(decode());
    HEARTH_TRY(sustained());
    HEARTH_TRY(memory());
    out_.runtime_version = session_->runtime_version();
    out_.notices = session_->notices();
    return std::move(out_);
  }

 private:
  // What one run yields, in the order of the measurements it feeds.
  using RunOnce = std::function<Result<std::vector<double>>()>;

  [[nodiscard]] std::vector<int> workers() const {
    return session_ == nullptr ? std::vector<int>() : session_->workers();
  }
  [[nodiscard]] double seconds() const { return duration<double>(host_.clock.now().time_since_epoch()).count(); }
  void tell(const std::string& text) const {
    if (options_.on_progress) options_.on_progress(text);
  }

  Status load() {
    tell("loading");
    watch_.start({});
    HEARTH_ASSIGN(session, source_());
    session_ = std::move(session);
    const auto seen = watch_.stop(workers());
    if (const auto load_ms = session_->load_ms()) add("load_ms", "ms", {*load_ms}, &seen);
    if (options_.context_length < kContextMin)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("a context of {} tokens is too short to measure in", options_.context_length));
    HEARTH_ASSIGN(warm, generate(prompt(8), 4));  // the first run touches pages and builds what later ones reuse
    (void)warm;
    return {};
  }

  Status first_tokens() {
    const auto wanted = options_.ttft_prompt_tokens != 0 ? options_.ttft_prompt_tokens
                                                         : std::min<std::uint64_t>(512, options_.context_length / 2);
    const auto n = saturated(std::clamp<std::uint64_t>(wanted, 2, options_.context_length - 2));
    tell(fmt::format("prefilling {} tokens", n));
    VerifyMeasurement ttft{.metric = "ttft_ms", .unit = "ms"};
    VerifyMeasurement prefill{.metric = "prefill_tok_s", .unit = "tok/s"};
    HEARTH_TRY(sample({&ttft, &prefill}, [&]() -> Result<std::vector<double>> {
      HEARTH_ASSIGN(result, generate(prompt(n), 1));
      return std::vector{result.ttft_ms, result.prefill_tok_s()};
    }));
    if (n != wanted) ttft.note = fmt::format("for {} tokens: {} leave no room in the context", n, wanted);
    prefill_tok_s_ = median_of(prefill.kept());
    out_.measurements.push_back(std::move(ttft));
    out_.measurements.push_back(std::move(prefill));
    out_.settings["ttft_prompt_tokens"] = std::to_string(n);
    return {};
  }

  Status decode() {
    const std::uint64_t half = options_.context_length / 2;
    const auto affordable = std::max(prefill_tok_s_ * kFillSecondsMax, 1.0);
    const auto depth = static_cast<double>(half) > affordable ? static_cast<std::uint64_t>(affordable) : half;
    depth_prompt_ = prompt(saturated(std::max<std::uint64_t>(depth, 1)));
    decode_tokens_ = saturated(std::clamp<std::uint64_t>(options_.context_length - depth - 1, 2, kDecodeTokens));
    tell(fmt::format("decoding with {} tokens in the context", depth));
    VerifyMeasurement decode{.metric = "decode_tok_s", .unit = "tok/s"};
    HEARTH_ASSIGN(filled, generate(depth_prompt_, 2));
    (void)filled;
    HEARTH_TRY(sample({&decode}, [&]() -> Result<std::vector<double>> {
      HEARTH_ASSIGN(result, generate(depth_prompt_, decode_tokens_));
      return std::vector{result.decode_tok_s()};
    }));
    if (depth < half) {
      depth_note_ = fmt::format("with {} tokens in the context: filling half of it would take longer than {:.0f} s",
                                depth, kFillSecondsMax);
      decode.note = depth_note_;
    }
    out_.measurements.push_back(std::move(decode));
    out_.settings["depth_tokens"] = std::to_string(depth);
    return {};
  }

  // One long sample. The speed when the machine is hot is that of the last half.
  Status sustained() {
    if (options_.sustained_s <= 0) return {};
    tell(fmt::format("decoding for {:g} s", options_.sustained_s));
    std::vector<double> rates;
    watch_.start(workers());
    const double start = seconds();
    while (rates.empty() || seconds() - start < options_.sustained_s) {
      HEARTH_ASSIGN(result, generate(depth_prompt_, decode_tokens_));
      rates.push_back(result.decode_tok_s());
    }
    const auto seen = watch_.stop(workers());
    rates.erase(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2));
    add("sustained_decode_tok_s", "tok/s", std::move(rates), &seen);
    out_.measurements.back().note = depth_note_;
    return {};
  }

  Status memory() {
    HEARTH_ASSIGN(reserved, session_->memory());
    std::uint64_t on_accelerators = 0;
    for (const auto& [device, bytes] : reserved.by_device())
      if (device != "cpu") on_accelerators += bytes;
    for (const auto& [component, bytes] : reserved.by_component())
      add(component + "_bytes", "bytes", {static_cast<double>(bytes)}, nullptr);
    const auto total = reserved.total_bytes();
    add("reserved_bytes", "bytes", {static_cast<double>(total)}, nullptr);
    if (total > 0)
      add("accelerator_share", "share", {static_cast<double>(on_accelerators) / static_cast<double>(total)}, nullptr);
    if (const auto peak = session_->peak_rss_bytes())
      add("peak_rss_bytes", "bytes", {static_cast<double>(*peak)}, nullptr);
    return {};
  }

  // Takes samples until so many are undisturbed as were asked for, or twice as many are taken in all, or the time is
  // up.
  Status sample(const std::vector<VerifyMeasurement*>& into, const RunOnce& once) {
    const double begin = seconds();
    for (std::uint32_t taken = 0; taken < 2 * options_.repeats && into[0]->samples.size() < options_.repeats; ++taken) {
      if (taken > 0 && seconds() - begin > kFigureSecondsMax) break;
      std::vector<std::vector<double>> values(into.size());
      watch_.start(workers());
      const double start = seconds();
      for (int runs = 0; runs == 0 || (runs < kRunsPerSampleMax && seconds() - start < kSampleSecondsMin); ++runs) {
        HEARTH_ASSIGN(figures, once());
        for (std::size_t i = 0; i < into.size(); ++i) values[i].push_back(figures[i]);
      }
      const auto seen = watch_.stop(workers());
      for (std::size_t i = 0; i < into.size(); ++i) keep(*into[i], {median_of(std::move(values[i]))}, seen);
    }
    return {};
  }

  static void keep(VerifyMeasurement& into, const std::vector<double>& values, const ObservedConditions& seen) {
    auto& samples = seen.disturbed ? into.disturbed_samples : into.samples;
    samples.insert(samples.end(), values.begin(), values.end());
    into.conditions = seen.conditions;
    if (seen.disturbed) into.disturbance = seen.disturbance;
  }

  // `seen` null: nothing that others do changes the figure.
  void add(std::string metric, std::string unit, std::vector<double> values, const ObservedConditions* seen) {
    VerifyMeasurement one{.metric = std::move(metric), .unit = std::move(unit)};
    if (seen != nullptr)
      keep(one, values, *seen);
    else
      one.samples = std::move(values);
    out_.measurements.push_back(std::move(one));
  }

  std::vector<Token> prompt(std::uint32_t n) {
    std::uniform_int_distribution<Token> any(0, static_cast<Token>(session_->n_vocab()) - 1);
    std::vector<Token> tokens(n);
    for (auto& token : tokens) token = any(random_);
    return tokens;
  }

  Result<RunMetrics> generate(std::vector<Token> tokens, std::uint32_t n) {
    return session_->generate(std::move(tokens), n, bounds_);
  }

  const SessionHost& host_;
  const MeasuredTextSource& source_;
  const MeasuringOptions& options_;
  const CallBounds& bounds_;
  ConditionsWatch watch_;
  std::unique_ptr<MeasuredText> session_;
  std::mt19937 random_{20'240'601};  // fixed: two runs measure the same work
  double prefill_tok_s_ = 0;
  std::vector<Token> depth_prompt_;
  std::uint32_t decode_tokens_ = 0;
  std::string depth_note_;
  MeasuredChoice out_;
};

Toggle toggle_of(const std::optional<bool>& flag) { return !flag ? Toggle::kAuto : *flag ? Toggle::kOn : Toggle::kOff; }

std::uint32_t count_of(const std::optional<int>& value) {
  return value && *value > 0 ? static_cast<std::uint32_t>(*value) : 0;
}

std::map<std::string, std::string> settings_of(const TextSessionOptions& session) {
  const auto word = [](Toggle toggle) {
    return toggle == Toggle::kAuto ? "auto" : toggle == Toggle::kOn ? "on" : "off";
  };
  return {{"n_ctx", std::to_string(session.text.n_ctx)},
          {"n_seq_max", std::to_string(session.text.n_seq_max)},
          {"n_batch", std::to_string(session.text.n_batch)},
          {"n_ubatch", std::to_string(session.text.n_ubatch)},
          {"threads", std::to_string(session.load.n_threads)},
          {"gpu_layers", std::to_string(session.load.n_gpu_layers)},
          {"kv_type", session.text.kv_type_k},
          {"flash_attention", word(session.text.flash_attention)},
          {"mmap", word(session.load.use_mmap)}};
}

}  // namespace

TextSessionOptions planned_session(const PlanChoice& choice, const std::string& model, const RuntimeInfo& runtime) {
  TextSessionOptions out;
  out.model = model;
  out.runtime = choice.runtime;
  const auto& s = choice.settings;
  const bool accelerated =
      std::any_of(runtime.devices.begin(), runtime.devices.end(), [](const auto& d) { return d.kind != "cpu"; });
  if (accelerated && choice.device == "cpu") out.load.devices = {"cpu"};
  out.load.n_threads = s.threads > 0 ? static_cast<std::uint32_t>(s.threads) : 0;
  if (accelerated && s.gpu_layers) out.load.n_gpu_layers = *s.gpu_layers;
  out.load.use_mmap = toggle_of(s.mmap);
  out.load.use_mlock = toggle_of(s.mlock);
  const std::uint32_t users = std::max(1U, choice.users);
  out.text.n_ctx = saturated(std::min<std::uint64_t>(choice.context_length, UINT32_MAX) * users);
  out.text.n_seq_max = users;
  out.text.n_batch = count_of(s.prompt_batch);
  out.text.n_ubatch = count_of(s.prompt_microbatch);
  out.text.flash_attention = toggle_of(s.flash_attention);
  out.text.kv_type_k = out.text.kv_type_v = s.kv_type.empty() ? "f16" : s.kv_type;
  return out;
}

Result<MeasuredChoice> measure_text_choice(const SessionHost& host, const TextSessionOptions& session,
                                           const MeasuredTextSource& source, const MeasuringOptions& options,
                                           const CallBounds& bounds) {
  HEARTH_ASSIGN(out, Measuring(host, source, options, bounds).run());
  out.settings.merge(settings_of(session));
  return out;
}

}  // namespace hearth
