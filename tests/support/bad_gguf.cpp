#include "support/bad_gguf.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "support/gguf_builder.h"

namespace hearth::test {
namespace {

constexpr std::uint64_t k2To62 = 1ULL << 62;
constexpr std::uint64_t k2To63 = 1ULL << 63;
constexpr std::uint32_t kF32 = 0;
constexpr std::uint32_t kQ4K = 12;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kText = 8;
constexpr std::uint32_t kArray = 9;

void add_foreign_files(std::vector<BadGguf>& bad) {
  const auto foreign = [&bad](const char* name, std::string bytes) {
    bytes.resize(std::max<std::size_t>(bytes.size(), 256), '\0');
    bad.push_back({name, std::move(bytes), ErrorCode::kInvalidData, "does not begin with 'GGUF'"});
  };
  bad.push_back({"empty", "", ErrorCode::kInvalidData, "is empty"});
  bad.push_back({"one_byte", "G", ErrorCode::kInvalidData, "ends after 1 bytes"});
  bad.push_back({"magic_only", "GGUF", ErrorCode::kInvalidData, "ends after 4 bytes"});
  foreign("wrong_magic", "FUGG" + small_gguf().build().substr(4));
  foreign("old_ggml", "tjgg");
  foreign("zip", "PK\x03\x04");
  foreign("web_page", "<!DOCTYPE html><html>");
  foreign("lfs_pointer", "version https://git-lfs.github.com/spec/v1");
  foreign("zeros", "");
}

void add_versions(std::vector<BadGguf>& bad) {
  const auto version = [&bad](const char* name, std::uint32_t number, ErrorCode code, const char* says) {
    bad.push_back({name, small_gguf().version(number).build(), code, says});
  };
  version("version_0", 0, ErrorCode::kInvalidData, "version is 0");
  version("version_1", 1, ErrorCode::kUnsupported, "version 1");
  version("version_4", 4, ErrorCode::kUnsupported, "version 4");
  version("big_endian", 3U << 24, ErrorCode::kUnsupported, "big-endian");
}

void add_metadata(std::vector<BadGguf>& bad) {
  const auto add = [&bad](const char* name, const GgufBuilder& gguf, const char* says) {
    bad.push_back({name, gguf.build(), ErrorCode::kInvalidData, says});
  };
  const auto one_entry = [](std::uint32_t type, const ByteWriter& bytes) {
    return small_gguf().entry("k", type, bytes.bytes());
  };
  add("tensor_count_2_63", small_gguf().n_tensors(k2To63), "tensors, more than");
  add("entry_count_2_63", small_gguf().n_entries(k2To63), "metadata entries, more than");
  add("entry_count_max", small_gguf().n_entries(~0ULL), "metadata entries, more than");
  add("entry_count_one_too_many", small_gguf().n_entries(10), "");
  add("key_twice", small_gguf().uint32("llama.block_count", 3), "listed twice");
  add("key_empty", small_gguf().uint32("", 3), "key is empty");
  add("key_longer_than_allowed", small_gguf().uint32(std::string(70000, 'k'), 3), "65535");
  add("value_type_unknown", one_entry(99, ByteWriter().put<std::uint64_t>(0)), "unknown value type 99");
  add("flag_neither_0_nor_1", one_entry(kBool, ByteWriter().put<std::uint8_t>(7)), "neither 0 nor 1");
  add("text_length_2_63", one_entry(kText, ByteWriter().put(k2To63)), "more are needed");
  add("text_length_max", one_entry(kText, ByteWriter().put(~0ULL)), "more are needed");
  add("array_nested", one_entry(kArray, ByteWriter().put(kArray).put<std::uint64_t>(1)), "elements of type 9");
  add("array_count_2_62", one_entry(kArray, ByteWriter().put<std::uint32_t>(4).put(k2To62)),
      "array elements, more than");
  add("array_of_texts_2_62", one_entry(kArray, ByteWriter().put(kText).put(k2To62)), "array elements, more than");
  add("alignment_0", small_gguf().uint32("general.alignment", 0), "power of two");
  add("alignment_3", small_gguf().uint32("general.alignment", 3), "power of two");
  add("alignment_text", small_gguf().text("general.alignment", "32"), "power of two");
}

void add_tensors(std::vector<BadGguf>& bad) {
  const auto add = [&bad](const char* name, TensorEntry tensor, const char* says,
                          ErrorCode code = ErrorCode::kInvalidData) {
    bad.push_back({name, small_gguf().tensor(std::move(tensor)).data(1024).build(), code, says});
  };
  add("tensor_twice", {"output_norm.weight", {32}, kF32, 640}, "listed twice");
  add("tensor_5_dims", {"t", {1, 1, 1, 1, 1}, kF32, 640}, "5 dimensions");
  add("tensor_dim_2_63", {"t", {k2To63}, kF32, 640}, "2^63 elements");
  add("tensor_dims_overflow", {"t", {1ULL << 32, 1ULL << 32}, kF32, 640}, "2^63 elements");
  add("tensor_dims_overflow_past_zero", {"t", {1ULL << 40, 1ULL << 40, 0}, kF32, 640}, "2^63 elements");
  add("tensor_bytes_overflow", {"t", {k2To62}, kF32, 640}, "2^64 bytes");
  add("tensor_end_overflow", {"t", {1ULL << 61}, kF32, k2To63}, "2^64th byte");
  add("tensor_row_not_whole_blocks", {"t", {100}, kQ4K, 640}, "no multiple of the 256");
  add("tensor_offset_unaligned", {"t", {8}, kF32, 641}, "alignment 32");
  add("tensor_offset_past_end", {"t", {8}, kF32, 1ULL << 40}, "bytes are missing");
  add("tensor_larger_than_file", {"t", {1ULL << 30}, kF32, 640}, "bytes are missing");
  add("tensors_overlap", {"t", {32}, kF32, 512}, "overlap");
  add("tensor_type_unknown", {"t", {8}, 999, 640}, "type 999", ErrorCode::kUnsupported);
  add("tensor_type_withdrawn", {"t", {32}, 31, 640}, "Q4_0_4_4", ErrorCode::kUnsupported);
}

void add_shapes(std::vector<BadGguf>& bad) {
  const auto add = [&bad](const char* name, const GgufBuilder& gguf, const char* says) {
    bad.push_back({name, gguf.build(), ErrorCode::kInvalidData, says, false});
  };
  add("architecture_missing", GgufBuilder().uint32("general.quantization_version", 2), "architecture");
  add("layers_missing", GgufBuilder().text("general.architecture", "llama").uint32("llama.embedding_length", 64),
      "block_count");
  add("layers_4_billion",
      GgufBuilder()
          .text("general.architecture", "llama")
          .uint32("llama.block_count", ~0U)
          .uint32("llama.embedding_length", 64),
      "block_count");
  add("experts_without_use", small_gguf().uint32("llama.expert_count", 2), "expert_used_count");
  bad.push_back({"architecture_unknown", unknown_architecture_gguf(), ErrorCode::kUnsupported, "nobodyknows", false});
}

}  // namespace

std::string unknown_architecture_gguf() {
  return GgufBuilder()
      .text("general.architecture", "nobodyknows")
      .uint32("nobodyknows.block_count", 2)
      .uint32("nobodyknows.context_length", 128)
      .uint32("nobodyknows.embedding_length", 32)
      .uint32("nobodyknows.attention.head_count", 4)
      .tensor({"token_embd.weight", {32, 4}, kF32, 0})
      .data(512)
      .build();
}

std::vector<BadGguf> bad_ggufs() {
  std::vector<BadGguf> bad;
  add_foreign_files(bad);
  add_versions(bad);
  add_metadata(bad);
  add_tensors(bad);
  add_shapes(bad);
  return bad;
}

std::vector<BadGguf> truncated_ggufs(std::string_view whole) {
  std::vector<BadGguf> bad;
  for (std::size_t percent = 0; percent < 100; ++percent) {
    char name[32];
    std::snprintf(name, sizeof(name), "truncated_%02zu", percent);
    const std::string_view part = whole.substr(0, whole.size() * percent / 100);
    bad.push_back({name, std::string(part), ErrorCode::kInvalidData, part.empty() ? "is empty" : ""});
  }
  return bad;
}

}  // namespace hearth::test
