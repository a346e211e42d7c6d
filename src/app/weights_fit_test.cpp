// Weights are what the files' own tables add up to, here and over a network.
#include "app/weights_fit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/catalog_loading.h"
#include "app/weight_reading.h"
#include "formats/onnx.h"
#include "formats/openvino_ir.h"
#include "formats/tflite.h"
#include "platform/http_range.h"
#include "support/gguf_builder.h"
#include "support/paths.h"
#include "support/program.h"
#include "support/range_server.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const Catalog& catalog() {
  static const Catalog kCatalog = load_catalog(test::source_dir() / "data").value();
  return kCatalog;
}

Result<FitReport> fit(const std::string& reference, FitRequest request = {}) {
  HEARTH_ASSIGN(place, ModelPlace::of(reference, request.offline));
  request.model = reference;
  return fit_weights(catalog(), place, request);
}

// One tensor of BF16 per name, `n` elements each.
std::string safetensors(const std::vector<std::string>& names, std::uint64_t n) {
  json header = json::object();
  std::uint64_t at = 0;
  for (const auto& name : names) {
    header[name] = {{"dtype", "BF16"}, {"shape", {n}}, {"data_offsets", {at, at + 2 * n}}};
    at += 2 * n;
  }
  const std::string text = header.dump();
  test::ByteWriter out;
  return out.put<std::uint64_t>(text.size()).raw(text).raw(std::string(at, '\0')).bytes();
}

std::string index_of(const std::map<std::string, std::string>& weight_map) {
  return json{{"weight_map", weight_map}}.dump();
}

constexpr const char* kConfig = R"({"model_type": "llama", "hidden_size": 256, "intermediate_size": 512,
  "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 1000,
  "max_position_embeddings": 2048})";

// The same files in a folder here and on a server.
class WeightsFit : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& content) {
    folder_.file(name, content);
    server_.put("/m/" + name, {.body = content});
  }
  std::vector<std::string> places(const std::string& name) const {
    return {(folder_.path() / name).string(), server_.url("/m/" + name)};
  }
  test::TemporaryFolder folder_;
  test::RangeServer server_;
};

std::uint64_t table_sum(const fs::path& path) {
  const std::string end = path.extension().string();
  if (end == ".gguf") {
    std::uint64_t sum = 0;
    for (const auto& tensor : read_gguf(path).value().tensors)
      sum = std::max(sum, tensor.data_offset + tensor.size_bytes);
    return sum;
  }
  const auto table = end == ".onnx" ? read_onnx(path) : end == ".tflite" ? read_tflite(path) : read_openvino_ir(path);
  return table ? table->weight_bytes() : 0;
}

TEST(WeightsFitRealFiles, weights_are_the_sum_of_the_table_here_and_by_ranges) {
  const fs::path models = test::shared_dir() / "models";
  if (!fs::exists(models)) GTEST_SKIP() << "the real models are not at " << models;
  test::RangeServer server;
  int n = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    const fs::path& path = entry.path();
    const std::string end = path.extension().string();
    if (end != ".gguf" && end != ".onnx" && end != ".tflite" && end != ".xml") continue;
    const std::uint64_t sum = table_sum(path);
    const auto report = fit(path.string());
    if (sum == 0) {
      ASSERT_FALSE(report) << path << " holds no weights";
      EXPECT_EQ(report.error().code, ErrorCode::kInvalidData) << path;
      continue;
    }
    ASSERT_TRUE(report) << path << ": " << to_string(report.error());
    EXPECT_EQ(report->stored_weight_bytes, sum) << path;
    EXPECT_GE(report->need.component_bytes("weights"), sum) << path;
    EXPECT_LE(report->need.component_bytes("weights"), 2 * sum) << path << ": at most a copy of each";
    EXPECT_GT(report->need.component_bytes("runtime"), 0U) << path;
    if (end == ".xml") continue;  // needs its .bin beside
    std::ifstream file(path, std::ios::binary);
    server.put("/f" + end, {.body = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}});
    const auto remote = fit(server.url("/f" + end));
    ASSERT_TRUE(remote) << path << ": " << to_string(remote.error());
    EXPECT_EQ(remote->need.total_bytes(), report->need.total_bytes()) << path;
    EXPECT_EQ(remote->precision, report->precision) << path;
    ++n;
  }
  EXPECT_GT(n, 10);
}

