#include "app/model_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "platform/file.h"

namespace hearth {
namespace {

// The usual endings and their formats: OpenVINO's alone is not called as its files end.
constexpr std::pair<std::string_view, std::string_view> kUsualEndings[] = {
    {"gguf", "gguf"}, {"onnx", "onnx"}, {"tflite", "tflite"}, {"xml", "openvino_ir"}, {"safetensors", "safetensors"}};

// The format of the longest ending that the name has, so that x.fake.json is "fake.json" where somebody reads that.
std::string format_by_name(const std::string& name, std::span<const std::string> known) {
  std::string_view best;
  std::size_t longest = 0;
  const auto consider = [&](std::string_view ending, std::string_view format) {
    if (ending.size() <= longest || !name.ends_with("." + std::string(ending))) return;
    longest = ending.size();
    best = format;
  };
  for (const auto& format : known) consider(format, format);
  for (const auto& [ending, format] : kUsualEndings) consider(ending, format);
  return std::string(best);
}

// An ONNX file opens with its version, field 1 of ModelProto, and a small number; then comes one of the fields of the
// model: producer and its version, domain, version, text, graph or operator sets. Source: onnx.proto (ONNX 1.18).
bool opens_as_onnx(std::string_view seen) {
  constexpr std::string_view kNext = "\x12\x1a\x22\x28\x32\x3a\x42";
  constexpr char kLatestVersion = 32;  // 13 in 2026
  return seen.size() == 8 && seen[0] == 0x08 && seen[1] > 0 && seen[1] <= kLatestVersion &&
         kNext.find(seen[2]) != std::string_view::npos;
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
  if (seen.starts_with("lmgg")) return std::string("ggml");  // the number 0x67676d6c: Whisper models of whisper.cpp
  if (seen.size() == 8 && seen.substr(4) == "TFL3") return std::string("tflite");
  if (opens_as_onnx(seen)) return std::string("onnx");
  if (std::string format = format_by_name(path.filename().string(), known); !format.empty()) return format;
  return fail(
      ErrorCode::kInvalidData,
      fmt::format("{} is no model file that Hearth knows: it opens with \"{}\"", path.string(), printable(seen)),
      "GGUF files open with \"GGUF\"; was the download cut off, or is it a web page saved under that name?");
}

}  // namespace hearth
