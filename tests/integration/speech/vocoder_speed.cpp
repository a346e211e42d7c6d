// Hearth's side of bench/vocoder.py: MODEL FEATURES.npy N_THREADS; each line on standard input is one run.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "audio/npy.h"
#include "pipeline/vocoder.h"
#include "speech_fixture.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

nlohmann::json one_run(Vocoder& vocoder, std::span<const float> features) {
  const auto start = SteadyClock::now();
  double first_s = 0;
  std::size_t n_samples = 0;
  const auto done = vocoder.synthesise(features, {}, [&](std::span<const float> part) {
    if (n_samples == 0) first_s = seconds_since(start);
    n_samples += part.size();
    return true;
  });
  if (!done) return {{"error", to_string(done.error())}};
  return {{"processing_s", seconds_since(start)},
          {"first_audio_s", first_s},
          {"audio_s", static_cast<double>(n_samples) / vocoder.options().sample_rate_hz}};
}

Status serve(const char* model, const char* features_file, const char* n_threads) {
  std::ifstream file(features_file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  HEARTH_ASSIGN(array, read_npy(std::as_bytes(std::span(bytes))));
  RuntimeRegistry registry(speech_tests::registry_options());
  TensorOptions options;
  options.n_threads = static_cast<unsigned>(std::strtoul(n_threads, nullptr, 10));
  HEARTH_ASSIGN(runtime, registry.open("openvino", Transport::kInProcess));
  HEARTH_ASSIGN(info, runtime->describe());
  HEARTH_ASSIGN(lane, speech_tests::open_lane(registry, {"openvino", model, options}));
  HEARTH_ASSIGN(vocoder, Vocoder::create(std::move(lane)));
  for (int warm = 0; warm < 2; ++warm) (void)one_run(*vocoder, array.values);
  std::cout << nlohmann::json{{"runtime", "openvino " + info.version}} << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << one_run(*vocoder, array.values) << std::endl;
  return {};
}

}  // namespace
}  // namespace hearth

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: vocoder_speed MODEL FEATURES.npy N_THREADS\n", stderr);
    return 2;
  }
  const auto done = hearth::serve(argv[1], argv[2], argv[3]);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
  return 1;
}
