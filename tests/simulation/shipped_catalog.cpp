#include "shipped_catalog.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/paths.h"

namespace hearth::test {

const Catalog& shipped_catalog() {
  static const Catalog loaded = [] {
    const std::filesystem::path root = source_dir() / "data";
    std::vector<CatalogFile> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      files.push_back({entry.path().lexically_relative(root).generic_string(), text.str()});
    }
    auto read = Catalog::load(files, CatalogCheck::kTrusted);
    if (!read) throw std::runtime_error(to_string(read.error()));
    return std::move(read).value();
  }();
  return loaded;
}

}  // namespace hearth::test
