#include "app/weight_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/model_card.h"
#include "base/units.h"
#include "formats/onnx.h"
#include "formats/openvino_ir.h"
#include "formats/safetensors.h"
#include "formats/tflite.h"

namespace hearth {
namespace {

constexpr std::uint64_t kIndexBytesMax = 64ULL << 20U;
constexpr std::uint64_t kXmlBytesMax = 256ULL << 20U;
constexpr std::size_t kShardsMax = 4096;
constexpr std::uint64_t kPartsMax = 999;

// Spellings of the formats' types by what the catalogue calls them; texts, indices and the like are none.
struct TypeName {
  std::string_view begins, precision;
};
constexpr std::array<TypeName, 14> kTypes = {{{"f32", "FP32"},
                                              {"f64", "FP32"},
                                              {"f16", "FP16"},
                                              {"bf16", "BF16"},
                                              {"f8_e4m3", "FP8_E4M3"},
                                              {"f8e4m3", "FP8_E4M3"},
                                              {"f8_e5m2", "FP8_E5M2"},
                                              {"f8e5m2", "FP8_E5M2"},
                                              {"i8", "INT8"},
                                              {"u8", "INT8"},
                                              {"int8", "INT8"},
                                              {"uint8", "INT8"},
                                              {"int4", "INT4"},
                                              {"uint4", "INT4"}}};

std::string_view precision_of_type(std::string_view type) {
  for (const auto& known : kTypes)
    if (type.starts_with(known.begins)) return known.precision;
  return {};
}

// Sums over tables, and the type of most bytes.
class Tally {
 public:
  explicit Tally(std::string format) { sum_.format = std::move(format); }

  Status add(const WeightTable& table) {
    for (const auto& tensor : table.tensors) {
      std::uint64_t n = 1;
      for (const std::uint64_t dim : tensor.dims)
        if (!checked_mul(n, dim, n)) n = 0;
      if (!checked_add(sum_.bytes, tensor.size_bytes, sum_.bytes) || !checked_add(sum_.elements, n, sum_.elements))
        return fail(ErrorCode::kInvalidData, "the tensors of '" + table.name + "' take more than 2^64 bytes",
                    "get the file again");
      by_precision_[precision_of_type(tensor.type)] += tensor.size_bytes;
    }
    return {};
  }

