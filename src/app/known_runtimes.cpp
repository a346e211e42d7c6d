#include "app/known_runtimes.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "platform/file.h"
#include "platform/operating_system.h"

namespace hearth {
namespace {

constexpr std::uint64_t kRecordBytesMax = 1U << 20U;

struct Record {
  std::string title;
  std::string install_hint;
};

std::string text_of(const nlohmann::json& record, const char* key) {
  const auto it = record.find(key);
  return it != record.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// How to install it on this system, or on the first one the record knows, said with that system's name.
std::string install_hint(const nlohmann::json& record) {
  const auto install = record.find("install");
  if (install == record.end() || !install->is_object() || install->empty()) return {};
  if (const std::string here = text_of(*install, operating_system()); !here.empty()) return here;
  const auto first = install->begin();
  return first->is_string() ? "on " + first.key() + ": " + first->get<std::string>() : std::string();
}

// By the id of the record, which is the name of the plugin. Records of other kinds are servers and tools that
// configurations are written for; they never run inside Hearth.
std::map<std::string, Record> read_records(const std::filesystem::path& folder) {
  std::map<std::string, Record> records;
  auto files = list_folder(folder);
  if (!files) return records;
  for (const auto& file : *files) {
    if (!file.ends_with(".json")) continue;
    auto text = read_file(folder / file, kRecordBytesMax);
    if (!text) continue;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || text_of(json, "kind") != "engine") continue;
    records.emplace(text_of(json, "id"), Record{text_of(json, "name"), install_hint(json)});
  }
  return records;
}

KnownRuntime ask_plugin(RuntimeRegistry& registry, const std::string& name, const Record& record) {
  KnownRuntime known;
  known.name = name;
  known.title = record.title.empty() ? name : record.title;
  auto runtime = registry.open(name, Transport::kInProcess);
  auto info = runtime ? (*runtime)->describe() : Result<RuntimeInfo>(fail(runtime.error()));
  auto score = info ? (*runtime)->score() : Result<RuntimeScore>(fail(info.error()));
  if (!score) {
    known.score = {0, "its plugin does not open: " + score.error().message, score.error().hint};
    return known;
  }
  known.present = true;
  known.info = std::move(info).value();
  known.score = std::move(score).value();
  return known;
}

}  // namespace

std::vector<KnownRuntime> known_runtimes(RuntimeRegistry& registry, const std::filesystem::path& data_folder) {
  auto records = read_records(data_folder / "runtimes");
  std::vector<KnownRuntime> known;
  for (const auto& name : registry.names()) {
    known.push_back(ask_plugin(registry, name, records[name]));
    records.erase(name);
  }
  for (const auto& [name, record] : records) {
    KnownRuntime absent;
    absent.name = name;
    absent.title = record.title;
    absent.score = {0, "its plugin is not installed", record.install_hint};
    known.push_back(std::move(absent));
  }
  std::sort(known.begin(), known.end(), [](const KnownRuntime& a, const KnownRuntime& b) {
    if (a.present != b.present) return a.present;
    return a.score.score != b.score.score ? a.score.score > b.score.score : a.name < b.name;
  });
  return known;
}

}  // namespace hearth
