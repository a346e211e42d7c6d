// tensor_start RUNTIME MODEL CACHE_DIR: loads, compiles and runs once, and prints what each took as one JSON line. A
// process of its own each time, so that nothing is warm but what the folder keeps.
#include <chrono>
#include <cstdio>

#include "tensor_fixture.h"

namespace {

using namespace hearth;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Status measure(const std::string& runtime_name, const LoadOptions& load) {
  RuntimeRegistry registry(tensor_tests::registry_options());
  HEARTH_ASSIGN(runtime, registry.open(runtime_name, Transport::kInProcess));
  HEARTH_ASSIGN(info, runtime->describe());  // opens the vendor's library, which a server does once
  const auto start = Clock::now();
  HEARTH_ASSIGN(model, runtime->load(load));
  const double load_ms = ms_since(start);
  HEARTH_ASSIGN(tensor, TensorModel::from(model));
  HEARTH_ASSIGN(session, tensor->new_session({}));
  const double ready_ms = ms_since(start);
  HEARTH_ASSIGN(request, TensorSession::new_request(session));
  const auto& inputs = session->ports().inputs;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) HEARTH_TRY(request->allocate(Port::kInput, i, inputs[i].shape));
  HEARTH_TRY(request->run());
  HEARTH_ASSIGN(held, model->placement());
  HEARTH_ASSIGN(estimated, estimate_tensor_model(*model->source(), load, {}));
  std::printf(
      "{\"runtime\":\"%s %s\",\"load_ms\":%.3f,\"ready_ms\":%.3f,\"first_run_ms\":%.3f,\"from_cache\":%s,"
      "\"held_bytes\":%llu,\"estimated_bytes\":%llu}\n",
      info.name.c_str(), info.version.c_str(), load_ms, ready_ms, ms_since(start),
      session->info().from_cache ? "true" : "false", static_cast<unsigned long long>(held.total_bytes()),
      static_cast<unsigned long long>(estimated.total_bytes()));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: tensor_start RUNTIME MODEL CACHE_DIR\n", stderr);
    return 2;
  }
  LoadOptions load;
  load.path = argv[2];
  load.cache_dir = argv[3];
  const Status done = measure(argv[1], load);
  if (!done) std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
  return done ? 0 : 1;
}
