// Adds a runtime as CONTRIBUTING.md says: one file and one record, taken from its text, in a copy of the tree. Then
// builds it as any runtime is built, opens it through the registry and decodes with it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "plugin_host/registry.h"
#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = test::source_dir();

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// The fenced block behind the line that names `file`.
std::string block_of(const std::string& page, const std::string& file) {
  const auto named = page.find("`" + file + "`:");
  if (named == std::string::npos) return {};
  const auto begin = page.find('\n', page.find("\n```", named) + 1) + 1;
  return page.substr(begin, page.find("\n```", begin) + 1 - begin);
}

void link_all(const fs::path& from, const fs::path& to, std::initializer_list<const char*> but) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const auto name = entry.path().filename();
    if (std::ranges::find(but, name) == but.end()) fs::create_symlink(fs::canonical(entry.path()), to / name);
  }
}

// The tree as it is, but with the parrot as its only runtime beside the SDK; everything not touched is a link.
void make_tree(const fs::path& tree, const std::string& page) {
  link_all(kSource, tree, {"runtimes", "data", "build", ".git", "tests"});
  link_all(kSource / "data", tree / "data", {"runtimes"});
  if (fs::exists(kSource / "data/runtimes"))
    link_all(kSource / "data/runtimes", tree / "data/runtimes", {"parrot.json"});
  fs::create_directories(tree / "runtimes");
  for (const char* name : {"CMakeLists.txt", "sdk"})
    fs::create_symlink(fs::canonical(kSource / "runtimes" / name), tree / "runtimes" / name);
  for (const char* file : {"runtimes/parrot/parrot.cpp", "data/runtimes/parrot.json"}) {
    const auto text = block_of(page, file);
    ASSERT_FALSE(text.empty()) << "CONTRIBUTING.md has no block for " << file;
    write_text(tree / file, text);
  }
}

int run(const std::string& command, const fs::path& log) {
  return std::system((command + " > '" + log.string() + "' 2>&1").c_str());
}

void build(const fs::path& tree) {
  const auto log = tree / "build.log";
  const std::string configure = "'" HEARTH_CMAKE_COMMAND "' -G '" HEARTH_CMAKE_GENERATOR "' -S '" + tree.string() +
                                "' -B '" + (tree / "build").string() +
                                "' -DHEARTH_TESTS=OFF -DHEARTH_WERROR=ON -DCMAKE_BUILD_TYPE='" HEARTH_BUILD_TYPE
                                "' -DCMAKE_CXX_COMPILER='" HEARTH_CXX_COMPILER
                                "' -DCMAKE_C_COMPILER='" HEARTH_C_COMPILER "' -DHEARTH_SANITIZE='" HEARTH_SANITIZE
                                "' -DHEARTH_DEPS_DIR='" HEARTH_DEPS_DIR "'";
  ASSERT_EQ(run(configure, log), 0) << read_text(log);
  const std::string compile =
      "'" HEARTH_CMAKE_COMMAND "' --build '" + (tree / "build").string() + "' --target hearth_runtime_parrot";
  ASSERT_EQ(run(compile, log), 0) << read_text(log);
}

void expect_valid_record(const fs::path& tree) {
  const auto schema_text = nlohmann::json::parse(read_text(tree / "data/schemas/runtime.schema.json"));
  const auto record = nlohmann::json::parse(read_text(tree / "data/runtimes/parrot.json"));
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_text), schema);
  valijson::ValidationResults results;
  EXPECT_TRUE(valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(record), &results));
  for (const auto& error : results) ADD_FAILURE() << error.description;
}

// What greedy decoding says after the first byte of the text.
void expect_recital(RuntimeRegistry& registry, Transport transport, const fs::path& model_path) {
  const std::string text = read_text(model_path);
  auto runtime = registry.open("parrot", transport);
  ASSERT_TRUE(runtime) << to_string(runtime.error());
  LoadOptions options;
  options.path = model_path.string();
  auto loaded = (*runtime)->load(options);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto model = TextModel::from(*loaded).value();
  const auto context = model->new_context({}).value();
  std::string said = text.substr(0, 1);
  for (std::int32_t position = 0; position < 100; ++position) {
    const BatchEntry entry{static_cast<unsigned char>(said.back()), position, 0, true};
    const auto rows = context->decode({&entry, 1});
    ASSERT_TRUE(rows) << to_string(rows.error());
    const auto row = rows->row(0);
    const auto token = static_cast<Token>(std::ranges::max_element(row) - row.begin());
    if ((model->token_attributes(token).value() & HEARTH_TOKEN_END) != 0) break;
    said += model->token_bytes(token).value();
  }
  EXPECT_EQ(said, text);
  options.path = (model_path.parent_path() / "missing.txt").string();
  const auto missing = (*runtime)->load(options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST(ToyRuntime, one_file_and_one_record_as_contributing_says_are_a_runtime_that_decodes) {
  const fs::path tree = test::build_dir() / "tests/toy_runtime_tree";
  fs::remove_all(tree);
  ASSERT_NO_FATAL_FAILURE(make_tree(tree, read_text(kSource / "CONTRIBUTING.md")));
  expect_valid_record(tree);
  ASSERT_NO_FATAL_FAILURE(build(tree));
  RuntimeRegistry registry(
      {{tree / "build/lib/hearth/runtimes"}, test::build_dir() / "libexec/hearth/hearth-worker", nullptr});
  EXPECT_EQ(registry.names(), std::vector<std::string>{"parrot"});
  const auto model_path = tree / "pieces_of_eight.txt";
  write_text(model_path, "Pieces of eight! Pieces of eight!");
  for (const auto transport : {Transport::kInProcess, Transport::kWorker})
    expect_recital(registry, transport, model_path);
}

}  // namespace
}  // namespace hearth
