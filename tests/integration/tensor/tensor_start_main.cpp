// tensor_start RUNTIME MODEL HASH [CACHE_DIR]: loads, compiles and runs once, and prints what each took as one JSON
// line. A process of its own each time, so that nothing is warm but what the folder keeps; without a folder nothing is
// kept. HASH is what the host remembers of the file from the first time it saw it.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tensor_fixture.h"
#include "tiny_onnx.h"

namespace {

using namespace hearth;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// What a process does once for all its models, whether a cache is there or not: opens the vendor's library, registers
// operators and kernels, starts threads. Found by compiling a graph of one addition, and by taking it from a cache.
Result<double> set_up(const std::shared_ptr<Runtime>& runtime, const std::filesystem::path& folder) {
  const auto start = Clock::now();
  LoadOptions load;
  load.path = (folder / "tiny.onnx").string();
  load.cache_dir = (folder / "compiled").string();
  std::filesystem::create_directories(folder);
  std::ofstream(load.path, std::ios::binary) << tensor_tests::add_model(13);
  for (int i = 0; i < 2; ++i) {
    HEARTH_ASSIGN(loaded, tensor_tests::open_model(runtime, load));
    HEARTH_TRY(loaded.request->run());
  }
  return ms_since(start);
}

Status measure(const std::string& runtime_name, const LoadOptions& load, const std::filesystem::path& folder) {
  const auto begin = Clock::now();
  RuntimeRegistry registry(tensor_tests::registry_options());
  HEARTH_ASSIGN(runtime, registry.open(runtime_name, Transport::kInProcess));
  HEARTH_ASSIGN(info, runtime->describe());
  const double library_ms = ms_since(begin);
  HEARTH_ASSIGN(set_up_ms, set_up(runtime, folder));
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
  const double first_run_ms = ms_since(start);
  HEARTH_ASSIGN(held, model->placement());
  HEARTH_ASSIGN(estimated, estimate_tensor_model(*model->source(), load, {}));
  std::printf(
      "{\"runtime\":\"%s %s\",\"once_ms\":%.3f,\"load_ms\":%.3f,\"ready_ms\":%.3f,\"first_run_ms\":%.3f,"
      "\"from_cache\":%s,\"held_bytes\":%llu,\"estimated_bytes\":%llu}\n",
      info.name.c_str(), info.version.c_str(), library_ms + set_up_ms, load_ms, ready_ms, first_run_ms,
      session->info().from_cache ? "true" : "false", static_cast<unsigned long long>(held.total_bytes()),
      static_cast<unsigned long long>(estimated.total_bytes()));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fputs("usage: tensor_start RUNTIME MODEL HASH [CACHE_DIR]\n", stderr);
    return 2;
  }
  hearth::LoadOptions load;
  load.path = argv[2];
  load.content_hash = argv[3];
  if (argc == 5) load.cache_dir = argv[4];
  const auto folder = std::filesystem::temp_directory_path() / ("tensor_start-" + std::to_string(::getpid()));
  const hearth::Status done = measure(argv[1], load, folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (!done) std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
  return done ? 0 : 1;
}
