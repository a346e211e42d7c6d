#include "app/speed_projection.h"

#include <algorithm>

#include "app/catalog_loading.h"
#include "estimate/speed_rows.h"
#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kTableBytesMax = 256U << 20U;

}  // namespace

Result<std::size_t> project_table(const std::filesystem::path& data_folder, const std::filesystem::path& rows,
                                  const std::filesystem::path& out) {
  HEARTH_ASSIGN(model, load_speed_model(data_folder));
  HEARTH_ASSIGN(table, read_file(rows, kTableBytesMax));
  HEARTH_ASSIGN(projected, project_rows(model, table));
  HEARTH_TRY(write_file_atomic(out, projected));
  const auto lines = static_cast<std::size_t>(std::count(projected.begin(), projected.end(), '\n'));
  return lines > 0 ? lines - 1 : 0;
}

}  // namespace hearth
