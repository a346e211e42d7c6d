#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catalog/schema_check.h"
#include "support/paths.h"

namespace hearth {
namespace {

using testing::HasSubstr;

std::vector<CatalogFile> shipped_files() {
  const std::filesystem::path root = test::source_dir() / "data";
  std::vector<CatalogFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    files.push_back({entry.path().lexically_relative(root).generic_string(), text.str()});
  }
  return files;
}

const Catalog& shipped() {
  static const Catalog catalog = [] {
    auto loaded = Catalog::load(shipped_files());
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    return std::move(loaded).value();
  }();
  return catalog;
}

// The shipped files with the text of one of them changed.
std::vector<CatalogFile> with_text(const std::string& path, const std::string& from, const std::string& to) {
  auto files = shipped_files();
  for (CatalogFile& file : files) {
    if (file.path != path) continue;
    const auto at = file.text.find(from);
    if (at == std::string::npos)
      ADD_FAILURE() << from << " is not in " << path;
    else
      file.text.replace(at, from.size(), to);
  }
  return files;
}

TEST(Catalog, a_negative_number_that_no_schema_saw_is_named) {
  const auto files = with_text("models/qwen3-8b.json", "\"layers\": 36", "\"layers\": -36");
  const auto loaded = Catalog::load(files, CatalogCheck::kTrusted);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("'layers' is -36"));
}

TEST(Catalog, holds_what_is_promised) {
  EXPECT_GE(shipped().devices().size(), 40U);
  EXPECT_GE(shipped().models().size(), 120U);
  EXPECT_EQ(shipped().presets().size(), 55U);
  EXPECT_GE(shipped().runtimes().size(), 16U);
  EXPECT_GE(shipped().slos().size(), 8U);
}

TEST(Catalog, finds_by_id_alias_and_any_case) {
  for (const char* name : {"pi5-8gb", "pi5", "PI5", "rpi5", "Pi 5", "Raspberry Pi 5"}) {
    const auto device = shipped().device(name);
    ASSERT_TRUE(device) << name;
    EXPECT_EQ((*device)->id, "pi5-8gb");
  }
  EXPECT_EQ((*shipped().device("NVIDIA GeForce RTX 4090"))->id, "rtx-4090");
  EXPECT_EQ((*shipped().precision("Q4_K_M"))->id, "q4-k-m");
  EXPECT_EQ((*shipped().precision("kv q8_0"))->id, "kv-q8-0");
  EXPECT_EQ((*shipped().model("meta-llama/Llama-3.1-8B-Instruct"))->id, "llama-3.1-8b-instruct");
}

TEST(Catalog, has_a_ladder_of_each_modality_for_every_device) {
  for (const CatalogDevice& device : shipped().devices())
    for (std::size_t m = 0; m < kModalities; ++m) {
      const auto ladder = shipped().ladder(static_cast<Modality>(m), device.device_class);
      ASSERT_TRUE(ladder) << device.id;
      EXPECT_EQ((*ladder)->modality, static_cast<Modality>(m));
      EXPECT_EQ((*ladder)->rungs.front().name, "as planned");
    }
}

TEST(Catalog, a_ladder_for_a_class_goes_before_the_general_one) {
  const auto board = shipped().ladder(Modality::kVision, "single_board");
  const auto desktop = shipped().ladder(Modality::kVision, "desktop");
  ASSERT_TRUE(board && desktop);
  EXPECT_NE(*board, *desktop);
  EXPECT_TRUE((*desktop)->device_classes.empty());
}

