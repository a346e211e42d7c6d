#include "app/model_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "platform/file.h"

namespace hearth {
namespace {

// Double suffixes come before the single ones they end in.
struct Suffix {
  std::string_view suffix;
  std::string_view format;
};
constexpr std::array<Suffix, 7> kSuffixes = {{{".fake.json", "fake"},
                                              {".toy.txt", "toy"},
                                              {".gguf", "gguf"},
                                              {".onnx", "onnx"},
                                              {".tflite", "tflite"},
                                              {".xml", "openvino"},
                                              {".safetensors", "safetensors"}}};

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= 0x20 && c < 0x7F) text += c;
    else text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

Result<std::string> detect_format(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  std::array<char, 8> head{};
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), file.size_bytes()));
  HEARTH_TRY(file.read_at(0, {reinterpret_cast<std::byte*>(head.data()), n}));
  const std::string_view seen(head.data(), n);
  if (seen.starts_with("GGUF")) return std::string("gguf");
  if (seen.size() == 8 && seen.substr(4) == "TFL3") return std::string("tflite");
  const std::string name = path.filename().string();
  for (const auto& known : kSuffixes)
    if (name.ends_with(known.suffix)) return std::string(known.format);
  return fail(ErrorCode::kInvalidData,
              fmt::format("{} is no model file that Hearth knows: it opens with \"{}\"", path.string(), printable(seen)),
              "GGUF files open with \"GGUF\"; was the download cut off, or is it a web page saved under that name?");
}

}  // namespace hearth
