#include "engine/adapter_table.h"

#include <limits>
#include <thread>

#include "engine/runtime_fixture.h"

namespace hearth {
namespace {

class Adapters : public testing::Test {
 protected:
  [[nodiscard]] static std::filesystem::path adapter_file(const std::string& name, const std::string& say) {
    return TestRuntimes::file(
        name, R"({"hearth_fake_adapter":1,"for":"story","replies":[{"when":"Once","say":")" + say + "\"}]}");
  }
  [[nodiscard]] std::uint64_t adapter_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& item : must(model_->model()->memory_now()).items)
      if (item.component == HEARTH_MEM_ADAPTER) bytes += item.bytes;
    return bytes;
  }
  // The token that follows "Once" with these adapters.
  [[nodiscard]] std::string next(AdapterSetId set) {
    auto context = must(model_->new_context({}));
    must(context->set_adapters(table_.scaled(set)));
    const auto tokens = must(model_->tokenize("Once", false, false));
    const auto rows = must(context->decode(std::vector<BatchEntry>{{tokens.at(0), 0, 0, true}}));
    const auto row = rows.row(0);
    return must(model_->token_bytes(static_cast<Token>(std::ranges::max_element(row) - row.begin())));
  }

  TestRuntimes runtimes_;
  std::shared_ptr<TextModel> model_ = runtimes_.load("fake", TestRuntimes::sample("story.fake.json"));
  AdapterTable table_{model_};
  const std::filesystem::path x_ = adapter_file("x.json", "X");
  const std::filesystem::path y_ = adapter_file("y.json", "Y");
};

TEST_F(Adapters, change_what_a_model_says_and_are_told_apart) {
  must(table_.load("x", x_));
  must(table_.load("y", y_));
  const auto x = must(table_.acquire(std::vector<AdapterChoice>{{"x", 1.0F}}));
  const auto y = must(table_.acquire(std::vector<AdapterChoice>{{"y", 1.0F}}));
  const auto weak = must(table_.acquire(std::vector<AdapterChoice>{{"x", 0.75F}}));
  EXPECT_EQ(next(x.id), "X");
  EXPECT_EQ(next(y.id), "Y");
  EXPECT_NE(x.digest, y.digest);
  EXPECT_NE(x.digest, weak.digest);
  EXPECT_NE(x.id, weak.id);
  EXPECT_EQ(must(table_.acquire(std::vector<AdapterChoice>{{"x", 0.0F}})).id, 0U);
  EXPECT_EQ(must(table_.acquire({})).digest, "");
}

TEST_F(Adapters, sets_do_not_depend_on_the_order_nor_on_names) {
  must(table_.load("x", x_));
  must(table_.load("y", y_));
  must(table_.load("also_x", x_));
  const auto one = must(table_.acquire(std::vector<AdapterChoice>{{"x", 1.0F}, {"y", 0.5F}}));
  const auto other = must(table_.acquire(std::vector<AdapterChoice>{{"y", 0.5F}, {"also_x", 1.0F}}));
  EXPECT_EQ(one.id, other.id);
  EXPECT_EQ(one.digest, other.digest);
  EXPECT_EQ(table_.sets(), 1U);
}

TEST_F(Adapters, unloading_waits_for_the_last_request) {
  must(table_.load("x", x_));
  const auto loaded = adapter_bytes();
  EXPECT_GT(loaded, 0U);
  const auto set = must(table_.acquire(std::vector<AdapterChoice>{{"x", 1.0F}}));
  must(table_.unload("x"));
  EXPECT_EQ(adapter_bytes(), loaded);
  EXPECT_EQ(next(set.id), "X");
  EXPECT_EQ(table_.acquire(std::vector<AdapterChoice>{{"x", 1.0F}}).error().code, ErrorCode::kNotFound);
  table_.release(set.id);
  EXPECT_EQ(adapter_bytes(), 0U);
  EXPECT_EQ(table_.sets(), 0U);
}

TEST_F(Adapters, replacing_a_name_leaves_running_requests_as_they_are) {
  must(table_.load("a", x_));
  const auto before = must(table_.acquire(std::vector<AdapterChoice>{{"a", 1.0F}}));
  must(table_.load("a", y_));
  const auto after = must(table_.acquire(std::vector<AdapterChoice>{{"a", 1.0F}}));
  EXPECT_EQ(next(before.id), "X");
  EXPECT_EQ(next(after.id), "Y");
}

TEST_F(Adapters, declared_ones_are_loaded_when_first_chosen_by_however_many) {
  table_.declare("x", x_);
  table_.declare("gone", "no-such-file");
  EXPECT_FALSE(table_.facts().at(1).loaded);
  EXPECT_EQ(adapter_bytes(), 0U);
  std::vector<std::thread> threads;
  std::vector<AdapterSet> sets(4);
  for (auto& set : sets)
    threads.emplace_back([&] { set = must(table_.acquire(std::vector<AdapterChoice>{{"x", 1.0F}})); });
  for (auto& thread : threads) thread.join();
  for (const auto& set : sets) EXPECT_EQ(set.id, sets.front().id);
  EXPECT_TRUE(table_.facts().at(1).loaded);
  EXPECT_EQ(adapter_bytes(), 4096U);
  EXPECT_EQ(table_.prepare(std::vector<AdapterChoice>{{"gone", 1.0F}}).error().code, ErrorCode::kNotFound);
}

TEST_F(Adapters, what_makes_no_sense_is_refused_by_name) {
  must(table_.load("english", x_));
  const auto error = table_.acquire(std::vector<AdapterChoice>{{"englsh", 1.0F}}).error();
  EXPECT_NE(to_string(error).find("'english'"), std::string::npos) << to_string(error);
  const auto refused = [&](const std::vector<AdapterChoice>& choices) { return table_.acquire(choices).error().code; };
  EXPECT_EQ(refused({{"english", 1.0F}, {"english", 0.5F}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({{"english", std::numeric_limits<float>::infinity()}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(std::vector<AdapterChoice>(AdapterTable::kSetMax + 1)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(table_.load("", x_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(table_.unload("nothing").error().code, ErrorCode::kNotFound);
  const auto foreign = TestRuntimes::file("foreign.json", R"({"hearth_fake_adapter":1,"for":"other","replies":[]})");
  EXPECT_EQ(table_.load("foreign", foreign).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(table_.facts().size(), 1U);
}

}  // namespace
}  // namespace hearth
