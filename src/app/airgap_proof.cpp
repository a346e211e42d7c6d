#include "app/airgap_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "app/scratch_folder.h"
#include "app/server_client.h"
#include "app/server_lease.h"
#include "app/starter_model.h"
#include "platform/detached_process.h"
#include "platform/executable_path.h"
#include "platform/file.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kStepPatience{180'000};
constexpr milliseconds kEndPatience{30'000};
constexpr std::uint64_t kPrintedBytesMax = 1U << 20U;
constexpr const char* kModel = "proved";
constexpr const char* kQuestion =
    R"({"model":"proved","messages":[{"role":"user","content":"Hello"}],"max_tokens":4,"temperature":0})";

class Proof {
 public:
  Proof(std::filesystem::path program, const std::filesystem::path& scratch)
      : program_(std::move(program)), scratch_(scratch), home_(scratch / "home"), file_(scratch / "starter.gguf") {}

  Result<AirgapProof> run() {
    const auto bytes = starter_model_bytes();
    HEARTH_TRY(write_file_atomic(file_, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
    const std::string file = file_.string();
    HEARTH_TRY(command(
        "plan", "chat on this machine is planned",
        {"plan", "--task", "chat", "--model", file, "--offline", "--out", (scratch_ / "plan").string(), "--json"}));
    HEARTH_TRY(command("pull", "a file is taken into the store", {"models", "add", file, "--name", kModel, "--json"}));
    HEARTH_TRY(command("run", "it completes a text",
                       {"run", "complete", "-m", kModel, "-p", "Once upon a time", "-n", "8", "--json"}));
    HEARTH_TRY(serve());
    return std::move(proof_);
  }

 private:
  Result<std::unique_ptr<WatchedProcess>> start(std::vector<std::string> arguments) {
    WatchOptions options;
    options.program = program_;
    options.arguments = std::move(arguments);
    options.environment = {"HEARTH_HOME=" + home_.string(), "HEARTH_OFFLINE=1"};
    options.output = scratch_ / "output";
    options.errors = scratch_ / "errors";
    began_ = Clock::now();
    HEARTH_ASSIGN(watched, WatchedProcess::start(options));
    proof_.own_network = watched->has_own_network() && (proof_.steps.empty() || proof_.own_network);
    return watched;
  }

  Status command(const char* name, const char* what, std::vector<std::string> arguments) {
    HEARTH_ASSIGN(watched, start(std::move(arguments)));
    std::string fault;
    const auto exit = watched->wait(kStepPatience);
    if (!exit)
      fault = fmt::format("it did not end within {} s", kStepPatience.count() / 1000);
    else if (*exit != ExitStatus{})
      fault = describe(*exit) + ": " + printed();
    note(name, what, *watched, std::move(fault));
    return {};
  }

  Status serve() {
    HEARTH_ASSIGN(watched, start({"serve", "-m", std::string(kModel) + "=" + kModel, "--port", "0", "--json"}));
    std::string fault = chat(*watched);
    (void)ask_to_end(watched->pid());
    const auto exit = watched->wait(kEndPatience);
    if (fault.empty() && exit != ExitStatus{}) fault = "the server did not end well: " + printed();
    note("serve", "a server answers a chat and ends", *watched, std::move(fault));
    return {};
  }

  // What went wrong; empty: it answered.
  std::string chat(WatchedProcess& watched) {
    const auto until = Clock::now() + kStepPatience;
    std::optional<RunningServer> server;
    while (!server) {
      if (watched.wait(milliseconds(20))) return "the server ended before it answered: " + printed();
      if (Clock::now() > until) return "the server did not become ready";
      auto found = running_server(home_);
      if (found && *found && (*found)->pid == watched.pid() && !(*found)->unix_socket.empty())
        server = std::move(*found);
    }
    auto answer = ask_server(*server, "/v1/chat/completions", kQuestion, kStepPatience);
    if (!answer) return to_string(answer.error());
    if (answer->status != 200)
      return fmt::format("the chat was answered with status {}: {}", answer->status, answer->body);
    return {};
  }

  void note(const char* name, const char* what, const WatchedProcess& watched, std::string fault) {
    const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    proof_.steps.push_back({name, what, seconds, watched.n_calls(), watched.refused(), std::move(fault)});
  }

  // The last of what the program said.
  [[nodiscard]] std::string printed() const {
    constexpr std::size_t kShown = 400;
    std::string text;
    for (const char* each : {"output", "errors"})
      if (auto said = read_file(scratch_ / each, kPrintedBytesMax)) text += *said;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.size() > kShown ? text.substr(text.size() - kShown) : text;
  }

  const std::filesystem::path program_, scratch_, home_, file_;
  Clock::time_point began_;
  AirgapProof proof_;
};

}  // namespace

bool AirgapProof::pass() const {
  return !steps.empty() &&
         std::ranges::all_of(steps, [](const AirgapStep& each) { return each.refused.empty() && each.fault.empty(); });
}

Result<AirgapProof> prove_airgap() {
  HEARTH_ASSIGN(program, executable_path());
  HEARTH_ASSIGN(scratch, ScratchFolder::make("airgap"));
  return Proof(program, scratch.path()).run();
}

nlohmann::ordered_json airgap_to_json(const AirgapProof& proof) {
  auto steps = nlohmann::ordered_json::array();
  for (const AirgapStep& each : proof.steps) {
    auto refused = nlohmann::ordered_json::array();
    for (const WatchedCall& call : each.refused)
      refused.push_back({{"call", call.call}, {"to", call.to}, {"process", call.process}, {"pid", call.pid}});
    nlohmann::ordered_json step = {{"step", each.name},
                                   {"what", each.what},
                                   {"seconds", each.seconds},
                                   {"calls", each.n_calls},
                                   {"refused", std::move(refused)}};
    if (!each.fault.empty()) step["fault"] = each.fault;
    steps.push_back(std::move(step));
  }
  return {{"pass", proof.pass()}, {"own_network", proof.own_network}, {"steps", std::move(steps)}};
}

}  // namespace hearth
