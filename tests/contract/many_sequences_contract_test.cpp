// A thousand conversations at once on the fake runtime: what it costs must not be what a load test measures.
#include <chrono>
#include <iostream>

#include "contract_fixture.h"

namespace hearth::contract {
namespace {

constexpr std::int32_t kSequences = 1000;
constexpr std::int32_t kTold = 300;  // tokens that each holds before
constexpr int kSteps = 10;

TEST(ManySequences, a_step_over_a_thousand_takes_milliseconds_however_long_they_are) {
  RuntimeRegistry registry(registry_options());
  const auto runtime = must(registry.open("fake", Transport::kInProcess));
  LoadOptions options;
  options.path = resolve("runtimes/fake/scripts/load.fake.json");
  options.extra_json = R"({"latency_scale":0})";
  const auto model = must(TextModel::from(must(runtime->load(options))));
  TextOptions wanted;
  wanted.n_ctx = kSequences * 512;
  wanted.n_seq_max = kSequences;
  wanted.unified_kv = Toggle::kOn;
  const auto context = must(model->new_context(wanted));
  std::vector<BatchEntry> batch;
  for (std::int32_t sequence = 0; sequence < kSequences; ++sequence) {
    for (std::int32_t at = 0; at < kTold; ++at) batch.push_back({3 + (sequence + at) % 256, at, sequence, false});
    if (batch.size() + kTold <= must(context->granted()).n_batch && sequence + 1 < kSequences) continue;
    must(context->decode(batch));
    batch.clear();
  }
  auto fastest = std::chrono::steady_clock::duration::max();
  for (std::int32_t step = 0; step < kSteps; ++step) {
    batch.clear();
    for (std::int32_t sequence = 0; sequence < kSequences; ++sequence)
      batch.push_back({5, kTold + step, sequence, true});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(must(context->decode(batch)).n_rows, static_cast<std::uint32_t>(kSequences));
    fastest = std::min(fastest, std::chrono::steady_clock::now() - start);
  }
  const double ms = std::chrono::duration<double, std::milli>(fastest).count();
  RecordProperty("step_ms", std::to_string(ms));
  EXPECT_LT(ms, 10) << "five times what it takes on an idle machine";
  std::cout << "a step over " << kSequences << " sequences: " << ms << " ms\n";
}

}  // namespace
}  // namespace hearth::contract
