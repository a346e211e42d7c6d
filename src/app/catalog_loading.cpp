#include "app/catalog_loading.h"

#include <array>
#include <utility>
#include <vector>

#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kRecordBytesMax = 4U << 20U;
constexpr std::uint64_t kModelBytesMax = 16U << 20U;
constexpr std::array kFolders = {"devices", "models",   "runtimes",     "precisions",      "presets",
                                 "plants",  "policies", "policies/slo", "policies/routing"};

}  // namespace

Result<Catalog> load_catalog(const std::filesystem::path& data_folder) {
  std::vector<CatalogFile> files;
  for (const std::string folder : kFolders) {
    HEARTH_ASSIGN(names, list_folder(data_folder / folder));
    for (const auto& name : names) {
      if (!name.ends_with(".json")) continue;
      HEARTH_ASSIGN(text, read_file(data_folder / folder / name, kRecordBytesMax));
      files.push_back({folder + "/" + name, std::move(text)});
    }
  }
  return Catalog::load(files, CatalogCheck::kTrusted);
}

Result<SpeedModel> load_speed_model(const std::filesystem::path& data_folder) {
  HEARTH_ASSIGN(constants, read_file(data_folder / "fit" / "speed_model.json", kModelBytesMax));
  return SpeedModel::parse(constants);
}

}  // namespace hearth
