// The closed formulas over the whole catalogue: properties that hold for every model, and sizes of published files.
#include "app/formula_fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "app/catalog_loading.h"
#include "estimate/memory_model.h"
#include "support/paths.h"

namespace hearth {
namespace {

const Catalog& catalog() {
  static const Catalog kCatalog = load_catalog(test::source_dir() / "data").value();
  return kCatalog;
}

const CatalogPrecision& precision(const std::string& name) { return **catalog().precision(name); }

MemoryQuery query_of(const CatalogModel& model, const CatalogPrecision& precision) {
  MemoryQuery query;
  query.model = &model;
  query.precision = &precision;
  query.context_length = 4096;
  query.runtime = "llama";
  return query;
}

std::uint64_t total(const MemoryQuery& query) {
  const auto totals = model_memory_totals(query);
  return totals ? totals->total() : 0;
}

TEST(FormulaFit, every_model_has_a_memory_of_weights_and_runtime) {
  for (const auto& model : catalog().models()) {
    const auto totals = model_memory_totals(query_of(model, precision("fp16")));
    ASSERT_TRUE(totals.has_value()) << model.id << ": " << totals.error().message;
    EXPECT_GT(totals->cpu.runtime, 0U) << model.id;
    const double expected = 2.0 * static_cast<double>(model.parameters_total);
    const double counted = static_cast<double>(totals->cpu.weights + totals->cpu.projector);
    EXPECT_NEAR(counted / expected, 1.0, 0.06) << model.id;
  }
}

TEST(FormulaFit, totals_and_items_are_the_same_bytes) {
  for (const auto& model : catalog().models()) {
    for (const int layers : {-1, 7}) {
      auto query = query_of(model, precision("q4-k-m"));
      query.device = "gpu0";
      query.layers_on_device = layers;
      query.experts_on_cpu = layers < 0;
      query.users = 3;
      const auto totals = model_memory_totals(query);
      const auto items = model_memory(query);
      ASSERT_TRUE(totals && items) << model.id;
      EXPECT_EQ(items->total_bytes(), totals->total()) << model.id;
      EXPECT_EQ(items->by_device()["cpu"], totals->cpu.total()) << model.id;
      EXPECT_EQ(items->by_device()["gpu0"], totals->device.total()) << model.id;
    }
  }
}

TEST(FormulaFit, more_context_more_users_and_truer_types_never_need_less) {
  for (const auto& model : catalog().models()) {
    if (!model.decoder) continue;
    auto query = query_of(model, precision("q4-k-m"));
    std::uint64_t before = 0;
    for (const std::uint64_t context : {1ULL, 512ULL, 513ULL, 4096ULL, 16384ULL, 131072ULL}) {
      query.context_length = context;
      EXPECT_GE(total(query), before) << model.id << " with " << context;
      before = total(query);
    }
    query.context_length = 4096;
    before = 0;
    for (const std::uint32_t users : {1U, 2U, 4U, 32U}) {
      query.users = users;
      EXPECT_GE(total(query), before) << model.id << " for " << users;
      before = total(query);
    }
    before = 0;
    for (const char* type : {"q2-k", "q3-k-m", "q4-k-m", "q5-k-m", "q6-k", "q8-0", "fp16", "fp32"}) {
      EXPECT_GE(weight_bytes(model, precision(type)), before) << model.id << " in " << type;
      EXPECT_LE(weight_bytes_per_token(model, precision(type)), weight_bytes(model, precision(type))) << model.id;
      before = weight_bytes(model, precision(type));
    }
  }
}

TEST(FormulaFit, layers_moved_to_an_accelerator_leave_the_processor) {
  const auto& model = **catalog().model("qwen3-30b-a3b");
  auto query = query_of(model, precision("q4-k-m"));
  query.device = "gpu0";
  std::uint64_t on_cpu = UINT64_MAX, on_device = 0;
  for (const int layers : {0, 12, 24, 48}) {
    query.layers_on_device = layers;
    const auto totals = model_memory_totals(query).value();
    EXPECT_LT(totals.cpu.weights, on_cpu);
    EXPECT_GE(totals.device.weights, on_device);
    on_cpu = totals.cpu.weights;
    on_device = totals.device.weights;
  }
  query.layers_on_device = -1;
  query.experts_on_cpu = true;
  const auto split = model_memory_totals(query).value();
  EXPECT_GT(split.cpu.weights, 9 * split.device.weights);  // experts are 95 % of this model
  EXPECT_GT(split.device.kv_cache, 0U);
  EXPECT_EQ(split.cpu.kv_cache, 0U);
}

// Sizes as published, rounded to 0.01 GiB or so. What differs more was quantised by another recipe than llama.cpp's
// own.
TEST(FormulaFit, weights_are_those_of_published_files) {
  double sum = 0;
  int n = 0;
  for (const auto& model : catalog().models()) {
    for (const auto& file : model.files) {
      if (file.format != "gguf" || !model.decoder) continue;
      auto counted = static_cast<double>(weight_bytes(model, precision(file.precision)));
      if (model.id == "qwen3-1.7b") counted += 2.0 * static_cast<double>(model.decoder->vocab * model.decoder->hidden);
      const double error = counted / static_cast<double>(file.bytes) - 1;
      EXPECT_LT(std::abs(error), 0.005) << model.id << ' ' << file.precision << ": " << error;
      sum += std::abs(error);
      ++n;
    }
  }
  ASSERT_GT(n, 10);
  EXPECT_LT(sum / n, 0.001);
}

TEST(FormulaFit, what_is_left_open_is_settled_from_the_record) {
  FitRequest request;
  const auto chat = settled_for(catalog(), **catalog().model("llama-3.2-1b"), request);
  ASSERT_TRUE(chat.has_value());
  EXPECT_EQ(chat->precision, "Q4_K_M");
  EXPECT_EQ(chat->runtime, "llama");
  EXPECT_EQ(chat->context_length, 4096U);
  const auto speech = settled_for(catalog(), **catalog().model("whisper-base"), request);
  EXPECT_EQ(speech->runtime, "whisper");
  EXPECT_EQ(speech->context_length, 448U);
}

TEST(FormulaFit, unknown_types_and_unpublished_ones_are_refused_by_name) {
  FitRequest request;
  request.runtime = "llama";
  request.context_length = 512;
  const auto& model = **catalog().model("llama-3.2-1b");
  request.precision = "Q9_X";
  EXPECT_EQ(formula_memory(catalog(), model, request).error().code, ErrorCode::kNotFound);
  request.precision = "Q4_K_M";
  request.kv_type = "q7";
  EXPECT_EQ(formula_memory(catalog(), model, request).error().code, ErrorCode::kNotFound);
  request.kv_type = "q8_0";
  EXPECT_TRUE(formula_memory(catalog(), model, request).has_value());
  request.flash_attention = Toggle::kOff;
  EXPECT_EQ(formula_memory(catalog(), model, request).error().code, ErrorCode::kUnsupported);
  request.precision = "Q4_K_M";
  EXPECT_EQ(formula_memory(catalog(), **catalog().model("yolo11n"), request).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace hearth
