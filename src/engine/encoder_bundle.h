// What lies beside a sentence encoder's weights: its tokenizer, and how its vectors are made of the graph's outputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "hearth/result.h"
#include "text/tokenizer.h"

namespace hearth {

// How a text's vector is made of its tokens' vectors.
enum class Pooling { kMean, kCls, kMax, kLast };
[[nodiscard]] std::string_view to_string(Pooling pooling);  // "mean", "cls", "max", "last"
[[nodiscard]] std::optional<Pooling> pooling_of(std::string_view name);

struct EncoderSettings {
  Pooling pooling = Pooling::kMean;
  std::uint32_t max_tokens = 512;              // of one text, special tokens included
  std::map<std::string, std::string> prompts;  // "query" to "query: ", as the model's maker names them
  std::string default_prompt;                  // a name of those; empty: none
  bool is_cross_encoder = false;               // scores a pair of texts
};

struct EncoderBundle {
  Tokenizer tokenizer;
  EncoderSettings settings;
};

// Reads the files of sentence-transformers and transformers that lie beside `model_file` or one folder above it, where
// exports into "onnx/" have them: tokenizer.json, which must be there, and modules.json, 1_Pooling/config.json,
// sentence_bert_config.json, config_sentence_transformers.json, tokenizer_config.json and config.json, which may be.
// kNotFound: no tokenizer.json; kInvalidData, kUnsupported: a file that doesn't parse or asks for what is not known.
[[nodiscard]] Result<EncoderBundle> read_encoder_bundle(const std::filesystem::path& model_file);

// Whether read_encoder_bundle would find a tokenizer.
[[nodiscard]] bool has_encoder_bundle(const std::filesystem::path& model_file);

}  // namespace hearth
