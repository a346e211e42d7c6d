#include "cli/serving.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/console.h"

namespace hearth::cli {
namespace {

constexpr int kFirstInherited = 3;                            // Source: sd_listen_fds(3)
constexpr std::size_t kBodyBytesMin = std::size_t{1} << 10U;  // a short question fits
constexpr std::size_t kBodyBytesMax = std::size_t{1} << 30U;

}  // namespace

void add_listen_flags(CLI::App& command, ListenFlags& flags) {
  command.add_option("--host", flags.host, "the address to listen on; 0.0.0.0 is every one of this machine")
      ->capture_default_str();
  command.add_option("--port", flags.port, "0 takes any free one, which is then printed")->capture_default_str();
  command.add_option("--unix-socket", flags.unix_socket, "listen on this path as well");
  command.add_option("--tls-cert", flags.tls_certificate, "certificate chain in PEM form; with --tls-key");
  command.add_option("--tls-key", flags.tls_key, "the certificate's private key in PEM form");
  command.add_option("--keys", flags.key_file, "answer only requests with a key of this file (`hearth keys add`)");
  command.add_option("--cors", flags.cors, "an origin whose pages may call from a browser; * is any")->delimiter(',');
  command.add_option("--drain-s", flags.drain_s, "how long requests under way may go on after SIGTERM")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--budget", flags.budget_bytes, "memory that all models together may take (default: what is free)")
      ->transform(CLI::AsSizeValue(false));
  command
      .add_option("--routing-policy", flags.routing_policy, "how requests for model auto are routed: a name or a file")
      ->capture_default_str();
  command.add_flag("!--no-route-learning", flags.routing_learns, "route by rules alone; keep no outcomes");
  command.add_flag("!--no-governor", flags.governed, "do nothing without for heat, memory or battery");
  command
      .add_option("--govern-queue", flags.govern_queue, "do with less when so many requests wait (0: never for that)")
      ->capture_default_str();
  command.add_option("--stall-s", flags.stall_s, "a model that makes no step for longer is ended (default: 30)")
      ->check(CLI::PositiveNumber);
  command.add_option("--canned-answer", flags.canned_answer,
                     "what conversations are answered that would be refused for want of memory (default: the error)");
  command
      .add_option("--system-prompt", flags.system_prompts,
                  "a file with a system prompt that is computed before the server is ready; may be repeated")
      ->check(CLI::ExistingFile);
  command.add_option("--machine-tree", flags.machine_tree, "read the state of a simulated machine below this folder")
      ->check(CLI::ExistingDirectory)
      ->group("Testing");
  command
      .add_option("--body-limit", flags.body_bytes,
                  "bytes of a request's body, pictures in it included; longer ones are refused (8 MiB)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(kBodyBytesMin, kBodyBytesMax));
  command.add_option("--queue", flags.queue, "requests that may wait for a model; more are told to come again")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
      ->capture_default_str();
}

Result<ModelServerOptions> server_options(const ListenFlags& flags, const Environment& environment) {
  ModelServerOptions options;
  options.http.host = flags.host;
  options.http.port = flags.port;
  options.http.unix_socket = flags.unix_socket;
  options.http.cors.origins = flags.cors;
  options.http.limits.body_bytes = flags.body_bytes;
  // What is read at once must hold one body at least.
  options.http.limits.all_bodies_bytes = std::max(options.http.limits.all_bodies_bytes, 2 * flags.body_bytes);
  if (flags.tls_certificate.empty() != flags.tls_key.empty())
    return fail(ErrorCode::kInvalidArgument, "--tls-cert and --tls-key belong together", "give both or none");
  if (!flags.tls_certificate.empty()) options.http.tls = serve::TlsFiles{flags.tls_certificate, flags.tls_key};
  for (unsigned i = 0; i < environment.inherited_sockets; ++i)
    options.http.inherited_sockets.push_back(kFirstInherited + static_cast<int>(i));
  if (environment.inherited_sockets > 0) options.http.port.reset();  // the service manager decides where
  options.key_file = flags.key_file;
  options.drain_s = flags.drain_s;
  options.budget_bytes = flags.budget_bytes;
  options.queue.requests = flags.queue;
  options.queue.requests_per_key = std::max<std::size_t>(flags.queue / 4, 1);
  if (flags.key_file.empty()) options.queue.requests_per_key = flags.queue;  // all requests are of one key
  options.notify_socket = environment.notify_socket;
  options.otlp_endpoint = environment.otlp_endpoint;
  options.otlp_headers = environment.otlp_headers;
  options.offline = environment.offline;
  options.routing_policy = flags.routing_policy;
  options.routing_learns = flags.routing_learns;
  options.governed = flags.governed;
  options.govern_queue = flags.govern_queue;
  options.stall_s = flags.stall_s;
  options.canned_answer = flags.canned_answer;
  options.system_prompt_files.assign(flags.system_prompts.begin(), flags.system_prompts.end());
  options.machine_tree = flags.machine_tree;
  return options;
}

int run_server(const CommandContext& context, HearthApp& app, const ModelServerOptions& options) {
  const Output out = context.output();
  const CancelToken cancel;
  const InterruptGuard guard(cancel);
  auto server = ModelServer::start(app, options, cancel);
  if (!server) return out.report(server.error());
  for (const auto& notice : (*server)->notices()) out.note(out.dim("note: " + notice));
  const std::string url = (*server)->urls().empty() ? std::string() : (*server)->urls().front();
  if (out.json()) {
    out.print_json({{"event", "ready"}, {"url", url}, {"urls", (*server)->urls()}});
  } else {
    std::string names;
    for (const auto& model : options.models) names += (names.empty() ? "" : ", ") + model.name;
    out.print(fmt::format("Serving {} at {}\n", names, url));
    out.note(out.dim("OpenAI clients: base URL " + url + "/v1. Ctrl-C drains and ends."));
  }
  const bool whole = (*server)->run(cancel);
  if (!whole) out.note("some requests were cut off: they were still running when the time for draining was over");
  return 0;
}

}  // namespace hearth::cli
