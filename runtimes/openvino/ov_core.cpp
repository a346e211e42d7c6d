#include "ov_core.h"

#include <algorithm>
#include <sstream>

namespace hearth::openvino {
namespace {

struct TypePair {
  ov::element::Type_t ov;
  DLDataType dl;
};
constexpr TypePair kTypes[] = {{ov::element::f32, {kDLFloat, 32, 1}},   {ov::element::f16, {kDLFloat, 16, 1}},
                               {ov::element::bf16, {kDLBfloat, 16, 1}}, {ov::element::f64, {kDLFloat, 64, 1}},
                               {ov::element::u8, {kDLUInt, 8, 1}},      {ov::element::i8, {kDLInt, 8, 1}},
                               {ov::element::u16, {kDLUInt, 16, 1}},    {ov::element::i16, {kDLInt, 16, 1}},
                               {ov::element::u32, {kDLUInt, 32, 1}},    {ov::element::i32, {kDLInt, 32, 1}},
                               {ov::element::u64, {kDLUInt, 64, 1}},    {ov::element::i64, {kDLInt, 64, 1}},
                               {ov::element::boolean, {kDLBool, 8, 1}}};

std::string kind_of(const std::string& name) {
  if (name.starts_with("GPU")) return "gpu";
  return name.starts_with("NPU") ? "npu" : "cpu";
}

}  // namespace

ov::Core& ov_core() {
  static auto* const kCore = new ov::Core;
  return *kCore;
}

std::string ov_version() {
  const std::string build = ov::get_openvino_version().buildNumber;
  return build.substr(0, build.find('-'));
}

std::vector<sdk::Device> ov_devices() {
  std::vector<sdk::Device> devices;
  for (const auto& name : ov_core().get_available_devices()) {
    std::string about = name;
    try {
      about = ov_core().get_property(name, ov::device::full_name);
    } catch (const std::exception&) {
      about = name;  // a driver that can't tell
    }
    devices.push_back({name == "CPU" ? "cpu" : name, kind_of(name), about});
  }
  return devices;
}

std::string ov_device_name(const std::string& id) { return id == "cpu" ? "CPU" : id; }

std::string ov_device_string(const std::vector<std::string>& ids) {
  if (ids.empty()) return "CPU";
  if (ids.size() == 1) return ov_device_name(ids[0]);
  std::string text = "HETERO:";
  for (std::size_t i = 0; i < ids.size(); ++i) text += (i == 0 ? "" : ",") + ov_device_name(ids[i]);
  return text;
}

DLDataType dl_type(const ov::element::Type& type) {
  const auto* row = std::ranges::find(kTypes, static_cast<ov::element::Type_t>(type), &TypePair::ov);
  return row == std::end(kTypes) ? DLDataType{kDLOpaqueHandle, 0, 0} : row->dl;
}

ov::element::Type ov_type(const DLDataType& type) {
  for (const auto& row : kTypes) {
    if (row.dl.code == type.code && row.dl.bits == type.bits && type.lanes == 1) return row.ov;
  }
  throw sdk::Error(HEARTH_UNSUPPORTED, "OpenVINO has no such element type");
}

std::string plain_message(const std::string& message) {
  std::string last = "no reason given";
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    const auto is_position = line.starts_with("Exception from ") || line.starts_with("Check '");
    if (const auto check = line.find("failed at "); line.starts_with("Check '") && check != std::string::npos) {
      if (last == "no reason given") last = line.substr(0, check);
      continue;
    }
    if (!is_position && line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last.substr(0, 400);
}

}  // namespace hearth::openvino
