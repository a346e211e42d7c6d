// What `serve` and `up` share: where the server listens, and running it until it is to end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/model_server.h"
#include "cli/command.h"

namespace hearth::cli {

struct ListenFlags {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string unix_socket;
  std::string tls_certificate;
  std::string tls_key;
  std::string key_file;
  std::vector<std::string> cors;
  double drain_s = 30;
  std::uint64_t budget_bytes = 0;
  std::size_t queue = 1024;
  std::size_t body_bytes = serve::HttpLimits{}.body_bytes;
  std::string routing_policy = "default";
  bool routing_learns = true;
  bool governed = true;
  std::uint32_t govern_queue = 0;
  double stall_s = 0;
  std::string canned_answer;
  std::vector<std::string> system_prompts;
  std::string machine_tree = "/";
};

void add_listen_flags(CLI::App& command, ListenFlags& flags);

// InvalidArgument: half of a certificate's pair.
[[nodiscard]] Result<ModelServerOptions> server_options(const ListenFlags& flags, const Environment& environment);

// Starts, says where, runs until SIGTERM or Ctrl-C, drains. The exit status.
[[nodiscard]] int run_server(const CommandContext& context, HearthApp& app, const ModelServerOptions& options);

}  // namespace hearth::cli
