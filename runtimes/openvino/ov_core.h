// OpenVINO's one core of the process, and its values in the border's words.
#pragma once

#include <openvino/openvino.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/sdk/devices.h"
#include "hearth/sdk/tensor.h"

namespace hearth::openvino {

// Thread-safe, never freed: compiled models may outlive static destruction.
[[nodiscard]] ov::Core& ov_core();
[[nodiscard]] std::string ov_version();

// "cpu" for "CPU"; others by OpenVINO's own names ("GPU.0", "NPU").
[[nodiscard]] std::vector<sdk::Device> ov_devices();
[[nodiscard]] std::string ov_device_name(const std::string& id);
// What to compile for: one device as it is, several as HETERO over them, none as CPU.
[[nodiscard]] std::string ov_device_string(const std::vector<std::string>& ids);

[[nodiscard]] DLDataType dl_type(const ov::element::Type& type);
// Throws UNSUPPORTED for a type that OpenVINO lacks.
[[nodiscard]] ov::element::Type ov_type(const DLDataType& type);

// The last line of what OpenVINO says that says something, without its source positions.
[[nodiscard]] std::string plain_message(const std::string& message);

// Runs `work`; what OpenVINO throws becomes an Error of `code` whose sentence starts with `doing`.
template <class Work>
auto with_ov_errors(std::int32_t code, std::string_view doing, Work&& work) {
  try {
    return work();
  } catch (const sdk::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw sdk::Error(code, std::string(doing) + ": " + plain_message(error.what()));
  }
}

}  // namespace hearth::openvino
