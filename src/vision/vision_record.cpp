// The part of a model's record that says how its pictures go in and its outputs come out.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "vision/vision_model.h"

namespace hearth {
namespace {

using nlohmann::json;

Unexpected wrong(const std::string& key, const char* wanted) {
  return fail(ErrorCode::kInvalidData, fmt::format("\"{}\" of the vision record must be {}", key, wanted));
}

std::optional<ResizeMode> resize_of(const std::string& name) {
  if (name == "stretch") return ResizeMode::kStretch;
  if (name == "letterbox") return ResizeMode::kLetterboxCentre;
  if (name == "letterbox_top_left") return ResizeMode::kLetterboxTopLeft;
  if (name == "centre_crop") return ResizeMode::kCentreCrop;
  return std::nullopt;
}

std::optional<PixelFormat> colour_of(const std::string& name) {
  if (name == "rgb") return PixelFormat::kRgb;
  if (name == "bgr") return PixelFormat::kBgr;
  if (name == "gray") return PixelFormat::kGray;
  return std::nullopt;
}

std::optional<std::array<float, 3>> three_numbers(const json& value) {
  if (value.is_number()) {
    const auto same = value.get<float>();
    return std::array<float, 3>{same, same, same};
  }
  if (!value.is_array() || value.size() != 3) return std::nullopt;
  std::array<float, 3> out{};
  for (std::size_t i = 0; i < 3; ++i) {
    if (!value[i].is_number()) return std::nullopt;
    out[i] = value[i].get<float>();
  }
  return out;
}

std::optional<float> share(const json& value) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<float>();
  return number >= 0 && number <= 1 ? std::optional(number) : std::nullopt;
}

Status read_input_key(const std::string& key, const json& value, VisionRecord& record) {
  if (key == "resize") {
    record.resize = value.is_string() ? resize_of(value.get<std::string>()) : std::nullopt;
    return record.resize ? Status{} : wrong(key, "stretch, letterbox, letterbox_top_left or centre_crop");
  }
  if (key == "colour") {
    record.colour = value.is_string() ? colour_of(value.get<std::string>()) : std::nullopt;
    return record.colour ? Status{} : wrong(key, "rgb, bgr or gray");
  }
  if (key == "mean" || key == "scale") {
    auto& target = key == "mean" ? record.mean : record.scale;
    target = three_numbers(value);
    return target ? Status{} : wrong(key, "a number or three");
  }
  if (key == "crop_fraction") {
    record.crop_fraction = share(value);
    return record.crop_fraction && *record.crop_fraction > 0 ? Status{} : wrong(key, "above 0 and at most 1");
  }
  if (key == "pad") {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > 255)
      return wrong(key, "within 0 and 255");
    record.pad = value.get<std::uint8_t>();
    return {};
  }
  return fail(
      ErrorCode::kInvalidData, fmt::format("the vision record has an unknown key \"{}\"", key),
      "known are head, resize, colour, mean, scale, crop_fraction, pad, classes, score, iou, labels and quantization");
}

Status read_quantization(const json& value, VisionRecord& record) {
  const auto bad = [] { return wrong("quantization", "an object from names to [scale above 0, zero point]"); };
  if (!value.is_object()) return bad();
  for (const auto& [name, pair] : value.items()) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_number_integer()) return bad();
    const Quantization quantization{pair[0].get<float>(), pair[1].get<std::int32_t>()};
    if (!(quantization.scale > 0)) return bad();
    record.quantization[name] = quantization;
  }
  return {};
}

Status read_output_key(const std::string& key, const json& value, VisionRecord& record) {
  if (key == "head") {
    if (!value.is_string()) return wrong(key, "the name of a head");
    record.head = value.get<std::string>();
    return {};
  }
  if (key == "classes") {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > 100'000)
      return wrong(key, "within 1 and 100000");
    record.n_classes = value.get<std::uint32_t>();
    return {};
  }
  if (key == "score" || key == "iou") {
    auto& target = key == "score" ? record.score_threshold : record.iou_threshold;
    target = share(value);
    return target ? Status{} : wrong(key, "within 0 and 1");
  }
  if (key == "labels") {
    if (!value.is_array()) return wrong(key, "an array of names");
    for (const auto& name : value) {
      if (!name.is_string()) return wrong(key, "an array of names");
      record.labels.push_back(name.get<std::string>());
    }
    return {};
  }
  if (key == "quantization") return read_quantization(value, record);
  return read_input_key(key, value, record);
}

}  // namespace

Result<VisionRecord> parse_vision_record(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(ErrorCode::kInvalidData, "the vision record is no JSON object");
  VisionRecord record;
  for (const auto& [key, value] : document.items()) HEARTH_TRY(read_output_key(key, value, record));
  return record;
}

}  // namespace hearth
