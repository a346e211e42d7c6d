// What every runtime says of itself, and loading: estimates, placement, refusals.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "contract_fixture.h"

namespace hearth::contract {
namespace {

using Codes = std::vector<ErrorCode>;

class ModelContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, ModelContract, testing::ValuesIn(subjects()), subject_name);

TEST_P(ModelContract, describes_itself) {
  const auto info = must(runtime_->describe());
  EXPECT_EQ(info.name, GetParam().runtime);
  EXPECT_FALSE(info.version.empty());
  EXPECT_FALSE(info.formats.empty());
  EXPECT_NE(std::ranges::find(info.capabilities, "text"), info.capabilities.end());
  EXPECT_NE(std::ranges::find(info.devices, "cpu", &RuntimeDevice::id), info.devices.end());
  EXPECT_FALSE(info.options_schema_json.empty());
}

TEST_P(ModelContract, scores_above_zero_where_it_runs) {
  const auto score = must(runtime_->score());
  EXPECT_GT(score.score, 0);
  EXPECT_LE(score.score, 100);
  EXPECT_FALSE(score.reason.empty());
}

TEST_P(ModelContract, gives_the_tables_it_has_and_null_for_others) {
  EXPECT_NE(runtime_->capability("text", HEARTH_CAP_TEXT_MAJOR), nullptr);
  EXPECT_EQ(runtime_->capability("text", HEARTH_CAP_TEXT_MAJOR + 98), nullptr);
  EXPECT_EQ(runtime_->capability("telepathy", 1), nullptr);
  EXPECT_EQ(runtime_->capability("", 1), nullptr);
}

// Within 1 % or 1 MiB for every component either side knows.
void expect_same_memory(const MemoryBreakdown& estimated, const MemoryBreakdown& held) {
  auto components = estimated.by_component();
  components.merge(held.by_component());
  for (const auto& [component, unused] : components) {
    const auto a = static_cast<double>(estimated.component_bytes(component));
    const auto b = static_cast<double>(held.component_bytes(component));
    EXPECT_LE(std::abs(a - b), std::max(0.01 * b, 1024.0 * 1024.0))
        << component << ": estimated " << a << ", held " << b;
  }
}

TEST_P(ModelContract, estimate_is_what_is_held_after_a_context_was_made) {
  for (const std::uint32_t n_ctx : {256U, 512U}) {
    for (const std::uint32_t n_seq_max : {1U, 4U}) {
      auto options = text_options();
      options.n_ctx = n_ctx;
      options.n_seq_max = n_seq_max;
      const auto estimated = must(runtime_->estimate(load_options(), options));
      const auto model = load();
      const auto context = new_context(*model, options);
      SCOPED_TRACE("n_ctx " + std::to_string(n_ctx) + ", n_seq_max " + std::to_string(n_seq_max));
      expect_same_memory(estimated, must(model->model()->memory_now()));
      EXPECT_GT(estimated.component_bytes(memory_component::kWeights), 0U);
      EXPECT_GT(estimated.component_bytes(memory_component::kKvCache), 0U);
    }
  }
}

TEST_P(ModelContract, memory_comes_and_goes_with_contexts) {
  const auto model = load();
  const auto bare = must(model->model()->memory_now());
  EXPECT_GT(bare.component_bytes(memory_component::kWeights), 0U);
  EXPECT_EQ(bare.component_bytes(memory_component::kKvCache), 0U);
  {
    const auto one = new_context(*model);
    const auto kv_bytes = must(model->model()->memory_now()).component_bytes(memory_component::kKvCache);
    EXPECT_GT(kv_bytes, 0U);
    const auto two = new_context(*model);
    EXPECT_EQ(must(model->model()->memory_now()).component_bytes(memory_component::kKvCache), 2 * kv_bytes);
  }
  EXPECT_EQ(must(model->model()->memory_now()).items, bare.items);
}

TEST_P(ModelContract, placement_tells_where_every_byte_is) {
  const auto model = load();
  const auto context = new_context(*model);
  const auto placed = must(model->model()->placement());
  EXPECT_EQ(placed.total_bytes(), must(model->model()->memory_now()).total_bytes());
  const auto devices = must(runtime_->describe()).devices;
  for (const auto& item : placed.items) {
    EXPECT_NE(std::ranges::find(devices, item.device, &RuntimeDevice::id), devices.end()) << item.device;
    EXPECT_FALSE(item.buffer_kind.empty());
    EXPECT_FALSE(item.component.empty());
    EXPECT_LE(item.mapped_bytes, item.bytes);
  }
}

struct BadPath {
  std::string path;
  Codes codes;
};

TEST_P(ModelContract, bad_paths_are_refused_by_load_and_estimate_and_do_no_harm) {
  const auto folder = std::filesystem::path(temporary_file("empty.gguf", "")).parent_path();
  const BadPath bad[] = {
      {(folder / "missing.gguf").string(), {ErrorCode::kNotFound}},
      {(folder / "empty.gguf").string(), {ErrorCode::kInvalidData}},
      {temporary_file("garbage.gguf", std::string(5000, '\x5a')), {ErrorCode::kInvalidData}},
      {temporary_file("head.gguf", "GGUF"), {ErrorCode::kInvalidData}},
      {folder.string(), {ErrorCode::kInvalidData, ErrorCode::kNotFound, ErrorCode::kInvalidArgument}},
      {"", {ErrorCode::kInvalidArgument, ErrorCode::kNotFound}},
      {std::string("a\0b", 3), {ErrorCode::kNotFound, ErrorCode::kInvalidArgument}}};
  for (const auto& each : bad) {
    SCOPED_TRACE(each.path);
    auto options = load_options();
    options.path = each.path;
    const auto error = must_fail(runtime_->load(options), each.codes);
    EXPECT_TRUE(each.path.size() <= 3 || to_string(error).find(each.path) != std::string::npos) << to_string(error);
    must_fail(runtime_->estimate(options, text_options()), each.codes);
  }
  EXPECT_NE(load(), nullptr);
}

TEST_P(ModelContract, an_unknown_device_is_an_error_that_names_those_there) {
  auto options = load_options();
  options.devices = {"nosuchdevice7"};
  options.fallback = Fallback::kNone;
  const auto error = must_fail(runtime_->load(options), {ErrorCode::kNotFound, ErrorCode::kUnavailable});
  EXPECT_NE(to_string(error).find("nosuchdevice7"), std::string::npos) << to_string(error);
  EXPECT_NE(to_string(error).find("cpu"), std::string::npos) << to_string(error);
  must_fail(runtime_->estimate(options, text_options()), {ErrorCode::kNotFound, ErrorCode::kUnavailable});
}

TEST_P(ModelContract, an_unknown_device_with_fallback_loads_and_placement_tells) {
  auto options = load_options();
  options.devices = {"nosuchdevice7"};
  options.fallback = Fallback::kReport;
  const auto model = must(runtime_->load(options));
  const auto placed = must(model->placement());
  EXPECT_GT(placed.total_bytes(), 0U);
  EXPECT_FALSE(placed.by_device().contains("nosuchdevice7"));
}

TEST_P(ModelContract, bad_extra_options_are_refused) {
  for (const char* extra : {"{", "[]", "7", R"({"no_such_option":1})"}) {
    SCOPED_TRACE(extra);
    auto options = load_options();
    options.extra_json = extra;
    must_fail(runtime_->load(options), {ErrorCode::kInvalidData, ErrorCode::kInvalidArgument});
  }
}

TEST_P(ModelContract, loading_obeys_cancel_and_deadline) {
  const CancelToken cancel;
  cancel.request();
  must_fail(runtime_->load(load_options(), {&cancel, {}, 0}), {ErrorCode::kCancelled});
  const auto past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  must_fail(runtime_->load(load_options(), {nullptr, past, 0}), {ErrorCode::kDeadlineExceeded});
}

TEST_P(ModelContract, bad_context_options_are_refused_and_the_model_still_serves) {
  const auto model = load();
  const Codes bad = {ErrorCode::kInvalidArgument, ErrorCode::kUnsupported};
  auto options = text_options();
  options.n_seq_max = 0;
  must_fail(model->new_context(options), bad);
  options = text_options();
  options.n_seq_max = 1U << 30U;
  must_fail(model->new_context(options), bad);
  options = text_options();
  options.kv_type_k = "q3_nonsense";
  must_fail(model->new_context(options), bad);
  options = text_options();
  options.embeddings = true;
  options.pooling = "nonsense";
  must_fail(model->new_context(options), bad);
  const auto context = new_context(*model);
  EXPECT_EQ(greedy(*context, prompt(*model), 4).size(), 4U);
}

TEST_P(ModelContract, a_context_larger_than_memory_is_refused_and_the_model_still_serves) {
  const auto model = load();
  auto options = text_options();
  options.n_ctx = 0x7FFF0000;
  must_fail(model->new_context(options), {ErrorCode::kOutOfMemory, ErrorCode::kDoesNotFit});
  const auto context = new_context(*model);
  EXPECT_EQ(greedy(*context, prompt(*model), 4).size(), 4U);
}

TEST_P(ModelContract, tells_what_a_context_was_granted) {
  const auto model = load();
  const auto granted = must(new_context(*model)->granted());
  EXPECT_GE(granted.n_ctx, 256U);
  EXPECT_EQ(granted.n_seq_max, 4U);
  EXPECT_GE(granted.n_batch, 1U);
  EXPECT_LE(granted.n_ubatch, granted.n_batch);
  EXPECT_EQ(granted.kv_type_k, "f16");
  TextOptions own;
  EXPECT_GT(must(must(model->new_context(own))->granted()).n_ctx, 0U);
}

TEST_P(ModelContract, handles_may_go_in_any_order) {
  auto model = load();
  auto other = load();
  auto first = new_context(*model);
  auto second = new_context(*model);
  auto of_other = new_context(*other);
  model.reset();  // its contexts keep it
  first.reset();
  EXPECT_EQ(greedy(*second, prompt(*other), 4), greedy(*of_other, prompt(*other), 4));
  other.reset();
  of_other.reset();
  runtime_.reset();
  registry_.reset();
  EXPECT_EQ(must(second->range(0)).first, 0);
}

}  // namespace
}  // namespace hearth::contract