TEST(Catalog, no_ladder_is_told_by_modality_and_class) {
  auto files = shipped_files();
  std::erase_if(files, [](const CatalogFile& file) { return file.path == "policies/ladders.json"; });
  const auto catalog = Catalog::load(files);
  ASSERT_TRUE(catalog);
  const auto ladder = catalog->ladder(Modality::kSpeaking, "phone");
  ASSERT_FALSE(ladder);
  EXPECT_EQ(ladder.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(ladder.error().message, testing::AllOf(HasSubstr("tts"), HasSubstr("phone")));
}

TEST(Catalog, unknown_names_come_with_the_nearest_one) {
  const auto device = shipped().device("pi55");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(device.error().message, "unknown device 'pi55'");
  EXPECT_EQ(device.error().hint, "did you mean 'pi5'?");
  EXPECT_THAT(shipped().model("qwen3-8bb").error().hint, HasSubstr("qwen3-8b"));
  EXPECT_THAT(shipped().device("zzzzzzzzzzzzzzzzzzzzzz").error().hint, HasSubstr("none is alike"));
  EXPECT_EQ(shipped().preset("raspberry-pi-5", "llm-smal").error().hint, "did you mean 'raspberry-pi-5.llm-small'?");
}

TEST(Catalog, reads_every_dimension_that_memory_needs) {
  const CatalogModel& gemma = **shipped().model("gemma-3-4b-it");
  ASSERT_TRUE(gemma.decoder && gemma.decoder->attention && gemma.vision);
  EXPECT_EQ(gemma.decoder->layers, 34U);
  EXPECT_EQ(gemma.decoder->layer_kinds.substr(0, 7), "WWWWWFW");
  EXPECT_EQ(gemma.decoder->window, 1024U);
  EXPECT_TRUE(gemma.decoder->window_ignored_by.empty());
  EXPECT_THAT((*shipped().model("starcoder2-3b"))->decoder->window_ignored_by, testing::ElementsAre("llama"));
  EXPECT_EQ(gemma.decoder->attention->kv_heads, 4U);
  EXPECT_EQ(gemma.decoder->attention->key_dim, 256U);
  EXPECT_EQ(gemma.vision->tokens_per_image, 256U);
  const CatalogModel& deepseek = **shipped().model("deepseek-v2-lite-chat");
  ASSERT_TRUE(deepseek.decoder->mla && deepseek.decoder->moe);
  EXPECT_EQ(deepseek.decoder->mla->kv_rank, 512U);
  EXPECT_EQ(deepseek.decoder->moe->experts, 64U);
  EXPECT_LT(*deepseek.parameters_active, deepseek.parameters_total / 5);
  const CatalogModel& granite = **shipped().model("granite-4.0-h-tiny");
  EXPECT_EQ(granite.decoder->recurrent->d_state, 128U);
  EXPECT_EQ(granite.decoder->layer_kinds[5], 'F');
}

TEST(Catalog, keeps_absent_facts_absent) {
  const CatalogDevice& pixel = **shipped().device("pixel-8-pro");
  EXPECT_FALSE(pixel.power.tdp_w);
  EXPECT_EQ(pixel.confidence, Confidence::kLow);
  EXPECT_FALSE((*shipped().model("qwen3-8b"))->parameters_active);
}

TEST(Catalog, ladder_knows_exact_bits_and_floors) {
  EXPECT_DOUBLE_EQ((*shipped().precision("Q4_K"))->bits_per_weight, 4.5);
  EXPECT_DOUBLE_EQ((*shipped().precision("q6-k"))->bits_per_weight, 6.5633);
  ASSERT_NE(shipped().floor_of("chat"), nullptr);
  EXPECT_EQ(shipped().floor_of("chat")->name, "Q4_K_M");
  for (const char* use : {"reasoning", "maths", "code", "retrieval"})
    EXPECT_EQ(shipped().floor_of(use)->name, "Q5_K_M");
  EXPECT_GT(shipped().floor_of("high_fidelity")->rung, shipped().floor_of("code")->rung);
  EXPECT_EQ(shipped().floor_of("singing"), nullptr);
}

TEST(Catalog, every_class_has_a_preset_for_each_workload) {
  for (const CatalogDevice& device : shipped().devices()) {
    if (device.preset_class.empty()) continue;
    for (const char* workload : {"llm-small", "llm-8b", "vision", "stt", "tts"})
      EXPECT_TRUE(shipped().preset(device.preset_class, workload)) << device.id << " " << workload;
  }
}

TEST(Catalog, does_not_depend_on_the_order_of_files) {
  auto files = shipped_files();
  std::reverse(files.begin(), files.end());
  const auto reversed = Catalog::load(files);
  ASSERT_TRUE(reversed) << reversed.error().message;
  ASSERT_EQ(reversed->models().size(), shipped().models().size());
  for (std::size_t i = 0; i < reversed->models().size(); ++i)
    EXPECT_EQ(reversed->models()[i].id, shipped().models()[i].id);
}

struct Corruption {
  const char* path;
  const char* from;
  const char* to;
  const char* expected;  // part of the message
};

class CatalogCorrupt : public testing::TestWithParam<Corruption> {};

TEST_P(CatalogCorrupt, is_answered_by_file_and_place) {
  const Corruption& c = GetParam();
  const auto loaded = Catalog::load(with_text(c.path, c.from, c.to));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(loaded.error().message, HasSubstr(c.expected));
  EXPECT_FALSE(loaded.error().hint.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Records, CatalogCorrupt,
    testing::Values(
        Corruption{"models/qwen3-8b.json", "{", "{{", "models/qwen3-8b.json is not usable: it is not JSON"},
        Corruption{"models/qwen3-8b.json", "\"layers\": 36", "\"layers\": -36", "decoder/layers"},
        Corruption{"models/qwen3-8b.json", "\"layers\": 36", "\"layers\": 35", "36 letters for 35 layers"},
        Corruption{"models/qwen3-8b.json", "\"layers\": 36", "\"layers\": \"36\"", "decoder/layers"},
        Corruption{"models/qwen3-8b.json", "\"heads\": 32", "\"heads\": 30", "no multiple"},
        Corruption{"models/qwen3-8b.json", "\"id\": \"qwen3-8b\"", "\"id\": \"qwen3-8c\"", "file name qwen3-8c.json"},
        Corruption{"models/qwen3-8b.json", "qwen3:8b", "qwen3:4b", "already used by"},
        Corruption{"models/qwen3-8b.json", "\"total\": 8190735360", "\"total\": 1e300", "parameters/total"},
        Corruption{"models/gemma-3-1b-it.json", "\"window\"", "\"windows\"", "window"},
        Corruption{"devices/pi5-8gb.json", "\"total_bytes\": 8589934592", "\"total_bytes\": 0", "memory/total_bytes"},
        Corruption{"devices/pi5-8gb.json", "\"name\"", "\"nmae\"", "devices/pi5-8gb.json"},
        Corruption{"devices/pi5-8gb.json", "\"date\": \"2026", "\"date\": \"26", "date"},
        Corruption{"precisions/q4-k.json", "\"bytes\": 144", "\"bytes\": 160", "the block gives 5.0"},
        Corruption{"presets/browser.tts.json", "kokoro-82m", "kokoro-83m", "unknown model 'kokoro-83m'"},
        Corruption{"runtimes/llama.json", "\"q6-k\"", "\"q6-kk\"", "unknown precision 'q6-kk'"},
        Corruption{"policies/slo/tts-rtf.json", "\"at_most\": 0.3", "\"at_mots\": 0.3", "policies/slo/tts-rtf.json"},
        Corruption{"policies/ladders.json", "\"power_share\": 0.88", "\"power_share\": 1.2", "policies/ladders.json"},
        Corruption{"policies/ladders.json", "\"modality\": \"vision\"", "\"modality\": \"llm\"", "same device class"},
        Corruption{"policies/ladders.json", "\"threads_share\"", "\"treads_share\"", "settings"}));

TEST(Catalog, records_without_their_schema_are_refused) {
  auto files = shipped_files();
  std::erase_if(files, [](const CatalogFile& file) { return file.path == "schemas/model.schema.json"; });
  const auto loaded = Catalog::load(files);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(loaded.error().message, HasSubstr("schemas/model.schema.json"));
}

TEST(Catalog, long_texts_and_deep_nesting_never_crash) {
  const std::string letters(1'000'000, 'F');
  const auto longest =
      Catalog::load(with_text("models/qwen3-8b.json", "\"layer_kinds\": \"", "\"layer_kinds\": \"" + letters));
  ASSERT_FALSE(longest);
  EXPECT_THAT(longest.error().message, HasSubstr("more than 4096 letters"));
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const auto nested = Catalog::load(with_text("models/qwen3-8b.json", "\"kind\": \"llm\"", "\"kind\": " + deep));
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().code, ErrorCode::kInvalidData);
}

TEST(Catalog, truncated_records_never_crash) {
  auto files = shipped_files();
  const auto at =
      std::find_if(files.begin(), files.end(), [](const auto& f) { return f.path == "models/gpt-oss-20b.json"; });
  ASSERT_NE(at, files.end());
  std::vector<CatalogFile> one{*at};
  for (const CatalogFile& file : files)
    if (file.path == "schemas/model.schema.json") one.push_back(file);
  const std::string whole = at->text;
  for (std::size_t length = 0; length + 2 < whole.size(); length += 7) {
    one[0].text = whole.substr(0, length);
    EXPECT_FALSE(Catalog::load(one)) << length;
    EXPECT_FALSE(Catalog::load(one, CatalogCheck::kTrusted)) << length;
  }
}

TEST(Catalog, trusted_records_of_the_wrong_type_are_errors_and_no_exceptions) {
  for (const char* text :
       {"[]", "7", "null", "\"x\"", "{\"id\": 7}", "{\"decoder\": {\"layers\": []}}", "{\"files\": [1]}"}) {
    const std::vector<CatalogFile> files{{"models/x.json", text}};
    const auto loaded = Catalog::load(files, CatalogCheck::kTrusted);
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidData) << text;
  }
}

TEST(SchemaCheck, refuses_what_is_no_schema) {
  EXPECT_FALSE(SchemaCheck::compile("x", "{"));
  EXPECT_FALSE(SchemaCheck::compile("x", R"({"type": 7})"));
}

}  // namespace
}  // namespace hearth
