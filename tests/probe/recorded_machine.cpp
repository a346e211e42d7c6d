#include "probe/recorded_machine.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/paths.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;

fs::path machines_folder() { return test::source_dir() / "tests/probe/machines"; }

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replace_all(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    const char c = escape ? text[++i] : text[i];
    out += !escape ? c : c == 'n' ? '\n' : c == '0' ? '\0' : c;
  }
  return out;
}

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

// The lines up to a single dot, as often as `head` ("|32") says.
std::string block_of(std::istream& in, const std::string& head) {
  std::string block;
  for (std::string line; std::getline(in, line) && line != ".";) block += line + "\n";
  if (head == "|") return block;
  std::string all;
  const int times = std::stoi(head.substr(1));
  for (int i = 0; i < times; ++i) all += (i == 0 ? "" : "\n") + replace_all(block, "{}", std::to_string(i));
  return all;
}

}  // namespace

RecordedMachine::RecordedMachine(const std::string& name, const Distort& distort) : distort_(distort) {
  fs::create_directories(root());
  std::istringstream in(read_text(machines_folder() / (name + ".machine")));
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) throw std::runtime_error(name + ": a line without a tab: " + line);
    const std::string path = line.substr(0, tab);
    std::string content = line.substr(tab + 1);
    if (content.starts_with("|")) content = block_of(in, content);
    const auto open = path.find('{');
    if (open == std::string::npos) {
      unpack(path, content);
      continue;
    }
    const auto dots = path.find("..", open);
    const auto close = path.find('}', open);
    const int last = std::stoi(path.substr(dots + 2, close - dots - 2));
    for (int i = std::stoi(path.substr(open + 1, dots - open - 1)); i <= last; ++i)
      unpack(path.substr(0, open) + std::to_string(i) + path.substr(close + 1),
             replace_all(content, "{}", std::to_string(i)));
  }
}

void RecordedMachine::unpack(const std::string& path, const std::string& content) const {
  const fs::path file = root() / path;
  fs::create_directories(file.parent_path());
  if (content.starts_with("@ ")) return fs::create_symlink(content.substr(2), file);
  std::string bytes = content.starts_with("hex: ") ? from_hex(content.substr(5)) : unescape(content);
  if (distort_) bytes = distort_(path, bytes);
  std::ofstream(file, std::ios::binary) << bytes;
}

Result<HardwareProfile> RecordedMachine::probe() const {
  ProbeRequest request;
  request.sysroot = root();
  request.home = folder_.path() / "home";
  request.catalog = &device_catalog();
  return probe_machine(request);
}

std::vector<std::string> recorded_machines() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(machines_folder()))
    if (entry.path().extension() == ".machine") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

const Catalog& device_catalog() {
  static const Catalog catalog = [] {
    std::vector<CatalogFile> files;
    for (const auto& entry : fs::directory_iterator(test::source_dir() / "data/devices"))
      files.push_back({"devices/" + entry.path().filename().string(), read_text(entry.path())});
    auto loaded = Catalog::load(files, CatalogCheck::kTrusted);
    if (!loaded) throw std::runtime_error(to_string(loaded.error()));
    return std::move(loaded).value();
  }();
  return catalog;
}

}  // namespace hearth::test
