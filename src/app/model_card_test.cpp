#include "app/model_card.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "app/catalog_loading.h"
#include "estimate/memory_model.h"
#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

// A header as read, without a file behind it.
class Header {
 public:
  explicit Header(const std::string& architecture) : prefix_(architecture + ".") {
    file_.name = "sample.gguf";
    text("general.architecture", architecture);
  }
  Header& number(const std::string& key, std::uint64_t value) {
    const bool general = key.find('.') != std::string::npos && key.starts_with("general.");
    file_.metadata[general || key.starts_with("clip.") ? key : prefix_ + key] = {GgufValueType::kUint32, value};
    return *this;
  }
  Header& numbers(const std::string& key, std::vector<std::uint64_t> values) {
    GgufArray array;
    array.element_type = GgufValueType::kUint32;
    array.count = values.size();
    array.elements = std::move(values);
    file_.metadata[prefix_ + key] = {GgufValueType::kArray, std::move(array)};
    return *this;
  }
  Header& text(const std::string& key, const std::string& value) {
    file_.metadata[key] = {GgufValueType::kText, value};
    return *this;
  }
  Header& tensor(const std::string& name, std::uint64_t row, std::uint64_t rows = 1) {
    GgufTensor t;
    t.name = name;
    t.dims = {row, rows, 1, 1};
    t.n_dims = 2;
    t.type = find_ggml_type("F16");
    t.data_offset = end_;
    t.n_elements = row * rows;
    t.size_bytes = t.n_elements * 2;
    end_ += t.size_bytes;
    file_.tensors.push_back(t);
    return *this;
  }
  Header& decoder(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads, std::uint64_t kv_heads) {
    number("block_count", layers).number("embedding_length", hidden).number("context_length", 2048);
    number("feed_forward_length", 4 * hidden).number("attention.head_count", heads).number("vocab_size", 1000);
    if (kv_heads > 0) number("attention.head_count_kv", kv_heads);
    return tensor("token_embd.weight", hidden, 1000);
  }
  [[nodiscard]] const GgufFile& file() const { return file_; }
  [[nodiscard]] CatalogModel card() const { return card_of_gguf(file_).value(); }

 private:
  std::string prefix_;
  GgufFile file_;
  std::uint64_t end_ = 0;
};

TEST(ModelCard, a_dense_file_gives_its_dimensions_and_exact_bytes) {
  Header header("llama");
  header.decoder(2, 64, 8, 4).number("general.file_type", 15).text("general.name", "Sample");
  header.tensor("output.weight", 64, 1000).tensor("blk.0.ffn_gate.weight", 64, 256);
  const auto card = header.card();
  EXPECT_EQ(card.name, "Sample");
  EXPECT_EQ(card.kind, "llm");
  EXPECT_EQ(card.parameters_total, 2U * 64000 + 64 * 256);
  ASSERT_EQ(card.files.size(), 1U);
  EXPECT_EQ(card.files[0].precision, "Q4_K_M");
  EXPECT_EQ(card.files[0].bytes, 2 * card.parameters_total);
  EXPECT_FALSE(card.files[0].rounded);
  const auto& d = *card.decoder;
  EXPECT_EQ(d.layer_kinds, "FF");
  EXPECT_FALSE(d.tied_embeddings);
  EXPECT_TRUE(d.ffn_gated);
  EXPECT_EQ(d.attention->kv_heads, 4U);
  EXPECT_EQ(d.attention->key_dim, 8U);
}

TEST(ModelCard, windowed_layers_follow_the_files_pattern_or_the_architectures) {
  Header told("gemma3");
  told.decoder(6, 64, 4, 1).number("attention.sliding_window", 512).number("attention.sliding_window_pattern", 3);
  EXPECT_EQ(told.card().decoder->layer_kinds, "WWFWWF");
  Header untold("gemma3");
  untold.decoder(6, 64, 4, 1).number("attention.sliding_window", 512);
  EXPECT_EQ(untold.card().decoder->layer_kinds, "WWWWWF");
  EXPECT_EQ(untold.card().decoder->window, 512U);
  Header none("llama");
  none.decoder(2, 64, 4, 1).number("attention.sliding_window", 512);
  EXPECT_EQ(none.card().decoder->layer_kinds, "FF");
  EXPECT_FALSE(none.card().decoder->window.has_value());
}

