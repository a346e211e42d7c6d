#include "schedule/reservation_book.h"

#include <gtest/gtest.h>

#include <random>

#include "base/units.h"

namespace hearth {
namespace {

TEST(ReservationBook, holds_until_released_and_gives_transients_back_at_commit) {
  ReservationBook book({{"ram", 10 * kGiB}, {"gpu0", 4 * kGiB}});
  {
    auto model = book.reserve({"a", {{"ram", 2 * kGiB}, {"gpu0", 3 * kGiB}}, {{"ram", kGiB}}});
    ASSERT_TRUE(model);
    EXPECT_EQ(book.pools()[1].reserved_bytes, 3 * kGiB);
    model->commit();
    EXPECT_EQ(book.pools()[1].reserved_bytes, 0U);
    EXPECT_EQ(book.pools()[1].committed_bytes, 2 * kGiB);
    EXPECT_EQ(book.pools()[1].peak_bytes, 3 * kGiB);
    EXPECT_EQ(book.pools()[0].free_bytes(), kGiB);
    EXPECT_EQ(book.holders().at(0).owner, "a");
  }
  EXPECT_EQ(book.pools()[0].held_bytes(), 0U);
}

TEST(ReservationBook, refuses_with_the_numbers_and_takes_nothing) {
  ReservationBook book({{"ram", 8 * kGiB}, {"gpu0", 4 * kGiB}});
  auto first = book.reserve({"llama", {{"ram", 6 * kGiB}}, {}});
  ASSERT_TRUE(first);
  const auto second = book.reserve({"qwen", {{"gpu0", kGiB}, {"ram", 3 * kGiB}}, {}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(second.error().message, "'qwen' needs 3.00 GiB of 'ram': 2.00 GiB of 8.00 GiB are free, 1.00 GiB short");
  EXPECT_EQ(second.error().hint, "held by llama 6.00 GiB");
  EXPECT_EQ(book.pools()[0].held_bytes(), 0U) << "all or nothing";
  EXPECT_EQ(book.reserve({"x", {{"ram", 9 * kGiB}}, {}}).error().code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(book.reserve({"x", {{"npu", 1}}, {}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(book.reserve({"x", {{"ram", UINT64_MAX}}, {{"ram", 2}}}).error().code, ErrorCode::kDoesNotFit);
}

TEST(ReservationBook, the_moment_of_doubling_while_something_grows_is_counted) {
  ReservationBook book({{"ram", 10 * kGiB}});
  auto cells = book.reserve({"cells of 4096", {{"ram", 3 * kGiB}}, {}});
  ASSERT_TRUE(cells);
  cells->commit();
  auto larger = book.reserve({"cells of 8192", {{"ram", 6 * kGiB}}, {}});
  ASSERT_TRUE(larger);
  EXPECT_EQ(book.pools()[0].held_bytes(), 9 * kGiB);
  larger->commit();
  *cells = std::move(*larger);  // the old cells are free once the new ones hold their state
  EXPECT_EQ(book.pools()[0].held_bytes(), 6 * kGiB);
  EXPECT_FALSE(book.reserve({"again", {{"ram", 6 * kGiB}}, {}})) << "old and new don't fit side by side any more";
}

TEST(ReservationBook, commit_with_more_than_was_reserved_is_refused) {
  ReservationBook book({{"ram", 100}});
  auto held = book.reserve({"a", {{"ram", 40}}, {{"ram", 10}}});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->commit({{"ram", 51}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(held->commit({{"gpu", 1}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(book.pools()[0].reserved_bytes, 50U);
  EXPECT_TRUE(held->commit({{"ram", 45}, {"gpu", 0}}));
  EXPECT_EQ(book.pools()[0].committed_bytes, 45U);
}

TEST(ReservationBook, sums_stay_right_under_random_operations) {
  ReservationBook book({{"a", 1000}, {"b", 500}});
  std::vector<Reservation> held;
  std::mt19937_64 random(11);
  for (int i = 0; i < 100000; ++i) {
    if (random() % 2 == 0) {
      auto r = book.reserve({"x", {{"a", random() % 200}, {"b", random() % 100}}, {{"a", random() % 50}}});
      if (r) held.push_back(std::move(*r));
    } else if (!held.empty()) {
      const std::size_t at = random() % held.size();
      if (random() % 2 == 0) {
        held[at].commit();
      } else {
        std::swap(held[at], held.back());
        held.pop_back();
      }
    }
    BytesByPool sum{{"a", 0}, {"b", 0}};
    for (const auto& holder : book.holders()) sum = bytes_together(sum, holder.bytes);
    for (const auto& pool : book.pools()) {
      ASSERT_EQ(pool.held_bytes(), sum[pool.name]);
      ASSERT_LE(pool.held_bytes(), pool.capacity_bytes);
    }
  }
}

}  // namespace
}  // namespace hearth
