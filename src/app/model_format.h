// Which format a model file is in, from its first bytes, else its name.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "hearth/result.h"

namespace hearth {

// A format as runtimes name it in RuntimeInfo::formats: by the bytes the file opens with, else by the end of its name,
// which is the format ("gguf" of x.gguf) but for OpenVINO's ("openvino_ir" of x.xml). `known`: the formats of the
// runtimes that are here; the usual ones are known besides, so that "no runtime for it" can be told from "no model".
// kInvalidData with the first bytes when nothing fits.
[[nodiscard]] Result<std::string> detect_format(const std::filesystem::path& path, std::span<const std::string> known);

}  // namespace hearth
