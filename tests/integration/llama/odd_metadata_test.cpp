// A well-formed file whose numbers make no sense: llama.cpp checks much of it by asserts, which must not end the
// process.
#include <gguf.h>

#include <cstring>

#include "llama_fixture.h"

namespace hearth::test {
namespace {

struct Number {
  std::string key;
  std::size_t at;  // of its value in the file
};

// The 32-bit numbers of the model at `bytes`, found by key: 8 bytes of length, key, type, value.
std::vector<Number> numbers(const std::string& bytes, const gguf_context& header) {
  std::vector<Number> found;
  for (std::int64_t i = 0; i < gguf_get_n_kv(&header); ++i) {
    const std::string key = gguf_get_key(&header, i);
    const auto type = gguf_get_kv_type(&header, i);
    if (type != GGUF_TYPE_UINT32 && type != GGUF_TYPE_FLOAT32) continue;
    const std::uint64_t size = key.size();
    const auto at = bytes.find(std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + key);
    if (at != std::string::npos) found.push_back({key, at + 8 + key.size() + 4});
  }
  return found;
}

TEST(LlamaOddMetadata, every_number_set_to_odd_values_loads_or_is_refused) {
  const auto path = shared_model("llm/stories260K-q8_0.gguf");
  HEARTH_NEED_MODEL(path);
  const auto bytes = read_bytes(path);
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> header(gguf_init_from_file(path.c_str(), {true, nullptr}),
                                                                   gguf_free);
  const auto all = numbers(bytes, *header);
  ASSERT_GT(all.size(), 8U);
  int refused = 0;
  for (const auto& number : all) {
    for (const std::uint32_t value : {0U, 1U, 3U, 7U, 513U, 0x7FFFFFFFU, 0xFFFFFFFFU, 0x7FC00000U}) {
      SCOPED_TRACE(number.key + " = " + std::to_string(value));
      auto changed = bytes;
      std::memcpy(changed.data() + number.at, &value, sizeof(value));
      const TemporaryFile file("odd.gguf", changed);
      const auto loaded = llama_runtime().load({.path = file.path()});
      if (!loaded) {
        ++refused;
        EXPECT_NE(loaded.error().message.find(file.path()), std::string::npos) << to_string(loaded.error());
        continue;
      }
      const auto text = *TextModel::from(*loaded);
      const auto context = text->new_context({.n_ctx = 256, .n_threads = 1});
      EXPECT_TRUE(context || !context.error().message.empty());
    }
  }
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace hearth::test
