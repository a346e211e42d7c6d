// hearth bench.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/model_bench.h"
#include "cli/command.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

using nlohmann::ordered_json;

struct BenchFlags {
  std::string model = "starter";
  std::string kv_type = "f16";
  std::string transport = "auto";
  std::string mix_file;
  std::uint32_t slots = 0;
  std::uint32_t context_length = 0;
  std::uint32_t n_threads = 0;
  std::uint32_t requests = 48;
  double timeout_s = 0;
  std::uint32_t clients = 0;
  ModelBenchOptions bench;
  bench::UniformMix mix;
};

Result<std::vector<bench::LoadRequest>> requests_of(const BenchFlags& flags) {
  if (flags.clients == 0 && flags.bench.arrivals_per_s <= 0) return std::vector<bench::LoadRequest>{};
  if (flags.mix_file.empty()) {
    if (flags.mix.prompt_min > flags.mix.prompt_max)
      return fail(ErrorCode::kInvalidArgument, "--mix-min is above --mix-max", "exchange them");
    bench::UniformMix mix = flags.mix;
    mix.count = flags.requests;
    return bench::uniform_mix(mix);
  }
  std::ifstream file(flags.mix_file, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "cannot open the mix '" + flags.mix_file + "'", "check the path");
  HEARTH_ASSIGN(requests,
                bench::read_mix(std::string{std::istreambuf_iterator<char>(file), {}}, flags.mix.answer_tokens));
  requests.resize(std::min<std::size_t>(requests.size(), flags.requests));
  return requests;
}

Result<ModelBenchOptions> bench_options(const BenchFlags& flags) {
  ModelBenchOptions options = flags.bench;
  HEARTH_ASSIGN(requests, requests_of(flags));
  options.requests = std::move(requests);
  options.clients = std::max(1U, flags.clients);
  options.model.name = options.model.reference = flags.model;
  options.model.slots = flags.slots > 0 ? flags.slots : std::min(options.clients, 1024U);
  if (options.arrivals_per_s > 0 && flags.slots == 0) options.model.slots = 8;
  options.model.context_length = flags.context_length;
  options.model.load.n_threads = flags.n_threads;
  options.model.text.kv_type_k = options.model.text.kv_type_v = flags.kv_type;
  options.model.transport = transport_of(flags.transport);
  return options;
}

ordered_json samples_json(const std::vector<double>& samples) {
  std::vector<double> ordered = samples;
  std::ranges::sort(ordered);
  return {{"n", samples.size()},
          {"median", ordered[ordered.size() / 2]},
          {"min", ordered.front()},
          {"max", ordered.back()},
          {"samples", samples}};
}

ordered_json to_json(const bench::Percentiles& p) {
  return {{"p50", p.p50}, {"p95", p.p95}, {"p99", p.p99}, {"max", p.max}};
}

ordered_json to_json(const bench::StreamSample& s) {
  if (!s.error.empty()) return {{"started_ms", s.started_ms}, {"error", s.error}};
  return {{"started_ms", s.started_ms},
          {"ended_ms", s.ended_ms},
          {"ttft_ms", s.ttft_ms},
          {"prompt_tokens", s.prompt_tokens},
          {"cached_tokens", s.cached_tokens},
          {"completion_tokens", s.completion_tokens},
          {"gaps_ms", s.gaps_ms}};
}

ordered_json to_json(const MeasuredLoad& measured, const ModelBenchOptions& options) {
  const auto& f = measured.figures;
  ordered_json out = {{"requests", f.requests},
                      {"failed", f.failed},
                      {"window_s", f.window_ms / 1000},
                      {"prompt_tokens", f.prompt_tokens},
                      {"completion_tokens", f.completion_tokens},
                      {"completion_tok_s", f.completion_tok_s},
                      {"total_tok_s", f.total_tok_s},
                      {"ttft_ms", to_json(f.ttft_ms)},
                      {"tpot_ms", to_json(f.tpot_ms)},
                      {"itl_ms", to_json(f.itl_ms)},
                      {"worst_gap_ms", f.worst_gap_ms},
                      {"worst_gap_to_median", f.worst_gap_to_median},
                      {"streams_over_gap_bound", f.streams_over_gap_bound},
                      {"cpu_s", measured.cpu_s}};
  if (options.arrivals_per_s > 0)
    out["arrivals_per_s"] = options.arrivals_per_s;
  else
    out["clients"] = options.clients;
  out["samples"] = ordered_json::array();
  for (const auto& stream : measured.load.streams) out["samples"].push_back(to_json(stream));
  return out;
}

ordered_json to_json(const ModelBench& measured, const ModelBenchOptions& options) {
  ordered_json out = {{"model", measured.model.name},
                      {"path", measured.model.path},
                      {"runtime", measured.model.runtime},
                      {"runtime_version", measured.model.runtime_version},
                      {"slots", options.model.slots},
                      {"prompt_tokens", options.prompt_tokens},
                      {"answer_tokens", options.answer_tokens},
                      {"prefill_tok_s", samples_json(measured.prefill_tok_s)},
                      {"decode_tok_s", samples_json(measured.decode_tok_s)}};
  if (measured.load) out["load"] = to_json(*measured.load, options);
  if (measured.peak_rss_bytes) out["memory"] = {{"peak_rss_bytes", *measured.peak_rss_bytes}};
  return out;
}

