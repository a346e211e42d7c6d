#include "estimate/speed_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "estimate/speed_text.h"
#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
std::string model_path() { return (test::source_dir() / "data/fit/speed_model.json").string(); }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out;
  std::stringstream in(text);
  for (std::string part; std::getline(in, part, by);) out.push_back(part);
  return out;
}

SpeedModel shipped() { return SpeedModel::parse(read_file(model_path())).value(); }

constexpr const char* kHeader =
    "device\tmemory_bandwidth_GBps\tmodel\tquant\tn_params_B\tfile_GiB\tbackend\tpp512_tps\ttg128_tps\tsource\n";

// Names that occur in no measured table, spelled in the ways people do, and cells that are missing or nonsense.
constexpr const char* kOddRows =
    "rtx4070ti super\t\tmystral-9b\tQ5_K_M\t\t\tllama.cpp CUDA\t\t\t\n"
    "Radeon RX 9060 XT 16GB\t320\tQwen3-4B\tQ4_K_M\t4.02\t2.33\tVulkan fa=1\t\t\t\n"
    "MacBook Air (M3, 10 core GPU)\t\tgemma-3-4b-it\t4bit\t\t\tmlx\t\t\t\n"
    "Pixel 9 Pro\t\tLlama-3.2-1B\tQ4_0\t\t\tCPU 4t\t\t\t\n"
    "2x RTX 3090 x2\t\tLlama-3.3-70B\tQ4_K_M\t\t39.6\tCUDA fa=1\t\t\t\n"
    "RTX 3060\tnonsense\tMixtral-8x7B\tQ4_K_M\t-3\tinf\tCUDA\t\t\t\n"
    "Unheard-of NPU\t120\tfoo-3B\tINT8\t\t\tNPU\t\t\t\n"
    "NVIDIA RTX 7090\t2500\tLlama-3.1-8B\tQ4_K_M\t8.03\t4.58\tCUDA fa=1\t\t\t\n"
    "Unheard-of NPU\t\tfoo-3B\tINT8\t\t\tNPU\t\t\t\n"
    "RTX 4090\t1008\tfoo\t\t\t\tCUDA\t\t\t\n"
    "\xC3\x9C\xE2\x98\x83 Ryzen 7 7840HS\t\tfoo-7b\tq4_k_m\t\t\tOllama CPU\t\t\t\n"
    "Apple M2 Max CPU (8t)\t\tLlama-3.1-8B\tIQ4_XS\t8.03\t4.1\tCPU\n"
    "\n";

bool same_cell(const std::string& ours, const std::string& theirs) {
  const auto a = positive_number(ours);
  const auto b = positive_number(theirs);
  return a && b ? std::abs(*a / *b - 1.0) < 1e-6 : ours == theirs;
}

// Compares with the Python evaluator on `rows`; returns the number of rows with a decode projection, -1 if Python is
// absent.
int compare_with_python(const std::string& rows, const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / ("hearth_speed_" + name);
  fs::create_directories(folder);
  const auto in = (folder / "in.tsv").string();
  const auto out = (folder / "out.tsv").string();
  std::ofstream(in, std::ios::binary) << rows;
  if (std::system("python3 --version > /dev/null 2>&1") != 0) return -1;
  const std::string command = std::string("python3 \"") + test::source_dir().string() + "/tools/fit/evaluate.py\" \"" +
                              model_path() + "\" \"" + in + "\" \"" + out + "\"";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  const auto ours = project_rows(shipped(), rows);
  EXPECT_TRUE(ours);
  const auto mine = split(*ours, '\n');
  const auto theirs = split(read_file(out), '\n');
  EXPECT_EQ(mine.size(), theirs.size());
  int projected = 0;
  for (std::size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i) {
    const auto a = split(mine[i], '\t');
    const auto b = split(theirs[i], '\t');
    EXPECT_EQ(a.size(), b.size()) << mine[i];
    for (std::size_t c = 0; c < std::min(a.size(), b.size()); ++c)
      EXPECT_TRUE(same_cell(a[c], b[c])) << "line " << i << " column " << c << ": " << a[c] << " and " << b[c];
    if (i > 0 && a.size() > 13 && positive_number(a[13])) ++projected;
  }
  fs::remove_all(folder);
  return projected;
}

TEST(SpeedRows, adds_its_columns_and_keeps_the_rows) {
  const auto out = project_rows(shipped(), std::string(kHeader) + kOddRows);
  ASSERT_TRUE(out);
  const auto lines = split(*out, '\n');
  ASSERT_EQ(lines.size(), 14U);
  EXPECT_NE(lines[0].find("\tsource\tpred_pp512_tps\tpred_pp512_low"), std::string::npos);
  const auto row = split(lines[2], '\t');
  ASSERT_GE(row.size(), 16U);
  EXPECT_EQ(row[0], "Radeon RX 9060 XT 16GB");
  EXPECT_TRUE(positive_number(row[10]) && positive_number(row[13]));
  const auto declined = split(lines[9], '\t');
  EXPECT_EQ(declined[10], "");
  EXPECT_NE(declined[16].find("bandwidth unknown"), std::string::npos);
}

TEST(SpeedRows, refuses_a_table_without_the_needed_columns) {
  EXPECT_EQ(project_rows(shipped(), "").error().code, ErrorCode::kInvalidData);
  const auto bad = project_rows(shipped(), "device\tmodel\nx\ty\n");
  EXPECT_NE(bad.error().message.find("'quant'"), std::string::npos);
}

TEST(SpeedRows, agrees_with_the_reference_evaluator_on_odd_rows) {
  const int projected = compare_with_python(std::string(kHeader) + kOddRows, "odd");
  if (projected < 0) GTEST_SKIP() << "python3 is not here";
  EXPECT_GE(projected, 7);
}

TEST(SpeedRows, agrees_with_the_reference_evaluator_on_all_measured_rows) {
  const std::string path = test::shared_dir().string() + "/data/device_bench.tsv";
  if (!fs::exists(path)) GTEST_SKIP() << "no measured rows at " << path;
  const int projected = compare_with_python(read_file(path), "measured");
  if (projected < 0) GTEST_SKIP() << "python3 is not here";
  EXPECT_GE(projected, 1000);
}

}  // namespace
}  // namespace hearth
