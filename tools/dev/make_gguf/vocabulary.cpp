#include "vocabulary.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "formats/gguf.h"

namespace hearth::make_gguf {
namespace {

// Source: llama.h, enum llama_token_type.
enum TokenType : std::int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kUnused = 5, kByte = 6 };

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> types;

  void add(std::string token, float score, TokenType type) {
    tokens.push_back(std::move(token));
    scores.push_back(score);
    types.push_back(type);
  }
};

void set_texts(gguf_context* out, const char* key, const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  gguf_set_arr_str(out, key, pointers.data(), pointers.size());
}

void set_vocabulary(gguf_context* out, const Vocabulary& vocabulary, bool with_scores) {
  set_texts(out, "tokenizer.ggml.tokens", vocabulary.tokens);
  gguf_set_arr_data(out, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.types.data(),
                    vocabulary.types.size());
  if (with_scores)
    gguf_set_arr_data(out, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, vocabulary.scores.data(),
                      vocabulary.scores.size());
}

// Copies a key as it is, unless it names a token that does not exist in the new vocabulary.
void copy_key(gguf_context* out, const gguf_context* from, std::int64_t id, std::uint32_t n_vocab) {
  const char* key = gguf_get_key(from, id);
  switch (gguf_get_kv_type(from, id)) {
    case GGUF_TYPE_STRING: gguf_set_val_str(out, key, gguf_get_val_str(from, id)); break;
    case GGUF_TYPE_BOOL: gguf_set_val_bool(out, key, gguf_get_val_bool(from, id)); break;
    case GGUF_TYPE_FLOAT32: gguf_set_val_f32(out, key, gguf_get_val_f32(from, id)); break;
    case GGUF_TYPE_UINT32: {
      const std::uint32_t value = gguf_get_val_u32(from, id);
      if (!std::string_view(key).ends_with("_token_id") || value < n_vocab) gguf_set_val_u32(out, key, value);
      break;
    }
    case GGUF_TYPE_ARRAY: {
      const std::size_t n = gguf_get_arr_n(from, id);
      if (gguf_get_arr_type(from, id) != GGUF_TYPE_STRING) {
        gguf_set_arr_data(out, key, gguf_get_arr_type(from, id), gguf_get_arr_data(from, id), n);
        break;
      }
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < n; ++i) texts.emplace_back(gguf_get_arr_str(from, id, i));
      set_texts(out, key, texts);
      break;
    }
    default: break;
  }
}

// Null unless the key holds an array of this type with `n` elements.
template <class T>
const T* array_of(const gguf_context* from, const char* key, gguf_type type, std::size_t n) {
  const std::int64_t id = gguf_find_key(from, key);
  const bool usable = id >= 0 && gguf_get_kv_type(from, id) == GGUF_TYPE_ARRAY && gguf_get_arr_type(from, id) == type &&
                      gguf_get_arr_n(from, id) == n;
  return usable ? static_cast<const T*>(gguf_get_arr_data(from, id)) : nullptr;
}

Vocabulary resized(const gguf_context* from, std::int64_t tokens, std::uint32_t n_vocab) {
  const std::size_t n = gguf_get_arr_n(from, tokens);
  const auto* types = array_of<std::int32_t>(from, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, n);
  const auto* scores = array_of<float>(from, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, n);
  Vocabulary vocabulary;
  for (std::size_t i = 0; i < std::min<std::size_t>(n, n_vocab); ++i)
    vocabulary.add(gguf_get_arr_str(from, tokens, i), scores != nullptr ? scores[i] : 0.0F,
                   types != nullptr ? static_cast<TokenType>(types[i]) : kNormal);
  for (std::size_t i = n; i < n_vocab; ++i) vocabulary.add("[PAD" + std::to_string(i) + "]", -1000.0F, kUnused);
  return vocabulary;
}

}  // namespace

Status write_synthetic_vocabulary(gguf_context* out, std::uint32_t n_vocab) {
  constexpr std::uint32_t kSmallest = 3 + 256 + 1;
  if (n_vocab < kSmallest)
    return fail(ErrorCode::kInvalidArgument,
                "a synthetic vocabulary of " + std::to_string(n_vocab) + " tokens can't hold all 256 bytes",
                "ask for at least " + std::to_string(kSmallest));
  Vocabulary vocabulary;
  vocabulary.add("<unk>", 0, kUnknown);
  vocabulary.add("<s>", 0, kControl);
  vocabulary.add("</s>", 0, kControl);
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::array<char, 8> name{};
    std::snprintf(name.data(), name.size(), "<0x%02X>", byte);
    vocabulary.add(name.data(), 0, kByte);
  }
  // U+2581 is SentencePiece's space. The tokenizer joins pairs of known pieces, so these words never arise from text.
  vocabulary.add("\xE2\x96\x81", -1.0F, kNormal);
  for (std::uint32_t i = kSmallest; i < n_vocab; ++i)
    vocabulary.add("\xE2\x96\x81w" + std::to_string(i), -static_cast<float>(i), kNormal);
  gguf_set_val_str(out, "tokenizer.ggml.model", "llama");
  gguf_set_val_str(out, "tokenizer.ggml.pre", "default");
  set_vocabulary(out, vocabulary, true);
  gguf_set_val_u32(out, "tokenizer.ggml.unknown_token_id", 0);
  gguf_set_val_u32(out, "tokenizer.ggml.bos_token_id", 1);
  gguf_set_val_u32(out, "tokenizer.ggml.eos_token_id", 2);
  gguf_set_val_bool(out, "tokenizer.ggml.add_bos_token", true);
  gguf_set_val_bool(out, "tokenizer.ggml.add_eos_token", false);
  return {};
}

Status copy_vocabulary(gguf_context* out, const std::filesystem::path& from, std::uint32_t n_vocab) {
  HEARTH_ASSIGN(checked, read_gguf(from));  // ggml's own reader is for files that can be trusted
  const GgufValue* token_list = checked.find("tokenizer.ggml.tokens");
  if (token_list == nullptr || token_list->as_array() == nullptr)
    return fail(ErrorCode::kInvalidData, "'" + from.string() + "' has no vocabulary ('tokenizer.ggml.tokens')",
                "give a GGUF with a tokenizer");
  const GgufContext source(gguf_init_from_file(from.c_str(), {.no_alloc = true, .ctx = nullptr}));
  if (!source) return fail(ErrorCode::kInvalidData, "ggml can't read '" + from.string() + "'", "give another file");
  const std::int64_t tokens = gguf_find_key(source.get(), "tokenizer.ggml.tokens");
  const bool with_scores = gguf_find_key(source.get(), "tokenizer.ggml.scores") >= 0;
  for (std::int64_t id = 0; id < gguf_get_n_kv(source.get()); ++id)
    if (std::string_view(gguf_get_key(source.get(), id)).starts_with("tokenizer."))
      copy_key(out, source.get(), id, n_vocab);
  set_vocabulary(out, resized(source.get(), tokens, n_vocab), with_scores);
  return {};
}

}  // namespace hearth::make_gguf