std::string line_of(const std::string& name, const std::vector<double>& samples) {
  const auto json = samples_json(samples);
  return fmt::format("{:<10}{:>10.1f} tok/s   ({:.1f} to {:.1f}, {} samples)\n", name, json["median"].get<double>(),
                     json["min"].get<double>(), json["max"].get<double>(), samples.size());
}

void print_report(const Output& out, const ModelBench& measured) {
  out.print(line_of("prefill", measured.prefill_tok_s) + line_of("decode", measured.decode_tok_s));
  if (!measured.load) return;
  const auto& f = measured.load->figures;
  const auto row = [](const char* name, const bench::Percentiles& p) {
    return fmt::format("{:<10}{:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f}\n", name, p.p50, p.p95, p.p99, p.max);
  };
  out.print(fmt::format("load      {:>10.1f} tok/s   ({} answers, {} failed, {:.1f} s)\n", f.completion_tok_s,
                        f.requests - f.failed, f.failed, f.window_ms / 1000));
  out.print(fmt::format("{:<10}{:>10} {:>10} {:>10} {:>10}\n", "ms", "p50", "p95", "p99", "max") +
            row("TTFT", f.ttft_ms) + row("TPOT", f.tpot_ms) + row("ITL", f.itl_ms));
}

int run_bench(const CommandContext& context, const BenchFlags& flags) {
  const Output out = context.output();
  auto options = bench_options(flags);
  if (!options) return out.report(options.error());
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const CancelToken cancel;
  const InterruptGuard guard(cancel);
  CallBounds bounds{.cancel = &cancel};
  if (flags.timeout_s > 0)
    bounds.deadline =
        std::chrono::steady_clock::now() +
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(flags.timeout_s));
  const auto measured =
      bench_model(**app, *options, bounds, [&out](const std::string& what) { out.note(out.dim(what)); });
  if (!measured) return out.report(measured.error());
  if (out.json())
    out.print_json(to_json(*measured, *options));
  else
    print_report(out, *measured);
  return 0;
}

void add_load_flags(CLI::App& command, BenchFlags& flags) {
  command.add_option("--clients", flags.clients, "then a load of so many clients, each with one request at a time")
      ->check(CLI::Range(1U, 1024U));
  command.add_option("--rate", flags.bench.arrivals_per_s, "or requests that arrive by themselves, so many a second")
      ->check(CLI::PositiveNumber)
      ->excludes("--clients");
  command.add_option("--requests", flags.requests, "of the load")
      ->check(CLI::Range(1U, 100'000U))
      ->capture_default_str();
  command.add_option("--mix", flags.mix_file, "prompts of a recorded mix: tab-separated, columns words and seed");
  command.add_option("--mix-min", flags.mix.prompt_min, "without one: tokens of the shortest prompt")
      ->check(CLI::Range(1U, 1U << 20U))
      ->capture_default_str();
  command.add_option("--mix-max", flags.mix.prompt_max, "and of the longest")
      ->check(CLI::Range(1U, 1U << 20U))
      ->capture_default_str();
  command.add_option("--mix-answer", flags.mix.answer_tokens, "tokens of each answer")
      ->check(CLI::Range(1U, 1U << 20U))
      ->capture_default_str();
  command.add_option("--slots", flags.slots, "requests computed at once (default: as many as clients, at a rate 8)")
      ->check(CLI::Range(1U, 1024U));
}

}  // namespace

void add_bench_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("bench", "how fast a model is here: prefill, decode, and under load");
  auto flags = std::make_shared<BenchFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("-m,--model", flags->model, "a file, or a name in the store")->capture_default_str();
  command->add_option("--prompt", flags->bench.prompt_tokens, "tokens of the prompt that prefill is measured with")
      ->check(CLI::Range(1U, 1U << 20U))
      ->capture_default_str();
  command->add_option("--tokens", flags->bench.answer_tokens, "tokens that decode is measured with")
      ->check(CLI::Range(2U, 1U << 20U))
      ->capture_default_str();
  command->add_option("--repeats", flags->bench.repeats, "samples of each")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  add_load_flags(*command, *flags);
  command->add_option("--ctx", flags->context_length, "tokens of one request (default: as many as are needed)")
      ->check(CLI::Range(16U, 1U << 22U));
  command->add_option("--kv-type", flags->kv_type, "precision of the KV cache: f16, q8_0, q4_0, ...")
      ->capture_default_str();
  command->add_option("--threads", flags->n_threads, "CPU threads (default: all this process may use)")
      ->check(CLI::Range(1U, 4096U));
  add_transport_flag(*command, flags->transport, "where the runtime lives; auto: new files run in a worker first");
  command->add_option("--timeout-s", flags->timeout_s, "give up after so many seconds")->check(CLI::PositiveNumber);
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return run_bench(ctx, *flags); });
}

}  // namespace hearth::cli
