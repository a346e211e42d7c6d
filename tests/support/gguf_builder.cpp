#include "support/gguf_builder.h"

namespace hearth::test {
namespace {

enum ValueType : std::uint32_t { kUint32 = 4, kFloat32 = 6, kText = 8, kArray = 9 };

}  // namespace

GgufBuilder& GgufBuilder::entry(std::string_view key, std::uint32_t type, std::string_view bytes) {
  entries_.text(key).put<std::uint32_t>(type).raw(bytes);
  if (!forced_entries_) ++n_entries_;
  return *this;
}

GgufBuilder& GgufBuilder::uint32(std::string_view key, std::uint32_t value) {
  return entry(key, kUint32, ByteWriter().put(value).bytes());
}

GgufBuilder& GgufBuilder::float32(std::string_view key, float value) {
  return entry(key, kFloat32, ByteWriter().put(value).bytes());
}

GgufBuilder& GgufBuilder::text(std::string_view key, std::string_view value) {
  return entry(key, kText, ByteWriter().text(value).bytes());
}

GgufBuilder& GgufBuilder::uint32_array(std::string_view key, const std::vector<std::uint32_t>& values) {
  ByteWriter bytes;
  bytes.put<std::uint32_t>(kUint32).put<std::uint64_t>(values.size());
  for (const std::uint32_t value : values) bytes.put(value);
  return entry(key, kArray, bytes.bytes());
}

GgufBuilder& GgufBuilder::text_array(std::string_view key, const std::vector<std::string>& values) {
  ByteWriter bytes;
  bytes.put<std::uint32_t>(kText).put<std::uint64_t>(values.size());
  for (const std::string& value : values) bytes.text(value);
  return entry(key, kArray, bytes.bytes());
}

GgufBuilder& GgufBuilder::tensor(TensorEntry tensor) {
  tensors_.push_back(std::move(tensor));
  if (!forced_tensors_) ++n_tensors_;
  return *this;
}

std::string GgufBuilder::build(std::size_t alignment) const {
  ByteWriter file;
  file.raw("GGUF").put(version_).put(n_tensors_).put(n_entries_).raw(entries_.bytes());
  for (const TensorEntry& tensor : tensors_) {
    file.text(tensor.name).put(static_cast<std::uint32_t>(tensor.dims.size()));
    for (const std::uint64_t dim : tensor.dims) file.put(dim);
    file.put(tensor.type).put(tensor.offset);
  }
  if (!tensors_.empty()) file.pad_to(alignment);
  return file.bytes() + std::string(data_bytes_, '\0');
}

GgufBuilder small_gguf() {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama")
      .uint32("llama.block_count", 2)
      .uint32("llama.context_length", 128)
      .uint32("llama.embedding_length", 32)
      .uint32("llama.feed_forward_length", 64)
      .uint32("llama.attention.head_count", 4)
      .uint32("llama.attention.head_count_kv", 2)
      .float32("llama.attention.layer_norm_rms_epsilon", 1e-5F)
      .text_array("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a"})
      .tensor({"token_embd.weight", {32, 4}, 0, 0})
      .tensor({"output_norm.weight", {32}, 0, 512})
      .data(512 + 128);
  return gguf;
}

}  // namespace hearth::test
