// The formulas against what llama.cpp 0.5 itself reserved for the same shapes (bench/memory.py repeats it).
#include "estimate/memory_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hearth {
namespace {

CatalogPrecision kv_type(const char* name, std::uint64_t weights, std::uint64_t bytes) {
  CatalogPrecision type;
  type.name = name;
  type.block = CatalogBlock{weights, bytes, std::nullopt};
  type.bits_per_weight = 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
  return type;
}

CatalogPrecision mixture(const char* id, double bits = 16) {
  CatalogPrecision precision;
  precision.id = precision.name = id;
  precision.bits_per_weight = bits;
  return precision;
}

CatalogModel decoder(std::uint64_t layers, std::uint64_t hidden, std::uint64_t vocab, std::uint64_t ffn) {
  CatalogModel model;
  model.id = model.name = "sample";
  model.architecture = "llama";
  CatalogDecoder d;
  d.layers = layers;
  d.hidden = hidden;
  d.vocab = vocab;
  d.ffn_size = ffn;
  d.tied_embeddings = true;
  d.layer_kinds = std::string(layers, 'F');
  d.ffn_kinds = std::string(layers, 'D');
  model.decoder = d;
  return model;
}

CatalogAttention attention(std::uint64_t heads, std::uint64_t kv_heads, std::uint64_t dim) {
  CatalogAttention a;
  a.heads = heads;
  a.kv_heads = kv_heads;
  a.key_dim = a.value_dim = dim;
  return a;
}

CatalogModel llama_1b() {
  CatalogModel model = decoder(16, 2048, 128256, 8192);
  model.decoder->attention = attention(32, 8, 64);
  return model;
}

CatalogModel gemma_1b() {
  CatalogModel model = decoder(26, 1152, 262144, 6912);
  model.decoder->layer_kinds = "WWWWWFWWWWWFWWWWWFWWWWWFWW";
  model.decoder->attention = attention(4, 1, 256);
  model.decoder->window = 512;
  return model;
}

CatalogModel granite_350m() {
  CatalogModel model = decoder(32, 768, 100352, 2048);
  model.decoder->layer_kinds = "RRRRRRRRRRFRRFRRRFRRRRRRRRRFRRRR";
  model.decoder->attention = attention(12, 4, 64);
  model.decoder->recurrent = CatalogRecurrence{"mamba2", 4, 1536, 128, 1, 48, 0};
  return model;
}

CatalogModel deepseek_lite() {
  CatalogModel model = decoder(27, 2048, 102400, 10944);
  model.decoder->tied_embeddings = false;
  model.decoder->attention = attention(16, 0, 0);
  model.decoder->mla = CatalogLatent{std::nullopt, 512, 128, 64, 128};
  model.decoder->ffn_kinds = "D" + std::string(26, 'E');
  model.decoder->moe = CatalogExperts{64, 6, 1408, 2816, true};
  return model;
}

struct Asked {
  std::uint64_t context = 512;
  std::uint32_t users = 1;
  const CatalogPrecision* kv = nullptr;
  std::uint32_t micro_batch = 512;
  bool flash_attention = true;
};

Result<MemoryTotals> memory(const CatalogModel& model, const CatalogPrecision& precision, const Asked& asked) {
  MemoryQuery query;
  query.model = &model;
  query.precision = &precision;
  query.kv_precision = asked.kv;
  query.context_length = asked.context;
  query.users = asked.users;
  query.micro_batch = asked.micro_batch;
  query.flash_attention = asked.flash_attention;
  query.runtime = "llama";
  return model_memory_totals(query);
}

TEST(MemoryModel, keys_and_values_of_full_windowed_latent_and_hybrid_layers_are_exact) {
  const auto f16 = mixture("fp16");
  const auto q8 = kv_type("KV Q8_0", 32, 34);
  EXPECT_EQ(memory(llama_1b(), f16, {4096, 4})->cpu.kv_cache, 536870912U);
  EXPECT_EQ(memory(llama_1b(), f16, {4096, 4, &q8})->cpu.kv_cache, 285212672U);
  EXPECT_EQ(memory(llama_1b(), f16, {300, 1})->cpu.kv_cache, 512U * 16 * 2048);  // padded to 256 cells
  EXPECT_EQ(memory(gemma_1b(), f16, {4096, 1})->cpu.kv_cache, 39845888U);
  EXPECT_EQ(memory(gemma_1b(), f16, {4096, 4})->cpu.kv_cache, 124780544U);
  EXPECT_EQ(memory(gemma_1b(), f16, {4096, 1, nullptr, 128})->cpu.kv_cache, 34078720U);
  EXPECT_EQ(memory(deepseek_lite(), f16, {512, 1})->cpu.kv_cache, 15925248U);
  EXPECT_EQ(memory(granite_350m(), f16, {4096, 4})->cpu.kv_cache, 67108864U);
  EXPECT_EQ(memory(granite_350m(), f16, {4096, 4})->cpu.recurrent_state, 90488832U);
}

TEST(MemoryModel, a_window_that_a_runtime_ignores_saves_nothing) {
  auto model = gemma_1b();
  model.decoder->window_ignored_by = {"llama"};
  EXPECT_EQ(memory(model, mixture("fp16"), {4096, 1})->cpu.kv_cache, 26ULL * 4096 * 512 * 2);
}

TEST(MemoryModel, layers_that_share_an_earlier_cache_keep_none) {
  auto model = llama_1b();
  model.decoder->layer_kinds = "FFFFFFFFffffffff";
  EXPECT_EQ(memory(model, mixture("fp16"), {4096, 1})->cpu.kv_cache, 8ULL * 4096 * 1024 * 2);
  EXPECT_EQ(kv_bytes_read_per_token(model, nullptr, 4096), 16ULL * 4096 * 1024 * 2);
}

TEST(MemoryModel, weights_follow_the_mixture_tensor_by_tensor) {
  EXPECT_EQ(weight_bytes(llama_1b(), mixture("q8-0")), 1313251456U - 128);  // less rope_freqs, which no record counts
  auto repacked = llama_1b();
  const auto q4 = mixture("q4-0");
  MemoryQuery query;
  query.model = &repacked;
  query.precision = &q4;
  query.context_length = 512;
  query.runtime = "llama";
  query.repack = CpuRepack::kAvx2;
  const auto mapped = model_memory_totals(query).value().cpu;
  EXPECT_EQ(mapped.weights - mapped.mapped, 547356672U);  // llama.cpp's CPU_REPACK buffer
  query.mmap = false;
  const auto read = model_memory_totals(query).value().cpu;
  EXPECT_EQ(read.weights, mapped.mapped);
  EXPECT_EQ(read.mapped, 0U);
}

TEST(MemoryModel, scratch_is_what_llama_reserves_within_two_percent) {
  const auto f16 = mixture("fp16");
  const auto near = [](std::uint64_t counted, double reserved, double share) {
    EXPECT_NEAR(static_cast<double>(counted) / reserved, 1.0, share) << counted << " against " << reserved;
  };
  near(memory(llama_1b(), f16, {4096, 1})->cpu.compute, 271058944, 0.001);
  near(memory(llama_1b(), f16, {4096, 1, nullptr, 128})->cpu.compute, 67764736, 0.001);
  near(memory(llama_1b(), f16, {4096, 1, nullptr, 512, false})->cpu.compute, 299902976, 0.001);
  near(memory(gemma_1b(), f16, {4096, 1})->cpu.compute, 541591552, 0.001);
  near(memory(granite_350m(), f16, {4096, 4})->cpu.compute, 208668672, 0.001);
  near(memory(deepseek_lite(), f16, {4096, 1})->cpu.compute, 251934720, 0.02);
}

TEST(MemoryModel, a_token_reads_its_active_experts_and_the_output) {
  const auto model = deepseek_lite();
  const auto f16 = mixture("fp16");
  const std::uint64_t idle = 26ULL * (64 - 6) * 3 * 1408 * 2048 * 2;
  EXPECT_EQ(weight_bytes_per_token(model, f16), weight_bytes(model, f16) - idle - 102400ULL * 2048 * 2);
  EXPECT_EQ(weight_bytes_per_token(llama_1b(), f16), weight_bytes(llama_1b(), f16));  // tied: the table is the output
}

TEST(MemoryModel, what_the_runtime_refuses_is_refused_with_its_reason) {
  const auto f16 = mixture("fp16");
  const auto q8 = kv_type("KV Q8_0", 32, 34);
  auto narrow = llama_1b();
  narrow.decoder->attention = attention(8, 4, 8);
  const auto blocks = memory(narrow, f16, {512, 1, &q8});
  ASSERT_FALSE(blocks.has_value());
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(blocks.error().message.find("multiple of 32"), std::string::npos);
  EXPECT_EQ(memory(llama_1b(), f16, {512, 1, &q8, 512, false}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(memory(llama_1b(), f16, {UINT64_MAX, 4}).error().code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(memory(llama_1b(), f16, {512, 0}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(model_memory_totals({}).error().code, ErrorCode::kInvalidArgument);
}

TEST(MemoryModel, the_exact_size_of_a_file_wins_over_the_count) {
  auto model = llama_1b();
  model.files = {{"gguf", "q4-0", "", 700000000, false}, {"gguf", "q8-0", "", 1, true}};
  EXPECT_EQ(weight_bytes(model, mixture("q4-0")), 700000000U);
  EXPECT_GT(weight_bytes(model, mixture("q8-0")), 1000000000U);  // rounded: of no use here
  const auto totals = memory(model, mixture("q4-0"), {512, 1}).value();
  EXPECT_NEAR(static_cast<double>(totals.cpu.weights), 7e8, 16);
}

TEST(MemoryModel, processors_are_told_apart_by_what_they_repack) {
  EXPECT_EQ(cpu_repack_of({"avx2", "fma"}), CpuRepack::kAvx2);
  EXPECT_EQ(cpu_repack_of({"avx2", "avx512"}), CpuRepack::kAvx512);
  EXPECT_EQ(cpu_repack_of({"aarch64", "dotprod"}), CpuRepack::kNeon);
  EXPECT_EQ(cpu_repack_of({"aarch64"}), CpuRepack::kNone);
}

}  // namespace
}  // namespace hearth
