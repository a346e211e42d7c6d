#include "formats/openvino_ir.h"

#include "platform/file.h"

namespace hearth {

Result<WeightTable> read_openvino_ir(const std::filesystem::path& xml_path) {
  constexpr std::uint64_t kXmlBytesMax = 256ULL << 20;
  HEARTH_ASSIGN(xml, read_file(xml_path, kXmlBytesMax));
  auto bin_path = xml_path;
  bin_path.replace_extension(".bin");
  const auto bin = file_info(bin_path);
  if (!bin && bin.error().code != ErrorCode::kNotFound) return fail(bin.error());
  auto table = parse_openvino_ir(xml, xml_path.string(), bin_path.filename().string(), bin ? bin->size_bytes : 0);
  if (!table && !bin && table.error().code == ErrorCode::kInvalidData)
    return fail(Error(ErrorCode::kNotFound,
                      "'" + xml_path.string() + "' has no weights: '" + bin_path.string() + "' is missing",
                      "put the .bin file beside the .xml file")
                    .because(table.error()));
  return table;
}

}  // namespace hearth
