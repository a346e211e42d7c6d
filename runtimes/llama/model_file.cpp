#include "model_file.h"

#include <llama.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>

#include "hearth/sdk/error.h"
#include "llama_call.h"

namespace hearth::llama {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void corrupt(const std::string& path, const std::string& found) {
  throw sdk::Error(HEARTH_INVALID_DATA, "'" + path + "' " + found + "; fetch the file again or convert it anew");
}

std::uint64_t checked_size(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw sdk::Error(HEARTH_NOT_FOUND, "there is no model file '" + path + "'; check the path");
  }
  if (error == std::errc::permission_denied) {
    throw sdk::Error(HEARTH_PERMISSION_DENIED, "'" + path + "' may not be looked at; change the rights of its folder");
  }
  if (status.type() == std::filesystem::file_type::directory) corrupt(path, "is a folder, not a GGUF file");
  if (status.type() != std::filesystem::file_type::regular) corrupt(path, "is not a regular file");
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw sdk::Error(HEARTH_IO, "the size of '" + path + "' can't be read: " + error.message());
  return size;
}

// GGUF: magic, version, number of tensors, number of key-value pairs.
// Source: ggml's docs/gguf.md, "File Structure".
struct Preamble {
  std::array<char, 4> magic;
  std::uint32_t version;
  std::uint64_t n_tensors;
  std::uint64_t n_pairs;
};
static_assert(sizeof(Preamble) == 24);

Preamble read_preamble(const std::string& path, std::uint64_t size) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    const int code = errno == EACCES || errno == EPERM ? HEARTH_PERMISSION_DENIED : HEARTH_IO;
    throw sdk::Error(code, "'" + path + "' can't be opened: " + std::strerror(errno) + "; check its rights");
  }
  if (size < sizeof(Preamble))
    corrupt(path, "has " + std::to_string(size) + " bytes, fewer than the 24 a GGUF begins with");
  Preamble preamble{};
  if (std::fread(&preamble, sizeof(preamble), 1, file.get()) != 1)
    throw sdk::Error(HEARTH_IO, "'" + path + "' can't be read: " + std::strerror(errno));
  return preamble;
}

void check_preamble(const std::string& path, const Preamble& preamble, std::uint64_t size) {
  if (std::memcmp(preamble.magic.data(), "GGUF", 4) != 0)
    corrupt(path, "does not begin with 'GGUF', so it is no GGUF file");
  if ((preamble.version & 0xFFFFU) == 0 && preamble.version != 0) {
    throw sdk::Error(HEARTH_UNSUPPORTED,
                     "'" + path + "' is a GGUF of the other byte order; convert it for this machine");
  }
  if (preamble.version < 2 || preamble.version > GGUF_VERSION) {
    throw sdk::Error(HEARTH_UNSUPPORTED, "'" + path + "' is GGUF version " + std::to_string(preamble.version) +
                                             "; versions 2 to " + std::to_string(GGUF_VERSION) +
                                             " can be read, so convert it anew");
  }
  // The least a pair takes: 8 for the key's length, 4 for the type, 1 for the value; a tensor: 8 + 4 + 8 + 4 + 8.
  if (preamble.n_pairs > size / 13 || preamble.n_tensors > size / 32) {
    corrupt(path, "promises " + std::to_string(preamble.n_pairs) + " metadata pairs and " +
                      std::to_string(preamble.n_tensors) + " tensors in " + std::to_string(size) + " bytes");
  }
}

void check_extents(const std::string& path, const gguf_context& header, std::uint64_t size) {
  const std::uint64_t data = gguf_get_data_offset(&header);
  for (std::int64_t i = 0; i < gguf_get_n_tensors(&header); ++i) {
    const std::uint64_t offset = gguf_get_tensor_offset(&header, i);
    const std::uint64_t bytes = gguf_get_tensor_size(&header, i);
    if (data > size || offset > size - data || bytes > size - data - offset) {
      corrupt(path, "ends at byte " + std::to_string(size) + ", but its tensor '" + gguf_get_tensor_name(&header, i) +
                        "' needs bytes up to " + std::to_string(data + offset + bytes));
    }
  }
}

std::optional<std::string> text_value(const gguf_context& header, const char* key) {
  const auto id = gguf_find_key(&header, key);
  if (id < 0 || gguf_get_kv_type(&header, id) != GGUF_TYPE_STRING) return std::nullopt;
  return gguf_get_val_str(&header, id);
}

std::optional<std::uint64_t> count_value(const gguf_context& header, const std::string& key) {
  const auto id = gguf_find_key(&header, key.c_str());
  if (id < 0) return std::nullopt;
  switch (gguf_get_kv_type(&header, id)) {
    case GGUF_TYPE_UINT16: return gguf_get_val_u16(&header, id);
    case GGUF_TYPE_UINT32: return gguf_get_val_u32(&header, id);
    case GGUF_TYPE_UINT64: return gguf_get_val_u64(&header, id);
    default: return std::nullopt;
  }
}

}  // namespace

Gguf open_model_file(const std::string& path) {
  const auto size = checked_size(path);
  check_preamble(path, read_preamble(path, size), size);
  const CallScope scope(OnAbort::kThrow);
  Gguf header;
  try {
    header.reset(gguf_init_from_file(path.c_str(), gguf_init_params{.no_alloc = true, .ctx = nullptr}));
  } catch (const std::exception& error) {  // an assert, or an allocation for a length that the file invents
    corrupt(path, std::string("has a broken header (") + error.what() + ")");
  }
  if (!header) corrupt(path, "has a broken header (" + scope.reason() + ")");
  check_extents(path, *header, size);
  return header;
}

void check_model_header(const std::string& path, const gguf_context& header) {
  const auto architecture = text_value(header, "general.architecture");
  if (!architecture) corrupt(path, "does not tell its 'general.architecture'");
  // Zero of either makes llama.cpp divide by it or build an empty graph; the bound keeps its sums in range.
  constexpr std::uint64_t kMax = std::numeric_limits<std::int32_t>::max();
  for (const char* name : {"block_count", "embedding_length"}) {
    const auto key = *architecture + "." + name;
    if (const auto value = count_value(header, key); value && (*value == 0 || *value > kMax)) {
      corrupt(path, "says " + key + " = " + std::to_string(*value) + ", which no model has");
    }
  }
}

std::vector<std::string> model_parts(const std::string& path, const gguf_context& header) {
  const auto count = count_value(header, "split.count").value_or(1);
  if (count <= 1 || count > 10000) return {path};
  const int n = static_cast<int>(count);
  std::array<char, 4096> prefix{};
  if (llama_split_prefix(prefix.data(), prefix.size(), path.c_str(), 0, n) <= 0) return {path};
  std::vector<std::string> parts;
  for (int i = 0; i < n; ++i) {
    std::array<char, 4096> part{};
    llama_split_path(part.data(), part.size(), prefix.data(), i, n);
    parts.emplace_back(part.data());
  }
  return parts;
}

std::uint64_t tensor_bytes(const gguf_context& header) {
  std::uint64_t bytes = 0;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(&header); ++i) bytes += gguf_get_tensor_size(&header, i);
  return bytes;
}

}  // namespace hearth::llama
