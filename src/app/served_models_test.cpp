#include "app/served_models.h"

#include "app/load_history.h"
#include "engine/runtime_fixture.h"
#include "metrics/registry.h"
#include "store/model_store.h"

namespace hearth {
namespace {

struct ServedModelsTest : testing::Test {
  [[nodiscard]] BytesByPool need_of(const std::string& draft, std::uint64_t cells) {
    ServedModelSettings settings;
    settings.name = "big";
    settings.reference = TestRuntimes::sample("load.fake.json").string();
    settings.slots = 2;
    settings.context_length = 1024;
    settings.draft = draft;
    const auto models = must(ServedModels::create(host_, home_, {settings}));
    return must(models->need_with_cells("big", cells));
  }

  RuntimeRegistry registry_{
      {{test::build_dir() / "lib/hearth/runtimes"}, test::build_dir() / "libexec/hearth/hearth-worker", nullptr}};
  std::filesystem::path home_ = TestRuntimes::file("home", "").parent_path();
  ModelStore store_ = must(ModelStore::open(home_));
  LoadHistory history_{home_};
  SystemClock clock_;
  MetricsRegistry metrics_;
  SessionHost host_{registry_, store_, history_, clock_, metrics_};
};

TEST_F(ServedModelsTest, the_need_of_a_model_has_its_draft_models_weights_and_context_in_it) {
  const std::string draft = TestRuntimes::sample("load.fake.json").string();
  const auto alone = need_of("", 2048).at("ram");
  const auto both = need_of(draft, 2048).at("ram");
  EXPECT_GT(both, alone + 2048 * 16) << "the draft's own cells";
  EXPECT_LE(both, 2 * alone);
  // Its context stays as it was made.
  EXPECT_EQ(need_of(draft, 4096).at("ram") - both, need_of("", 4096).at("ram") - alone);
}

TEST_F(ServedModelsTest, a_draft_model_that_is_not_there_is_told_before_anything_is_loaded) {
  ServedModelSettings settings;
  settings.name = "big";
  settings.reference = TestRuntimes::sample("load.fake.json").string();
  settings.draft = "no-such-draft.gguf";
  const auto models = ServedModels::create(host_, home_, {settings});
  ASSERT_FALSE(models);
  EXPECT_NE(to_string(models.error()).find("no-such-draft.gguf"), std::string::npos) << to_string(models.error());
}

}  // namespace
}  // namespace hearth
