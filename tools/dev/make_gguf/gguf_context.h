// Owning handles and short writers over ggml's gguf API.
#pragma once

#include <ggml.h>
#include <gguf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_handle.h"

namespace hearth::make_gguf {

struct GgufContextTraits {
  using Type = gguf_context*;
  static Type invalid() { return nullptr; }
  static void close(Type context) { gguf_free(context); }
};
using GgufContext = UniqueHandle<GgufContextTraits>;

struct GgmlContextTraits {
  using Type = ggml_context*;
  static Type invalid() { return nullptr; }
  static void close(Type context) { ggml_free(context); }
};
using GgmlContext = UniqueHandle<GgmlContextTraits>;

// Sets keys, with or without the architecture's name in front. Borrows the context.
class KeyWriter {
 public:
  KeyWriter(gguf_context* context, std::string architecture)
      : context_(context), prefix_(std::move(architecture) + ".") {}
  void number(const std::string& key, std::uint32_t value) {
    gguf_set_val_u32(context_, (prefix_ + key).c_str(), value);
  }
  void real(const std::string& key, float value) { gguf_set_val_f32(context_, (prefix_ + key).c_str(), value); }
  void flag(const std::string& key, bool value) { gguf_set_val_bool(context_, (prefix_ + key).c_str(), value); }
  void text(const std::string& key, const std::string& value) {
    gguf_set_val_str(context_, (prefix_ + key).c_str(), value.c_str());
  }
  void numbers(const std::string& key, const std::vector<std::int32_t>& values) {
    gguf_set_arr_data(context_, (prefix_ + key).c_str(), GGUF_TYPE_INT32, values.data(), values.size());
  }

 private:
  gguf_context* context_;
  std::string prefix_;
};

}  // namespace hearth::make_gguf
