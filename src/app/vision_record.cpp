#include "app/vision_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>

#include "formats/tflite.h"
#include "platform/file.h"
#include "vision/labels.h"

namespace hearth {
namespace {

using Json = nlohmann::json;
constexpr std::uint64_t kRecordBytesMax = 8U << 20U;
constexpr std::size_t kFolderEntriesMax = 10'000;  // beside a model; a larger folder is no folder of models

Result<Json> read_record(const std::filesystem::path& path) {
  HEARTH_ASSIGN(text, read_file(path, kRecordBytesMax));
  Json record = Json::parse(text, nullptr, false);
  if (!record.is_object())
    return fail(ErrorCode::kInvalidData, path.string() + " is no JSON object",
                R"(a record looks like {"head": "yolov8", "colour": "rgb", "labels": ["person", ...]})");
  return record;
}

// The catalogue's record whose id is the longest beginning of the model's name.
std::optional<Json> catalogue_record(const VisionRecordPlaces& places) {
  const std::string stem = catalogue_name(places.model.stem().string());
  const auto folder = places.data / "models";
  const auto names = list_folder(folder);
  if (!names) return std::nullopt;
  std::string best;
  std::string best_file;
  for (const auto& name : *names) {
    if (!name.ends_with(".json")) continue;
    const std::string id = catalogue_name(name.substr(0, name.size() - 5));
    const bool ends = stem.size() == id.size() ||
                      (stem.size() > id.size() && !std::isalnum(static_cast<unsigned char>(stem[id.size()])));
    if (!stem.starts_with(id) || !ends || id.size() <= best.size()) continue;
    best = id;
    best_file = name;
  }
  if (best_file.empty()) return std::nullopt;
  auto record = read_record(folder / best_file);
  if (!record || !record->contains("picture_use") || !(*record)["picture_use"].is_object()) return std::nullopt;
  return (*record)["picture_use"];
}

// Classes as the shape of the last output of rank 2 tells, [N, classes]; 0 where there is none.
std::size_t classifier_classes(const TensorPorts& ports) {
  if (ports.outputs.size() != 1) return 0;
  const Shape& shape = ports.outputs.front().shape;
  std::int64_t classes = 0;
  for (std::size_t i = 1; i < shape.rank(); ++i) classes = std::max(classes, shape[i]);
  return shape.rank() >= 2 && classes > 1 ? static_cast<std::size_t>(classes) : 0;
}

bool named_for_labels(const std::string& name) {
  return name.ends_with(".txt") &&
         (name.find("label") != std::string::npos || name.find("classes") != std::string::npos ||
          name.find("synset") != std::string::npos || name.find("names") != std::string::npos);
}

// The first text file beside the model with exactly as many names as the model has classes.
std::optional<std::vector<std::string>> labels_beside(const std::filesystem::path& model, std::size_t n_classes) {
  if (n_classes == 0) return std::nullopt;
  const auto names = list_folder(model.parent_path().empty() ? "." : model.parent_path(), kFolderEntriesMax);
  if (!names) return std::nullopt;
  for (const auto& name : *names) {
    if (!named_for_labels(name)) continue;
    const auto text = read_file(model.parent_path() / name, kRecordBytesMax);
    if (!text) continue;
    auto labels = parse_labels(*text);
    if (labels && labels->size() == n_classes) return std::move(*labels);
  }
  return std::nullopt;
}

// TFLite says in the file what its 8-bit ports stand for; runtimes give the bare integers.
Status add_quantization(const std::filesystem::path& model, Json& record) {
  if (model.extension() != ".tflite" || record.contains("quantization")) return {};
  HEARTH_ASSIGN(ports, read_tflite_quantization(model));
  for (const TfliteQuantization& port : ports) record["quantization"][port.name] = {port.scale, port.zero_point};
  return {};
}

Result<Json> record_beside_or_known(const VisionRecordPlaces& places) {
  if (!places.record_file.empty()) return read_record(places.record_file);
  auto beside = places.model;
  beside.replace_extension(".vision.json");
  if (auto info = file_info(beside)) return read_record(beside);
  if (auto known = catalogue_record(places)) return std::move(*known);
  return Json::object();
}

}  // namespace

std::string catalogue_name(const std::string& stem) {
  std::string name;
  for (const char c : stem) name += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool version = name[i] == 'v' && i > 0 && name[i - 1] == '-' && i + 1 < name.size() &&
                         std::isdigit(static_cast<unsigned char>(name[i + 1])) != 0;
    if (!version) out += name[i];
  }
  return out;
}

Result<std::string> find_vision_record(const VisionRecordPlaces& places, const TensorPorts& ports) {
  HEARTH_ASSIGN(record, record_beside_or_known(places));
  if (!places.labels_file.empty()) {
    HEARTH_ASSIGN(text, read_file(places.labels_file, kRecordBytesMax));
    HEARTH_ASSIGN(labels, parse_labels(text));
    record["labels"] = std::move(labels);
  } else if (!record.contains("labels")) {
    if (auto labels = labels_beside(places.model, classifier_classes(ports))) record["labels"] = std::move(*labels);
  }
  HEARTH_TRY(add_quantization(places.model, record));
  return record.empty() ? std::string() : record.dump();
}

}  // namespace hearth
