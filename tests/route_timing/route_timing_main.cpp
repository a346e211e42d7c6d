// Times whole routes: features, intent, policy with its bandit, on telemetry read anew each hundred calls, on one core.
// Prints one JSON object: kind of prompt -> microseconds at percentiles, allocations a call.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "app/intent_learning.h"
#include "app/machine_routing.h"
#include "base/clock.h"
#include "support/paths.h"

namespace {

std::atomic<std::uint64_t> n_allocations{0};

using hearth::RouteRequest;

struct Kind {
  std::string name;
  std::vector<std::string> texts;
  std::uint32_t max_tokens = 0;
  bool picture = false;
};

constexpr const char* kWords[] = {"please",  "write",    "the",     "report",  "about",  "a",       "function",
                                  "that",    "light",    "kitchen", "summary", "model",  "image",   "voice",
                                  "read",    "aloud",    "sort",    "list",    "why",    "is",      "it",
                                  "raining", "tomorrow", "and",     "then",    "größer", "données", "пример",
                                  "总结",    "return",   "value",   "(x)",     "==",     "?"};

std::string prompt_of(std::size_t n_chars, std::mt19937& random) {
  std::string text;
  while (text.size() < n_chars) {
    text += kWords[random() % std::size(kWords)];
    text += random() % 17 == 0 ? "\n" : " ";
  }
  text.resize(n_chars);
  return text;
}

// Texts of `least` to `most` characters.
Kind kind_of_length(std::size_t least, std::size_t most, std::mt19937& random) {
  Kind kind;
  kind.name = least == most ? std::to_string(most) + " characters" : "up to " + std::to_string(most) + " characters";
  std::uniform_int_distribution<std::size_t> length(least, most);
  for (int i = 0; i < 256; ++i) kind.texts.push_back(prompt_of(length(random), random));
  return kind;
}

std::vector<Kind> kinds() {
  std::mt19937 random(7);
  std::vector<Kind> out;
  out.push_back({"early exit, image", {"describe this picture", "", "what is on the photo?"}, 0, true});
  out.push_back({"early exit, short", {"capital of Peru", "who wrote Emma", "translate house into French"}, 16});
  for (const std::size_t n : {20U, 100U, 500U, 1000U, 2000U, 32'000U}) out.push_back(kind_of_length(n, n, random));
  out.push_back(kind_of_length(1, 2000, random));
  std::string fences;
  while (fences.size() < 65'536) fences += "```\n";
  out.push_back({"64 KiB of fences", {fences}});
  return out;
}

double percentile(const std::vector<double>& sorted, double p) {
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(p * static_cast<double>(sorted.size())))];
}

nlohmann::ordered_json time_kind(hearth::MachineRouting& routing, const Kind& kind, int calls) {
  const hearth::RouteAttachment picture{hearth::AttachmentKind::kImage, true, 100'000};
  hearth::RouteDecision decision;
  std::vector<double> us;
  us.reserve(static_cast<std::size_t>(calls));
  auto machine = hearth::read_route_machine(routing.targets().targets.size());
  std::uint64_t allocated = 0;
  for (int i = -200; i < calls; ++i) {
    if (i % 100 == 0) machine = hearth::read_route_machine(routing.targets().targets.size());
    RouteRequest request;
    request.text = kind.texts[static_cast<std::size_t>(i + 200) % kind.texts.size()];
    request.max_tokens = kind.max_tokens;
    if (kind.picture) request.attachments = {&picture, 1};
    const auto before = n_allocations.load();
    const auto begin = std::chrono::steady_clock::now();
    routing.route(request, machine, decision);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (i < 0) continue;  // warm-up
    us.push_back(took.count());
    allocated += n_allocations.load() - before;
  }
  std::sort(us.begin(), us.end());
  return {{"calls", calls},
          {"p50_us", percentile(us, 0.5)},
          {"p99_us", percentile(us, 0.99)},
          {"max_us", us.back()},
          {"stage", decision.stage},
          {"allocations_a_call", static_cast<double>(allocated) / calls}};
}

}  // namespace

// Counted, to show that a route allocates nothing.
void* operator new(std::size_t n_bytes) {
  n_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(n_bytes == 0 ? 1 : n_bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::max(1000, std::atoi(argv[1])) : 100'000;
  const auto home =
      std::filesystem::temp_directory_path() / ("hearth-route-timing-" + std::to_string(std::random_device{}()));
  const hearth::SystemClock clock;
  auto policy = hearth::load_routing_policy(hearth::test::source_dir() / "data", "default");
  auto classifier = hearth::open_intent_classifier(home);
  if (!policy || !classifier) return std::fputs("the policy or the network cannot be read\n", stderr), 1;
  auto routing = hearth::MachineRouting::open(
      {std::move(*policy), hearth::usual_targets(), std::move(*classifier), &clock, home, true});
  if (!routing) return std::fprintf(stderr, "%s\n", routing.error().message.c_str()), 1;
  nlohmann::ordered_json out;
  for (const auto& kind : kinds()) out[kind.name] = time_kind(**routing, kind, calls);
  std::filesystem::remove_all(home);
  std::puts(out.dump().c_str());
}