TEST(ModelCard, recurrent_layers_are_those_with_a_recurrence) {
  Header header("granitehybrid");
  header.decoder(3, 64, 8, 0).numbers("attention.head_count_kv", {0, 4, 0});
  header.number("ssm.conv_kernel", 4).number("ssm.inner_size", 128).number("ssm.state_size", 16);
  header.number("ssm.time_step_rank", 4).number("ssm.group_count", 1);
  header.tensor("blk.0.ssm_out.weight", 128, 64).tensor("blk.2.ssm_out.weight", 128, 64);
  const auto card = header.card();
  EXPECT_EQ(card.decoder->layer_kinds, "RFR");
  EXPECT_EQ(card.decoder->recurrent->kind, "mamba2");
  EXPECT_EQ(card.structure, "hybrid");
}

TEST(ModelCard, latent_attention_and_experts_are_read) {
  Header header("deepseek2");
  header.decoder(2, 64, 4, 1).number("attention.kv_lora_rank", 32).number("attention.key_length", 40);
  header.number("attention.value_length", 32).number("attention.key_length_mla", 24);
  header.number("attention.value_length_mla", 16).number("expert_count", 8).number("expert_used_count", 2);
  header.number("expert_feed_forward_length", 32).number("expert_shared_count", 1);
  header.tensor("blk.0.ffn_up.weight", 64, 256).tensor("blk.1.ffn_gate_inp.weight", 64, 8);
  header.tensor("blk.1.ffn_gate_exps.weight", 64, 256).tensor("blk.1.ffn_up_exps.weight", 64, 256);
  const auto card = header.card();
  const auto& m = *card.decoder->mla;
  EXPECT_EQ(m.kv_rank, 32U);
  EXPECT_EQ(m.rope_dim, 8U);
  EXPECT_EQ(m.nope_dim, 16U);
  EXPECT_EQ(card.decoder->ffn_kinds, "DE");
  EXPECT_EQ(card.decoder->moe->shared_size, 32U);
  EXPECT_EQ(*card.parameters_active, card.parameters_total - 2 * 64 * 256 * 3 / 4);
}

TEST(ModelCard, a_projector_joins_its_model) {
  Header header("clip");
  header.number("clip.vision.block_count", 24).number("clip.vision.embedding_length", 1024);
  header.number("clip.vision.image_size", 336).number("clip.vision.patch_size", 14);
  header.tensor("v.blk.0.attn_q.weight", 64, 64).tensor("mm.0.weight", 64, 128);
  const auto projector = header.card();
  EXPECT_EQ(projector.kind, "projector");
  EXPECT_EQ(projector.vision->parameters, 64U * 64);
  EXPECT_EQ(projector.vision->projector_parameters, 64U * 128);
  Header language("llama");
  auto model = language.decoder(2, 64, 8, 4).card();
  const auto alone = model.parameters_total;
  add_projector(model, projector);
  EXPECT_EQ(model.kind, "vlm");
  EXPECT_EQ(model.parameters_total, alone + projector.parameters_total);
}

TEST(ModelCard, a_file_without_dimensions_is_refused) {
  Header header("llama");
  header.tensor("token_embd.weight", 64, 10);
  EXPECT_EQ(card_of_gguf(header.file()).error().code, ErrorCode::kInvalidData);
}

// The card of a real file counts the same weights as the file has.
TEST(ModelCard, the_starter_and_the_shared_models_weigh_what_their_files_do) {
  const auto catalog = load_catalog(test::source_dir() / "data").value();
  std::vector<fs::path> files = {test::source_dir() / "data" / "starter" / "hearth-starter.gguf"};
  const fs::path shared = test::shared_dir() / "models" / "llm";
  if (!fs::exists(shared)) std::printf("shared models skipped: there is no %s\n", shared.c_str());
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(shared, none))
    if (entry.path().extension() == ".gguf") files.push_back(entry.path());
  for (const auto& path : files) {
    const auto header = read_gguf(path);
    ASSERT_TRUE(header.has_value()) << path;
    const auto card = card_of_gguf(*header);
    ASSERT_TRUE(card.has_value()) << path;
    const auto precision = catalog.precision(card->files[0].precision);
    ASSERT_TRUE(precision.has_value()) << path << ": " << card->files[0].precision;
    EXPECT_EQ(weight_bytes(*card, **precision), card->files[0].bytes) << path;
    auto counted = *card;
    counted.files.clear();
    const double share =
        static_cast<double>(weight_bytes(counted, **precision)) / static_cast<double>(card->files[0].bytes);
    std::printf("%-28s %-7s counted %+.2f %%\n", path.filename().c_str(), (*precision)->name.c_str(),
                100 * (share - 1));
    EXPECT_NEAR(share, 1.0, 0.15) << path;  // their makers kept some of the few tensors wider
  }
}

}  // namespace
}  // namespace hearth
