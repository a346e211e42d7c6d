#include "app/model_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::array<std::string_view, 5> kUsualFormats = {"gguf", "onnx", "tflite", "xml", "safetensors"};

// The longest format that the name ends in, so that x.fake.json is "fake.json" where somebody reads that.
std::string format_by_name(const std::string& name, std::span<const std::string> known) {
  std::string best;
  const auto consider = [&](std::string_view format) {
    if (format.size() > best.size() && name.ends_with("." + std::string(format))) best = format;
  };
  for (const auto& format : known) consider(format);
  for (const auto format : kUsualFormats) consider(format);
  return best;
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= 0x20 && c < 0x7F)
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

Result<std::string> detect_format(const std::filesystem::path& path, std::span<const std::string> known) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  std::array<char, 8> head{};
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), file.size_bytes()));
  HEARTH_TRY(file.read_at(0, {reinterpret_cast<std::byte*>(head.data()), n}));
  const std::string_view seen(head.data(), n);
  if (seen.starts_with("GGUF")) return std::string("gguf");
  if (seen.size() == 8 && seen.substr(4) == "TFL3") return std::string("tflite");
  if (std::string format = format_by_name(path.filename().string(), known); !format.empty()) return format;
  return fail(
      ErrorCode::kInvalidData,
      fmt::format("{} is no model file that Hearth knows: it opens with \"{}\"", path.string(), printable(seen)),
      "GGUF files open with \"GGUF\"; was the download cut off, or is it a web page saved under that name?");
}

}  // namespace hearth
