#include "make_gguf.h"

#include <ggml-backend.h>
#include <llama.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf.h"
#include "formats/gguf_shape.h"
#include "support/paths.h"

namespace hearth::make_gguf {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MakeGgufTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (ggml_backend_dev_count() == 0) ggml_backend_load_all_from_path(HEARTH_GGML_BACKEND_DIR);
  }
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hearth-make-gguf-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] MakeOptions options(std::string_view shape, std::string_view type) const {
    MakeOptions made;
    made.shape = tiny(*find_shape(shape));
    made.quantisation = find_quantisation(type);
    made.out = folder_ / "model.gguf";
    return made;
  }
  fs::path folder_;
};

struct ModelTraits {
  using Type = llama_model*;
  static Type invalid() { return nullptr; }
  static void close(Type model) { llama_model_free(model); }
};
struct ContextTraits {
  using Type = llama_context*;
  static Type invalid() { return nullptr; }
  static void close(Type context) { llama_free(context); }
};

// Decodes a prompt and two single tokens; the logits of the last one, empty when anything fails.
std::vector<float> decode(const fs::path& path) {
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_model_params model_params = llama_model_default_params();
  model_params.n_gpu_layers = 0;
  const UniqueHandle<ModelTraits> model(llama_model_load_from_file(path.c_str(), model_params));
  if (!model) return {};
  llama_context_params context_params = llama_context_default_params();
  context_params.n_ctx = 256;
  context_params.n_threads = context_params.n_threads_batch = 1;
  const UniqueHandle<ContextTraits> context(llama_init_from_model(model.get(), context_params));
  if (!context) return {};
  std::vector<llama_token> prompt = {1, 40, 50, 60, 70, 80, 90, 100};
  if (llama_decode(context.get(), llama_batch_get_one(prompt.data(), static_cast<std::int32_t>(prompt.size()))) != 0)
    return {};
  for (llama_token token : {17, 23})
    if (llama_decode(context.get(), llama_batch_get_one(&token, 1)) != 0) return {};
  const float* logits = llama_get_logits_ith(context.get(), -1);
  return {logits, logits + llama_vocab_n_tokens(llama_model_get_vocab(model.get()))};
}

using ShapeAndType = std::tuple<std::string, std::string>;
class EveryFamilyTest : public MakeGgufTest, public ::testing::WithParamInterface<ShapeAndType> {};

TEST_P(EveryFamilyTest, loads_and_decodes_in_llama_cpp) {
  const auto& [shape, type] = GetParam();
  const auto made = make_gguf(options(shape, type));
  ASSERT_TRUE(made) << to_string(made.error());
  const auto file = read_gguf(folder_ / "model.gguf");
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->size_bytes, made->size_bytes);
  EXPECT_EQ(file->n_parameters(), made->n_parameters);
  EXPECT_TRUE(read_model_shape(*file));
  const auto logits = decode(folder_ / "model.gguf");
  ASSERT_FALSE(logits.empty());
  for (const float logit : logits) ASSERT_TRUE(std::isfinite(logit));
  EXPECT_NE(logits.front(), logits.back());
}

INSTANTIATE_TEST_SUITE_P(All, EveryFamilyTest,
                         ::testing::Combine(::testing::Values("llama-3.2-1b", "qwen2.5-0.5b", "gemma-3-1b",
                                                              "qwen3-30b-a3b", "qwen3moe-small", "deepseek-v2-lite",
                                                              "deepseek2-small", "granite-4.0-h-350m"),
                                            ::testing::Values("F32", "Q4_0", "Q4_K_M")),
                         [](const auto& bound) {
                           std::string name = std::get<0>(bound.param) + "_" + std::get<1>(bound.param);
                           for (char& c : name)
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           return name;
                         });

