// Times plans of all five modalities over the whole catalogue, without reading files: bench/plan.py runs it.
// Prints one JSON object: device -> milliseconds of each repeat.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "planning.h"

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  nlohmann::ordered_json out;
  for (const char* device :
       {"pi5-8gb", "macbook-air-m2-16gb", "rtx-4090", "nuc-13-i7-1360p-32gb", "jetson-agx-orin-64gb",
        "xeon-platinum-8480-2s-512gb", "ryzen-ai-max-395-128gb", "h100-sxm-80gb"}) {
    hearth::PlanRequest request;
    request.device = device;
    request.wishes = {
        {"chat", "", false}, {"vision", "", false}, {"stt", "", false}, {"tts", "", false}, {"embed", "", false}};
    const auto machine = hearth::test::machine_called(device);
    for (int i = 0; i <= repeats; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const auto plan = hearth::test::plan_on(machine, request);
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
      if (!plan) return std::fprintf(stderr, "%s: %s\n", device, plan.error().message.c_str()), 1;
      if (i > 0) out[device].push_back(took.count());  // the first one warms the caches
    }
  }
  std::puts(out.dump().c_str());
}
