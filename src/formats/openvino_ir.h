// The weights of an OpenVINO IR model: an XML file with the graph and a .bin file with the constants.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "formats/weight_table.h"
#include "hearth/result.h"

namespace hearth {

// Reads the XML file's text; `bin_bytes` is the size of the .bin file beside it, `bin_name` its name in the table. One
// entry for each place in the .bin file that constants refer to. `metadata` gets the model's "name" and IR "version".
// InvalidData for anything but a well-formed IR of version 7 or later whose constants lie inside the .bin file;
// Unsupported where Hearth was built without pugixml.
// Source: OpenVINO documentation, "Operation Set and IR specification" (Constant-1: offset, size, shape, element_type).
Result<WeightTable> parse_openvino_ir(std::string_view xml, const std::string& name, const std::string& bin_name,
                                      std::uint64_t bin_bytes);

// Reads model.xml (at most 256 MiB) and looks at model.bin beside it. A model without constants needs no .bin file.
Result<WeightTable> read_openvino_ir(const std::filesystem::path& xml_path);

}  // namespace hearth