class EveryTypeTest : public MakeGgufTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(EveryTypeTest, loads_and_decodes_in_llama_cpp) {
  const auto made = make_gguf(options("llama-3.2-1b", GetParam()));
  ASSERT_TRUE(made) << to_string(made.error());
  const auto logits = decode(folder_ / "model.gguf");
  ASSERT_FALSE(logits.empty());
  for (const float logit : logits) ASSERT_TRUE(std::isfinite(logit));
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const Quantisation& row : quantisations()) names.emplace_back(row.name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(All, EveryTypeTest, ::testing::ValuesIn(type_names()),
                         [](const auto& type) { return type.param; });

TEST_F(MakeGgufTest, table_of_types_is_the_librarys) {
  for (int id = 0; id < GGML_TYPE_COUNT; ++id) {
    const GgmlType* type = find_ggml_type(static_cast<std::uint32_t>(id));
    const auto ggml = static_cast<ggml_type>(id);
    ASSERT_EQ(type != nullptr, ggml_blck_size(ggml) > 0) << "type " << id;
    if (type == nullptr) continue;
    EXPECT_EQ(type->block_elements, ggml_blck_size(ggml)) << type->name;
    EXPECT_EQ(type->block_bytes, ggml_type_size(ggml)) << type->name;
  }
}

TEST_F(MakeGgufTest, mixed_types_are_those_of_the_quantiser) {
  const auto types = tensor_types(*find_shape("llama-3.2-1b"), *find_quantisation("Q4_K_M"), folder_ / "x");
  ASSERT_TRUE(types) << to_string(types.error());
  // Source: tensor listing of published Llama-3.2-1B Q4_K_M files.
  EXPECT_EQ(types->at("token_embd.weight"), GGML_TYPE_Q6_K);
  EXPECT_EQ(types->at("blk.0.attn_v.weight"), GGML_TYPE_Q6_K);
  EXPECT_EQ(types->at("blk.0.ffn_down.weight"), GGML_TYPE_Q6_K);
  EXPECT_EQ(types->at("blk.3.ffn_down.weight"), GGML_TYPE_Q4_K);
  EXPECT_EQ(types->at("blk.3.attn_q.weight"), GGML_TYPE_Q4_K);
  EXPECT_EQ(types->at("blk.3.attn_norm.weight"), GGML_TYPE_F32);
  EXPECT_TRUE(fs::is_empty(folder_)) << "a temporary file was left behind";
}

TEST_F(MakeGgufTest, exact_shapes_have_their_published_number_of_parameters) {
  // Source: model cards (Llama-3.2-1B 1.24 B, Qwen2.5-0.5B 0.49 B, gemma-3-1b 1.0 B, Qwen3-30B-A3B 30.5 B,
  // DeepSeek-V2-Lite 15.7 B, granite-4.0-h-350m 340 M).
  const std::pair<const char*, double> kPublished[] = {{"llama-3.2-1b", 1.236e9},    {"qwen2.5-0.5b", 0.494e9},
                                                       {"gemma-3-1b", 1.0e9},        {"qwen3-30b-a3b", 30.53e9},
                                                       {"deepseek-v2-lite", 15.7e9}, {"granite-4.0-h-350m", 0.340e9}};
  for (const auto& [name, published] : kPublished) {
    double n_parameters = 0;
    for (const TensorSpec& spec : list_tensors(*find_shape(name))) {
      double n = 1;
      for (const std::int64_t dim : spec.dims) n *= static_cast<double>(dim);
      n_parameters += n;
    }
    EXPECT_NEAR(n_parameters / published, 1.0, 0.01) << name << ": " << n_parameters;
  }
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_F(MakeGgufTest, same_seed_same_file) {
  auto made = options("gemma-3-1b", "Q4_0");
  ASSERT_TRUE(make_gguf(made));
  const std::string first = content(made.out);
  ASSERT_TRUE(make_gguf(made));
  EXPECT_TRUE(content(made.out) == first);
  made.seed = 2;
  ASSERT_TRUE(make_gguf(made));
  EXPECT_FALSE(content(made.out) == first);
}

TEST_F(MakeGgufTest, real_vocabulary_is_cut_and_padded) {
  for (const char* name : {"ggml-vocab-llama-spm.gguf", "ggml-vocab-gpt-2.gguf"}) {
    const fs::path vocabulary = test::shared_dir() / "models/tokenizers" / name;
    if (!fs::exists(vocabulary)) GTEST_SKIP() << "no vocabulary at " << vocabulary;
    for (const std::uint32_t n_vocab : {512U, 60000U}) {
      auto made = options("llama-3.2-1b", "Q8_0");
      made.vocabulary = vocabulary;
      made.shape.n_vocab = n_vocab;
      const auto report = make_gguf(made);
      ASSERT_TRUE(report) << to_string(report.error());
      EXPECT_EQ(decode(made.out).size(), n_vocab) << name;
    }
  }
}

TEST_F(MakeGgufTest, what_cannot_be_written_is_one_clear_sentence_and_leaves_nothing) {
  auto made = options("llama-3.2-1b", "Q8_0");
  made.vocabulary = folder_ / "none.gguf";
  EXPECT_EQ(make_gguf(made).error().code, ErrorCode::kNotFound);
  made.vocabulary.clear();
  made.shape.n_vocab = 100;
  EXPECT_THAT(make_gguf(made).error().message, HasSubstr("256 bytes"));
  EXPECT_TRUE(fs::is_empty(folder_));
  made.out = folder_ / "no" / "such" / "folder.gguf";
  EXPECT_EQ(make_gguf(made).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace hearth::make_gguf
