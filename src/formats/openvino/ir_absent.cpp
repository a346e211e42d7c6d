// Stands in for the reader where pugixml was not found at build time.
#include "formats/openvino_ir.h"

namespace hearth {

Result<WeightTable> parse_openvino_ir(std::string_view, const std::string& name, const std::string&, std::uint64_t) {
  return fail(ErrorCode::kUnsupported, "can't read the OpenVINO model '" + name + "': Hearth was built without pugixml",
              "install libpugixml-dev and build again");
}

}  // namespace hearth
