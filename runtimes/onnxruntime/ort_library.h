// ONNX Runtime's library, opened at run time: its symbols carry the version, so a plugin that links one works with no
// other. The API level is negotiated instead: the header's first, then older ones.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

#include <cstdint>
#include <string>
#include <string_view>

#include "hearth/sdk/host.h"

namespace hearth::onnxruntime {

// What was found. Immutable; the library stays open to the end of the process.
struct OrtLibrary {
  std::string version;  // "1.32.0"; empty where there is none
  std::string path;
  std::uint32_t api_level = 0;
  std::string reason;  // why there is none
};

// Opens the library once a process and sets the API that the Ort:: classes call. Thread-safe.
[[nodiscard]] const OrtLibrary& ort_library();
// The one environment of the process, which logs to the host that asked first. Throws UNAVAILABLE without a library.
[[nodiscard]] Ort::Env& ort_environment(const sdk::Host& host);

// Runs `work`; what Ort throws becomes an Error whose sentence starts with `doing`.
template <class Work>
auto with_ort_errors(std::string_view doing, Work&& work);

// The code of the border for one of ONNX Runtime's.
[[nodiscard]] std::int32_t border_code(OrtErrorCode code);
// The same where a session is made: an opset or a node that ONNX Runtime lacks comes as a plain failure.
[[nodiscard]] std::int32_t refusal_code(OrtErrorCode code);
// The first line of a message, without the source position that ONNX Runtime puts before it.
[[nodiscard]] std::string plain_message(const std::string& message);

template <class Work>
auto with_ort_errors(std::string_view doing, Work&& work) {
  try {
    return work();
  } catch (const Ort::Exception& error) {
    throw sdk::Error(border_code(error.GetOrtErrorCode()), std::string(doing) + ": " + plain_message(error.what()));
  }
}

}  // namespace hearth::onnxruntime