  StoredWeights finish(int files = 1) {
    sum_.files = files;
    by_precision_.erase("");
    const auto most = std::max_element(by_precision_.begin(), by_precision_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    sum_.precision = most == by_precision_.end() ? "FP32" : std::string(most->first);
    return std::move(sum_);
  }

 private:
  StoredWeights sum_;
  std::map<std::string_view, std::uint64_t> by_precision_;
};

Result<StoredWeights> tally_of(Result<WeightTable> table, std::string format) {
  if (!table) return fail(std::move(table).error());
  Tally tally(std::move(format));
  HEARTH_TRY(tally.add(*table));
  return tally.finish();
}

Result<std::map<std::string, std::set<std::string>>> shards_of(const std::string& text, const std::string& name) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  std::map<std::string, std::set<std::string>> shards;
  const bool good = json.is_object() && json.contains("weight_map") && json["weight_map"].is_object();
  if (good)
    for (const auto& [tensor, file] : json["weight_map"].items())
      if (file.is_string() && shards.size() <= kShardsMax) shards[file.get<std::string>()].insert(tensor);
  if (shards.empty() || shards.size() > kShardsMax)
    return fail(ErrorCode::kInvalidData,
                "'" + name + "' is no index of shards: its weight_map names no files, or too many",
                "get the file again");
  return shards;
}

Result<StoredWeights> read_shards(ModelPlace& place) {
  HEARTH_ASSIGN(text, place.read_text("", kIndexBytesMax));
  HEARTH_ASSIGN(shards, shards_of(text, place.reference()));
  Tally tally("safetensors");
  for (const auto& [file, tensors] : shards) {
    HEARTH_ASSIGN(table, place.read(file, [](ByteSource& source) { return read_safetensors(source); }));
    HEARTH_TRY(tally.add(table));
    std::set<std::string> missing = tensors;
    for (const auto& tensor : table.tensors) missing.erase(tensor.name);
    if (!missing.empty())
      return fail(ErrorCode::kInvalidData,
                  fmt::format("'{}' lacks the tensor '{}', which '{}' says is there", table.name, *missing.begin(),
                              place.reference()),
                  "get index and shards of one version of the model");
  }
  return tally.finish(static_cast<int>(shards.size()));
}

Result<WeightTable> read_openvino(ModelPlace& place) {
  if (!place.is_remote()) return read_openvino_ir(std::filesystem::path(place.reference()));
  HEARTH_ASSIGN(xml, place.read_text("", kXmlBytesMax));
  const std::string bin = place.file_name().substr(0, place.file_name().size() - 4) + ".bin";
  HEARTH_ASSIGN(bytes, place.read(bin, [](ByteSource& source) { return Result<std::uint64_t>(source.size_bytes()); }));
  return parse_openvino_ir(xml, place.reference(), bin, bytes);
}

std::uint64_t extent(const GgufFile& file) {
  std::uint64_t end = 0;
  for (const auto& tensor : file.tensors) end = std::max(end, tensor.data_offset + tensor.size_bytes);
  return end;
}

// llama.cpp's name of a part: model-00001-of-00003.gguf. Source: llama.cpp 0.5, llama_split_path.
Result<std::string> part_name(const std::string& first, std::uint64_t index, std::uint64_t count) {
  const std::string end = fmt::format("-00001-of-{:05}.gguf", count);
  if (!first.ends_with(end))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is one of {} parts, and not named as the first of them", first, count),
                "name the part whose name ends in " + end);
  return fmt::format("{}-{:05}-of-{:05}.gguf", first.substr(0, first.size() - end.size()), index, count);
}

Result<StoredWeights> read_gguf_parts(ModelPlace& place) {
  StoredWeights out;
  out.format = "gguf";
  HEARTH_ASSIGN(file, place.read("", [](ByteSource& source) { return read_gguf(source); }));
  out.bytes = extent(file);
  const std::uint64_t parts = std::clamp<std::uint64_t>(file.find_uint("split.count").value_or(1), 1, kPartsMax);
  for (std::uint64_t i = 2; i <= parts; ++i) {
    HEARTH_ASSIGN(name, part_name(place.file_name(), i, parts));
    HEARTH_ASSIGN(part, place.read(name, [](ByteSource& source) { return read_gguf(source); }));
    out.bytes += extent(part);
    file.tensors.insert(file.tensors.end(), part.tensors.begin(), part.tensors.end());
  }
  if (file.tensors.empty())
    return fail(ErrorCode::kInvalidData, "'" + place.reference() + "' holds a vocabulary but no weights",
                "name the whole model");
  out.files = static_cast<int>(parts);
  out.elements = file.n_parameters();
  out.precision = precision_of_gguf(file);
  out.gguf = std::move(file);
  return out;
}

// Asks the bytes first: names lie.
Result<std::string> format_of(ModelPlace& place) {
  const std::string& name = place.file_name();
  if (is_shard_index(name)) return std::string("index");
  const std::pair<std::string_view, const char*> kEnds[] = {
      {".safetensors", "safetensors"}, {".onnx", "onnx"}, {".tflite", "tflite"}, {".xml", "openvino_ir"}};
  for (const auto& [end, format] : kEnds)
    if (name.ends_with(end)) return std::string(format);
  std::array<char, 8> head{};
  HEARTH_TRY(place.read("", [&](ByteSource& source) -> Status {
    return source.size_bytes() < head.size() ? Status() : source.read_at(0, std::as_writable_bytes(std::span(head)));
  }));
  const std::string_view seen(head.data(), head.size());
  if (seen.starts_with("GGUF")) return std::string("gguf");
  if (seen.substr(4) == "TFL3") return std::string("tflite");
  return fail(ErrorCode::kInvalidData, "'" + place.reference() + "' is no model file that Hearth knows",
              "name a .gguf, .safetensors, .safetensors.index.json, .onnx, .tflite or OpenVINO .xml file");
}

}  // namespace

bool is_shard_index(const std::string& name) { return name.ends_with(".safetensors.index.json"); }

Result<StoredWeights> read_stored_weights(ModelPlace& place) {
  // Saves asking a server twice for the first bytes.
  if (place.file_name().ends_with(".gguf")) return read_gguf_parts(place);
  HEARTH_ASSIGN(format, format_of(place));
  if (format == "gguf") return read_gguf_parts(place);
  if (format == "index") return read_shards(place);
  if (format == "openvino_ir") return tally_of(read_openvino(place), format);
  const bool here = !place.is_remote();
  if (format == "onnx" && here) return tally_of(read_onnx(std::filesystem::path(place.reference())), format);
  return tally_of(place.read("",
                             [&](ByteSource& source) {
                               if (format == "onnx") return read_onnx(source);
                               return format == "tflite" ? read_tflite(source) : read_safetensors(source);
                             }),
                  format);
}

}  // namespace hearth
