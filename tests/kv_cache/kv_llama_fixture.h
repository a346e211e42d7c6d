// Models of every kind of cell memory that llama.cpp has, for tests of the prefix cache.
#pragma once

#include <cstdlib>
#include <string>

#include "engine/kv_ssd_fixture.h"

#ifndef HEARTH_PATTERNS
#define HEARTH_PATTERNS 30  // of random prefixes; the slow programs take more
#endif

namespace hearth {

struct LlamaCase {
  const char* name;
  const char* shape;  // made by make_gguf, tiny; empty: `file`
  const char* file;   // under the shared models, or the starter where that is empty too
  float noise;        // of a logit, as a share of their spread: quantised activations round to one side or the other
};

inline void PrintTo(const LlamaCase& c, std::ostream* out) { *out << c.name; }

inline std::filesystem::path made(const LlamaCase& c) {
#ifdef HEARTH_MAKE_GGUF
  const auto path = fresh_folder(std::string("model-") + c.name) / "model.gguf";
  const std::string command = std::string("\"") + HEARTH_MAKE_GGUF + "\" --tiny -t F16 -s " + c.shape + " -o \"" +
                              path.string() + "\" >/dev/null";
  if (std::system(command.c_str()) == 0) return path;
#else
  (void)c;
#endif
  return {};
}

class KvLlama : public testing::TestWithParam<LlamaCase> {
 protected:
  void SetUp() override {
    const auto& c = GetParam();
    if (!runtimes_.has("llama")) GTEST_SKIP() << "the runtime 'llama' was not built here";
    file_ = *c.shape != '\0' ? made(c) : *c.file != '\0' ? TestRuntimes::shared(c.file) : TestRuntimes::starter();
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "no model " << c.name << " on this machine";
    model_ = runtimes_.load("llama", file_);
    n_vocab_ = must(model_->info()).n_vocab;
    options_ = kv_options(2, 2);
    options_.ram_bytes = 64 << 20;
    options_.ssd_bytes = 256 << 20;
    options_.ssd_folder = fresh_folder(std::string("llama-") + c.name);
  }
  [[nodiscard]] std::vector<Token> tokens(std::size_t n, unsigned seed) const {
    return some_tokens(n, seed, std::min(n_vocab_, 500U) - 10);
  }

  TestRuntimes runtimes_;
  std::filesystem::path file_;
  std::shared_ptr<TextModel> model_;
  std::uint32_t n_vocab_ = 0;
  KvCacheOptions options_;
};

inline const auto kLlamaCases = testing::Values(
    LlamaCase{"starter", "", "", 0.01F}, LlamaCase{"stories260K", "", "models/llm/stories260K-q4_0.gguf", 0.03F},
    LlamaCase{"qwen", "qwen2.5-0.5b", "", 0.001F}, LlamaCase{"window", "gemma-3-1b", "", 0.002F},
    LlamaCase{"hybrid", "granite-4.0-h-350m", "", 0.001F});
inline std::string name_of_case(const testing::TestParamInfo<LlamaCase>& info) { return info.param.name; }

// The slow programs hold the same cases under names of their own: cases of one name share a label.
#if HEARTH_PATTERNS > 30
#define HEARTH_LLAMA_CASES(suite) INSTANTIATE_TEST_SUITE_P(AtLength, suite, kLlamaCases, name_of_case)
#else
#define HEARTH_LLAMA_CASES(suite) INSTANTIATE_TEST_SUITE_P(Models, suite, kLlamaCases, name_of_case)
#endif

}  // namespace hearth