TEST_F(WeightsFit, of_a_large_gguf_only_the_header_is_fetched) {
  constexpr std::uint64_t kRows = 200'000;
  auto builder = test::small_gguf();
  builder.tensor({"blk.1.ffn_up.weight", {64, kRows}, 0, 65'536}).data(65'536 + 64 * kRows * 4);
  put("big.gguf", builder.build());
  std::uint64_t total = 0;
  for (const auto& reference : places("big.gguf")) {
    const auto report = fit(reference);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(report->stored_weight_bytes, 65'536 + 64 * kRows * 4);
    EXPECT_EQ(report->basis, fit_basis::kFormula);
    EXPECT_EQ(report->fetched_bytes.value_or(0), is_http_url(reference) ? 256U << 10U : 0U);
    if (total > 0) {
      EXPECT_EQ(report->need.total_bytes(), total);
    }
    total = report->need.total_bytes();
  }
  EXPECT_LT(server_.sent_bytes(), 300'000U);
}

TEST_F(WeightsFit, parts_of_a_split_gguf_are_summed) {
  for (const char* part : {"1", "2"}) {
    auto builder = test::small_gguf();
    builder.uint32("split.count", 2);
    put(std::string("m-0000") + part + "-of-00002.gguf", builder.build());
  }
  put("misnamed.gguf", test::small_gguf().uint32("split.count", 2).build());
  put("whole.gguf", test::small_gguf().build());
  const auto whole = fit(places("whole.gguf")[0]);
  ASSERT_TRUE(whole);
  for (const auto& reference : places("m-00001-of-00002.gguf")) {
    const auto report = fit(reference);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(*report->stored_weight_bytes, 2 * *whole->stored_weight_bytes);
  }
  for (const auto& reference : places("misnamed.gguf"))
    EXPECT_EQ(fit(reference).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(WeightsFit, shards_are_summed_and_the_config_beside_gives_the_cache) {
  put("config.json", kConfig);
  put("a.safetensors", safetensors({"x", "y"}, 1'000));
  put("b.safetensors", safetensors({"z"}, 70'001));
  put("model.safetensors.index.json",
      index_of({{"x", "a.safetensors"}, {"y", "a.safetensors"}, {"z", "b.safetensors"}}));
  for (const auto& reference : places("model.safetensors.index.json")) {
    FitRequest request;
    request.context_length = 1024;
    request.users = 2;
    const auto report = fit(reference, request);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(report->need.component_bytes("weights"), 2U * (2'000 + 70'001));
    EXPECT_EQ(report->precision, "BF16");
    EXPECT_EQ(report->need.component_bytes("kv_cache"), 2U * 1024 * 3 * 2 * (32 + 32) * 2);
    EXPECT_GT(report->need.component_bytes("compute"), 0U);
    EXPECT_TRUE(report->notes.empty()) << report->notes.front();
  }
}

TEST_F(WeightsFit, without_a_config_only_weights_are_counted_and_that_is_said) {
  put("lone.safetensors", safetensors({"x"}, 5'000));
  for (const auto& reference : places("lone.safetensors")) {
    const auto report = fit(reference);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(report->need.component_bytes("weights"), 10'000U);
    EXPECT_EQ(report->need.component_bytes("kv_cache") + report->need.component_bytes("compute"), 0U);
    ASSERT_EQ(report->notes.size(), 1U);
    EXPECT_NE(report->notes[0].find("no config.json"), std::string::npos) << report->notes[0];
  }
  put("config.json", R"({"model_type": "t5", "is_encoder_decoder": true})");
  const auto report = fit(places("lone.safetensors")[0]);
  ASSERT_TRUE(report);
  EXPECT_NE(report->notes.at(0).find("'t5'"), std::string::npos) << report->notes[0];
}

TEST_F(WeightsFit, an_index_that_lies_is_refused) {
  put("a.safetensors", safetensors({"x"}, 10));
  const std::pair<std::string, ErrorCode> cases[] = {{index_of({{"gone", "a.safetensors"}}), ErrorCode::kInvalidData},
                                                     {index_of({{"x", "missing.safetensors"}}), ErrorCode::kNotFound},
                                                     {index_of({}), ErrorCode::kInvalidData},
                                                     {"[]", ErrorCode::kInvalidData},
                                                     {"{\"weight_map\"", ErrorCode::kInvalidData}};
  for (const auto& [text, code] : cases) {
    put("m.safetensors.index.json", text);
    for (const auto& reference : places("m.safetensors.index.json")) {
      const auto report = fit(reference);
      ASSERT_FALSE(report) << text;
      EXPECT_EQ(report.error().code, code) << text << to_string(report.error());
    }
  }
  for (const char* outside : {"../a.safetensors", "/etc/hostname", "a/../../b"}) {
    put("m.safetensors.index.json", index_of({{"x", outside}}));
    for (const auto& reference : places("m.safetensors.index.json")) {
      const auto report = fit(reference);
      ASSERT_FALSE(report) << outside;
      EXPECT_NE(report.error().message.find("no file beside"), std::string::npos) << to_string(report.error());
    }
  }
}

TEST_F(WeightsFit, a_runtime_is_taken_that_reads_the_format) {
  put("a.safetensors", safetensors({"x"}, 10));
  const std::string path = places("a.safetensors")[0];
  FitRequest request;
  request.runtime = "mlc";
  EXPECT_EQ(fit(path, request)->runtime, "mlc");
  request.runtime = "onnxruntime";
  EXPECT_EQ(fit(path, request).error().code, ErrorCode::kUnsupported);
  EXPECT_NE(fit(path, request).error().hint.find("vllm"), std::string::npos);
  request.runtime = "nosuch";
  EXPECT_EQ(fit(path, request).error().code, ErrorCode::kNotFound);
}

TEST_F(WeightsFit, offline_an_address_is_refused_before_any_connection) {
  put("a.safetensors", safetensors({"x"}, 10));
  FitRequest request;
  request.offline = true;
  EXPECT_EQ(fit(places("a.safetensors")[1], request).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(fit(places("a.safetensors")[0], request));
  EXPECT_EQ(server_.n_connections(), 0);
}

}  // namespace
}  // namespace hearth
