// Requests run through a KvCache as a scheduler would, for its tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/kv_cache.h"
#include "engine/runtime_fixture.h"

namespace hearth {

inline CacheSalt salt_of(std::uint8_t n) {
  CacheSalt salt{};
  salt.fill(n);
  return salt;
}

// A fake model whose logits tell every token of the history. `more`: further keys of the script.
inline std::string fake_script(const std::string& more = {}) {
  return R"({"hearth_fake": 1, "name": "kv", "context_length": 100000, "otherwise": {"rule": "words"})" +
         (more.empty() ? std::string() : ", " + more) + "}";
}

struct KvAnswer {
  std::vector<float> logits;  // after the prompt
  std::vector<Token> said;
  KvCache::Restored reused;
};

class KvDriver {
 public:
  KvDriver(std::shared_ptr<TextModel> model, const KvCacheOptions& options, std::uint32_t n_ctx = 4096)
      : cache_(must(KvCache::create(std::move(model), text_options(n_ctx), options))) {}

  static TextOptions text_options(std::uint32_t n_ctx) {
    TextOptions options;
    options.n_ctx = n_ctx;
    options.n_batch = 512;
    options.n_threads = 1;  // threads that wait for each other are slow on a busy machine
    return options;
  }

  KvCache& cache() { return *cache_; }

  // A slot with the prompt's reusable part in it.
  std::pair<SlotId, KvCache::Restored> begin(const std::vector<Token>& prompt, bool use_cache = true) {
    const auto opening = must(cache_->open(salt, prompt, use_cache, cost));
    auto restored = must(cache_->restore(opening.slot, 1));
    while (!restored.done) restored = must(cache_->restore(opening.slot, 1));
    return {opening.slot, restored};
  }
  // Logits after these tokens, which follow the slot's `held` ones; steps end on multiples of `chunk`.
  std::vector<float> compute(SlotId slot, std::uint32_t held, std::span<const Token> tokens) {
    std::vector<float> logits;
    while (!tokens.empty()) {
      const std::size_t n = std::min<std::size_t>(chunk - held % chunk, tokens.size());
      std::vector<BatchEntry> batch;
      for (std::size_t i = 0; i < n; ++i) {
        batch.push_back({tokens[i], static_cast<std::int32_t>(held + i), slot, i + 1 == tokens.size()});
      }
      const auto rows = must(cache_->context().decode(batch));
      if (rows.n_rows > 0) logits.assign(rows.row(0).begin(), rows.row(0).end());
      cache_->computed(slot, tokens.first(n));
      held += static_cast<std::uint32_t>(n);
      tokens = tokens.subspan(n);
      cache_->work(work_s);
    }
    return logits;
  }
  static Token best(const std::vector<float>& row) {
    return static_cast<Token>(std::ranges::max_element(row) - row.begin());
  }
  // The whole life of a request; `answer` tokens are said greedily, all but the last computed.
  KvAnswer run(const std::vector<Token>& prompt, std::size_t answer = 4, bool use_cache = true) {
    KvAnswer result;
    const auto [slot, reused] = begin(prompt, use_cache);
    result.reused = reused;
    auto held = reused.total();
    result.logits = compute(slot, held, std::span(prompt).subspan(held));
    held = static_cast<std::uint32_t>(prompt.size());
    auto row = result.logits;
    for (std::size_t i = 0; i < answer; ++i) {
      result.said.push_back(best(row));
      if (i + 1 == answer) break;
      row = compute(slot, held++, std::span(&result.said.back(), 1));
    }
    cache_->close(slot);
    return result;
  }

  CacheSalt salt = salt_of(1);
  StepCost cost{{0.02, 0.01, 1e-6}};  // slow enough that every restore pays
  std::uint32_t chunk = 16;
  double work_s = 1;

 private:
  std::unique_ptr<KvCache> cache_;
};

// A folder of this test's own, empty at first, gone with the program.
inline std::filesystem::path fresh_folder(const std::string& name) {
  struct Root {
    std::filesystem::path path = std::filesystem::path(testing::TempDir()) / ("hearth-kv-" + std::to_string(getpid()));
    ~Root() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Root root;
  const auto folder = root.path / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// Words of the fake vocabulary, each sequence another's.
inline std::vector<Token> some_tokens(std::size_t n, unsigned seed = 1, unsigned vocabulary = 200) {
  std::vector<Token> tokens;
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 1664525U + 1013904223U;
    tokens.push_back(static_cast<Token>(10 + (state >> 16U) % vocabulary));
  }
  return tokens;
}

inline KvCacheOptions kv_options(std::uint32_t slots, std::uint32_t idle_slots) {
  KvCacheOptions options;
  options.slots = slots;
  options.idle_slots = idle_slots;
  options.block_tokens = 16;
  return options;
}

using Tier = CacheTier;

inline std::uint32_t reused(const KvCache::Restored& restored, Tier tier) {
  return restored.tokens[static_cast<std::size_t>(tier)];
}

inline std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class KvCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!runtimes_.has("fake")) GTEST_SKIP() << "the runtime 'fake' was not built here";
  }
  KvDriver driver(const KvCacheOptions& options, std::uint32_t n_ctx = 4096, const std::string& script = {}) {
    return {runtimes_.fake(fake_script(script)), options, n_ctx};
  }
  // What a context without any cache says.
  KvAnswer plain(const std::vector<Token>& prompt, std::size_t answer = 4) {
    return driver(kv_options(1, 0)).run(prompt, answer, false);
  }
  TestRuntimes runtimes_;
};

}  // namespace hearth
