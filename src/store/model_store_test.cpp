#include "store/model_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "store/sha256.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

class ModelStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("hearth-store-" + std::to_string(std::random_device{}()));
    fs::create_directories(home_);
  }
  void TearDown() override { fs::remove_all(home_); }
  ModelStore store() { return ModelStore::open(home_).value(); }
  fs::path file(const std::string& name, const std::string& content) {
    std::ofstream(home_ / name, std::ios::binary) << content;
    return home_ / name;
  }
  std::size_t blobs() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(home_ / "store/blobs"), fs::directory_iterator()));
  }
  fs::path home_;
};

// Source: FIPS 180-4 example "abc".
constexpr const char* kAbcSha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_F(ModelStoreTest, hashes_as_the_standard_says) { EXPECT_EQ(sha256_file(file("abc", "abc")).value(), kAbcSha256); }

TEST_F(ModelStoreTest, a_file_added_is_found_by_name_with_its_facts) {
  auto added = store().add_file("tiny", file("m.gguf", "abc"), {"gguf", "MIT", "a test", "note"}, false);
  ASSERT_TRUE(added.has_value()) << to_string(added.error());
  auto found = store().find("tiny");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->sha256, kAbcSha256);
  EXPECT_EQ(found->bytes, 3U);
  EXPECT_EQ(found->licence, "MIT");
  EXPECT_TRUE(store().verify(*found).has_value());
}

TEST_F(ModelStoreTest, the_same_bytes_under_two_names_are_stored_once_and_freed_with_the_last) {
  ASSERT_TRUE(store().put("a", bytes_of("abc"), {}).has_value());
  ASSERT_TRUE(store().put("b", bytes_of("abc"), {}).has_value());
  EXPECT_EQ(blobs(), 1U);
  EXPECT_EQ(store().remove("a").value(), 0U);
  EXPECT_EQ(store().remove("b").value(), 3U);
  EXPECT_EQ(blobs(), 0U);
}

TEST_F(ModelStoreTest, a_name_is_not_replaced_unless_asked) {
  ASSERT_TRUE(store().put("a", bytes_of("abc"), {}).has_value());
  auto again = store().add_file("a", file("m", "xyz"), {}, false);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(store().add_file("a", file("m", "xyz"), {}, true).has_value());
}

TEST_F(ModelStoreTest, an_unknown_name_suggests_the_nearest) {
  ASSERT_TRUE(store().put("starter", bytes_of("abc"), {}).has_value());
  auto missing = store().find("startr");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().hint.find("starter"), std::string::npos);
}

TEST_F(ModelStoreTest, names_that_could_leave_the_store_are_refused) {
  for (const char* name : {"", "../x", "a/b", ".hidden", "a b", "a\nb"}) {
    EXPECT_FALSE(is_model_name(name)) << name;
    EXPECT_FALSE(store().add_file(name, file("m", "abc"), {}, false).has_value()) << name;
    EXPECT_EQ(store().find(name).error().code, ErrorCode::kNotFound) << name;
  }
}

TEST_F(ModelStoreTest, a_changed_blob_fails_verification_with_both_hashes) {
  auto model = store().put("a", bytes_of("abc"), {}).value();
  fs::permissions(model.path, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(model.path, std::ios::binary) << "abd";
  auto verified = store().verify(model);
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error().code, ErrorCode::kVerificationFailed);
  EXPECT_NE(verified.error().message.find(kAbcSha256), std::string::npos);
}

TEST_F(ModelStoreTest, damaged_records_are_named_and_can_be_removed) {
  ASSERT_TRUE(store().put("good", bytes_of("abc"), {}).has_value());
  for (const char* content : {"", "{", "[]", R"({"sha256":"x"})", R"({"sha256":"../../etc/passwd","bytes":3})"}) {
    std::ofstream(home_ / "store/names/bad.json") << content;
    std::vector<std::string> damaged;
    EXPECT_EQ(store().list(&damaged).value().size(), 1U) << content;
    EXPECT_EQ(damaged, std::vector<std::string>{"bad"}) << content;
    EXPECT_EQ(store().find("bad").error().code, ErrorCode::kInvalidData) << content;
    EXPECT_TRUE(store().remove("bad").has_value()) << content;
  }
}

TEST_F(ModelStoreTest, a_blob_of_another_size_is_reported) {
  auto model = store().put("a", bytes_of("abc"), {}).value();
  fs::remove(model.path);
  EXPECT_EQ(store().find("a").error().code, ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth
