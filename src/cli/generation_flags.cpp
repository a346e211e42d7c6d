#include "cli/generation_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <random>

#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

constexpr std::uint32_t kContextMax = 1U << 30U;  // beyond any model; keeps sums of positions inside 31 bits

const std::map<std::string, Toggle> kToggles = {{"auto", Toggle::kAuto}, {"off", Toggle::kOff}, {"on", Toggle::kOn}};
template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

void add_model_flags(CLI::App& command, GenerationFlags& flags) {
  command.add_option("-m,--model", flags.model, "a model file, or a name that `hearth models` lists")
      ->capture_default_str();
  command
      .add_option("--ctx", flags.context_length,
                  "context in tokens, prompt and answer together (default: the model's, at most 4096)")
      ->check(CLI::Range(1U, kContextMax));
  command.add_option("--kv-type", flags.kv_type, "precision of the KV cache: f16, q8_0, q4_0, ...")
      ->capture_default_str();
  command.add_option("--flash-attention", flags.flash_attention)
      ->check(CLI::IsMember(keys_of(kToggles)))
      ->capture_default_str();
  command.add_option("--device", flags.devices, "run on these devices only, as `hearth runtimes` names them")
      ->delimiter(',');
  command
      .add_option("--fallback", flags.fallback,
                  "what can't run on the device: none makes it an error, report runs it elsewhere and says so")
      ->check(CLI::IsMember({"none", "report"}));
  command.add_option("--runtime", flags.runtime, "use this runtime instead of the best-scoring one");
  add_transport_flag(command, flags.transport,
                     "where the runtime lives; auto: files that never loaded before run in a worker process");
  command.add_option("--threads", flags.n_threads, "CPU threads (default: all this process may use)")
      ->check(CLI::Range(1U, 4096U));
  command.add_option("--batch", flags.n_batch, "tokens a prefill step takes at most (default 2048)")
      ->check(CLI::Range(1U, 65536U));
  command.add_option("--micro-batch", flags.n_micro_batch, "tokens one graph computes at most (default 512)")
      ->check(CLI::Range(1U, 65536U));
  command.add_option("--users", flags.users, "make room for so many users at once, with --ctx tokens each")
      ->check(CLI::Range(1U, 4096U))
      ->capture_default_str();
  command.add_flag("--no-mmap", flags.no_mmap, "read the weights into memory instead of mapping the file");
}

void add_sampling_flags(CLI::App& command, GenerationFlags& flags) {
  SamplingOptions& s = flags.sampling;
  command.add_option("--temperature", s.temperature, "0 takes the likeliest token")
      ->check(CLI::Range(0.0F, 100.0F))
      ->capture_default_str();
  command.add_option("--top-k", s.top_k, "0 is off")->capture_default_str();
  command.add_option("--top-p", s.top_p, "1 is off")->check(CLI::Range(0.0F, 1.0F))->capture_default_str();
  command.add_option("--min-p", s.min_p, "0 is off")->check(CLI::Range(0.0F, 1.0F))->capture_default_str();
  command.add_option("--repeat-penalty", s.repeat_penalty, "1 is off")
      ->check(CLI::Range(0.01F, 100.0F))
      ->capture_default_str();
  command.add_option("--seed", flags.seed, "the same seed gives the same answer (default: drawn, and told by --json)");
  command
      .add_option("-n,--max-tokens", flags.max_tokens,
                  "tokens to generate at most (default: chat until the model ends, complete 256)")
      ->check(CLI::Range(1U, kContextMax));
  command.add_flag("--ignore-end", flags.ignore_end, "go on past the model's end token, for measuring");
  command.add_option("--timeout-s", flags.timeout_s, "give up after so many seconds, loading included")
      ->check(CLI::PositiveNumber);
}

}  // namespace

void add_generation_flags(CLI::App& command, GenerationFlags& flags) {
  command.add_option("-p,--prompt", flags.prompt, "the prompt (default: standard input)");
  add_model_flags(command, flags);
  add_sampling_flags(command, flags);
}

TextSessionOptions GenerationFlags::session_options() const {
  TextSessionOptions options;
  options.model = model;
  options.runtime = runtime;
  options.transport = transport_of(transport);
  options.chat_template_file = chat_template_file;
  options.load.devices = devices;
  const bool strict = fallback.empty() ? !devices.empty() : fallback == "none";
  options.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
  options.load.n_threads = n_threads;
  if (no_mmap) options.load.use_mmap = Toggle::kOff;
  // A product past 32 bits is past what positions can number too: the runtime refuses it by that name.
  options.text.n_ctx =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{context_length} * users, UINT32_MAX));
  options.text.n_seq_max = users;
  options.text.n_ubatch = n_micro_batch;
  options.text.n_batch = n_batch;
  options.text.kv_type_k = kv_type;
  options.text.kv_type_v = kv_type;
  options.text.flash_attention = kToggles.at(flash_attention);
  return options;
}

GenerationRequest GenerationFlags::request(const CancelToken& cancel) const {
  GenerationRequest request;
  request.max_tokens = max_tokens;
  request.sampling = sampling;
  request.sampling.seed = seed.value_or(0);
  request.ignore_end = ignore_end;
  request.bounds.cancel = &cancel;
  if (timeout_s > 0)
    request.bounds.deadline =
        std::chrono::steady_clock::now() +
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(timeout_s));
  return request;
}

void GenerationFlags::settle_seed() {
  if (!seed) seed = std::random_device{}();
}

}  // namespace hearth::cli
