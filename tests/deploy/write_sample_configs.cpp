// Writes the configuration files of every sample plan below a folder, as `hearth plan --out` does:
// DIR/<plan>/deploy/...
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "deploy/deploy.h"
#include "support/sample_plans.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_sample_configs DIR\n", stderr);
    return 2;
  }
  namespace fs = std::filesystem;
  fs::remove_all(argv[1]);
  for (const auto& [name, plan] : hearth::test::sample_plans()) {
    fs::create_directories(fs::path(argv[1]) / name);
    for (const auto& file : hearth::deployment_configs(plan)) {
      const fs::path path = fs::path(argv[1]) / name / file.path;
      fs::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << file.text;
      if (file.executable) fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec, fs::perm_options::add);
      std::printf("%s/%s\n", name.c_str(), file.path.c_str());
    }
  }
  return 0;
}
