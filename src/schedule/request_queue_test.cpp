#include "schedule/request_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace hearth {
namespace {

const Instant kStart{};

QueuedRequest request(RequestId id, const std::string& key, std::uint32_t tokens,
                      RequestPriority priority = RequestPriority::kNormal) {
  return {id, key, priority, tokens, std::nullopt, {}};
}

TEST(RequestQueue, keeps_the_order_of_one_key) {
  RequestQueue queue({});
  for (RequestId id = 1; id <= 5; ++id) ASSERT_FALSE(queue.push(request(id, "a", 10), kStart));
  for (RequestId id = 1; id <= 5; ++id) {
    ASSERT_EQ(queue.front(kStart)->id, id);
    EXPECT_EQ(queue.pop(kStart)->id, id);
  }
  EXPECT_FALSE(queue.pop(kStart));
  EXPECT_EQ(queue.waiting_tokens(), 0U);
}

TEST(RequestQueue, a_key_with_thousands_of_requests_does_not_hold_up_another) {
  QueueLimits limits;
  limits.requests = 10000;
  limits.requests_per_key = 5000;
  RequestQueue queue(limits);
  for (RequestId id = 1; id <= 4000; ++id) ASSERT_FALSE(queue.push(request(id, "flood", 500), kStart));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue.pop(kStart));
  ASSERT_FALSE(queue.push(request(9000, "quiet", 500), kStart));
  EXPECT_EQ(queue.pop(kStart)->id, 9000U);
}

TEST(RequestQueue, keys_get_tokens_in_proportion_to_their_weights) {
  QueueLimits limits;
  limits.requests = 100000;
  limits.requests_per_key = 100000;
  limits.tokens = 100'000'000;
  RequestQueue queue(limits);
  queue.set_key_weight("big", 3);
  std::mt19937_64 random(1);
  RequestId id = 0;
  for (int i = 0; i < 4000; ++i) {
    for (const char* key : {"big", "small", "also small"}) {
      // Sizes differ between keys: what counts are tokens, not requests.
      const bool large = key == std::string("also small");
      const std::uint32_t tokens = large ? 2000 : 20 + static_cast<std::uint32_t>(random() % 200);
      ASSERT_FALSE(queue.push(request(++id, key, tokens), kStart));
    }
  }
  std::map<std::string, double> had;
  for (double sum = 0; sum < 100000;) {
    const auto popped = queue.pop(kStart);
    had[popped->key] += popped->cost_tokens;
    sum += popped->cost_tokens;
  }
  EXPECT_NEAR(had["big"], 60000, 2500);
  EXPECT_NEAR(had["small"], 20000, 2500);
  EXPECT_NEAR(had["also small"], 20000, 2500);
}

TEST(RequestQueue, priorities_share_the_service_and_none_starves) {
  QueueLimits limits;
  limits.requests = 10000;
  limits.requests_per_key = 10000;
  RequestQueue queue(limits);
  RequestId id = 0;
  for (int i = 0; i < 1000; ++i) {
    for (const auto p : {RequestPriority::kInteractive, RequestPriority::kNormal, RequestPriority::kBackground}) {
      ASSERT_FALSE(queue.push(request(++id, "k", 100, p), kStart));
    }
  }
  std::array<int, 3> had{};
  for (int i = 0; i < 210; ++i) ++had[static_cast<std::size_t>(queue.pop(kStart)->priority)];
  EXPECT_NEAR(had[0], 160, 2);
  EXPECT_NEAR(had[1], 40, 2);
  EXPECT_NEAR(had[2], 10, 2);
}

TEST(RequestQueue, refuses_when_full_with_a_wait_from_the_measured_rate) {
  QueueLimits limits;
  limits.requests = 4;
  RequestQueue queue(limits);
  queue.note_service(500, 10);  // 50 tok/s
  for (RequestId id = 1; id <= 4; ++id) ASSERT_FALSE(queue.push(request(id, "a", 500), kStart));
  const auto refused = queue.push(request(5, "b", 500), kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error.code, ErrorCode::kOverloaded);
  EXPECT_DOUBLE_EQ(refused->retry_after_s, 10);  // one request has to leave
  EXPECT_DOUBLE_EQ(queue.push(request(6, "b", 500), kStart)->retry_after_s, 20) << "two can't take one place";
  ASSERT_TRUE(queue.pop(kStart));
  EXPECT_FALSE(queue.push(request(7, "b", 500), kStart));
}

TEST(RequestQueue, bounds_requests_of_a_key_and_tokens_of_all) {
  QueueLimits limits;
  limits.requests_per_key = 2;
  limits.tokens = 1000;
  RequestQueue queue(limits);
  ASSERT_FALSE(queue.push(request(1, "a", 300), kStart));
  ASSERT_FALSE(queue.push(request(2, "a", 300), kStart));
  EXPECT_TRUE(queue.push(request(3, "a", 1), kStart));
  EXPECT_TRUE(queue.push(request(3, "b", 401), kStart));
  EXPECT_FALSE(queue.push(request(3, "b", 400), kStart));
  EXPECT_EQ(queue.push(request(3, "c", 1), kStart)->error.code, ErrorCode::kInvalidArgument);
}

TEST(RequestQueue, one_request_larger_than_the_bound_is_taken_when_nothing_waits) {
  QueueLimits limits;
  limits.tokens = 100;
  RequestQueue queue(limits);
  EXPECT_FALSE(queue.push(request(1, "a", 5000), kStart));
}

TEST(RequestQueue, expired_requests_are_told_once_and_never_given_out) {
  RequestQueue queue({});
  QueuedRequest late = request(1, "a", 10);
  late.deadline = after(kStart, 5);
  ASSERT_FALSE(queue.push(late, kStart));
  ASSERT_FALSE(queue.push(request(2, "a", 10), kStart));
  EXPECT_EQ(queue.front(after(kStart, 4.9))->id, 1U);
  EXPECT_EQ(queue.front(after(kStart, 5))->id, 2U);
  const auto expired = queue.take_expired(after(kStart, 6));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].id, 1U);
  EXPECT_TRUE(queue.take_expired(after(kStart, 7)).empty());
  EXPECT_FALSE(queue.cancel(1));
}

TEST(RequestQueue, what_a_request_really_took_counts_for_the_next_turn) {
  RequestQueue queue({});
  for (RequestId id = 1; id <= 3; ++id) {
    ASSERT_FALSE(queue.push(request(id, "short answers", 1000), kStart));
    ASSERT_FALSE(queue.push(request(10 + id, "long answers", 1000), kStart));
  }
  const QueuedRequest first = *queue.pop(kStart);
  const QueuedRequest second = *queue.pop(kStart);
  ASSERT_EQ(first.key, "short answers");
  queue.settle(first, 100);
  queue.settle(second, 3000);
  EXPECT_EQ(queue.pop(kStart)->key, "short answers");
  EXPECT_EQ(queue.pop(kStart)->key, "short answers");
}

TEST(RequestQueue, a_key_that_was_idle_has_earned_nothing_by_it) {
  RequestQueue queue({});
  RequestId id = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(queue.push(request(++id, "early", 100), kStart));
    ASSERT_TRUE(queue.pop(kStart));
  }
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(queue.push(request(++id, "early", 100), kStart));
    ASSERT_FALSE(queue.push(request(++id, "late", 100), kStart));
  }
  int late = 0;
  for (int i = 0; i < 20; ++i) late += queue.pop(kStart)->key == "late" ? 1 : 0;
  EXPECT_NEAR(late, 10, 1);
}

TEST(RequestQueue, a_debt_is_not_forgotten_by_being_away) {
  RequestQueue queue({});
  ASSERT_FALSE(queue.push(request(1, "deep", 100), kStart));
  queue.settle(*queue.pop(kStart), 1000);
  for (RequestId id = 2; id < 22; id += 2) {
    ASSERT_FALSE(queue.push(request(id, "deep", 100), kStart));
    ASSERT_FALSE(queue.push(request(id + 1, "other", 100), kStart));
  }
  for (int i = 0; i < 9; ++i) EXPECT_EQ(queue.pop(kStart)->key, "other") << i;
}

// 10^5 random operations against a list: nothing is lost, given twice, or given after its deadline or cancellation.
TEST(RequestQueue, agrees_with_a_list_under_random_operations) {
  QueueLimits limits;
  limits.requests = 200;
  limits.requests_per_key = 40;
  limits.remembered_flows = 16;
  RequestQueue queue(limits);
  std::map<RequestId, QueuedRequest> model;
  std::vector<QueuedRequest> served;
  std::mt19937_64 random(7);
  Instant now = kStart;
  RequestId next = 1;
  for (int i = 0; i < 100000; ++i) {
    now = after(now, 0.01);
    for (const auto& gone : queue.take_expired(now)) {
      ASSERT_LE(*gone.deadline, now);
      ASSERT_EQ(model.erase(gone.id), 1U);
    }
    switch (random() % 5) {
      case 0:
      case 1: {
        QueuedRequest r =
            request(next++, "k" + std::to_string(random() % 50), static_cast<std::uint32_t>(1 + random() % 999),
                    static_cast<RequestPriority>(random() % 3));
        if (random() % 4 == 0) r.deadline = after(now, static_cast<double>(random() % 300) / 100 + 0.001);
        if (!queue.push(r, now)) model[r.id] = r;
        break;
      }
      case 2:
        if (const auto popped = queue.pop(now)) {
          ASSERT_EQ(model.erase(popped->id), 1U);
          if (popped->deadline) {
            ASSERT_GT(*popped->deadline, now);
          }
          served.push_back(*popped);
        } else {
          ASSERT_TRUE(model.empty());
        }
        break;
      case 3: {
        const RequestId id = next - std::min<RequestId>(next - 1, 1 + random() % 300);
        ASSERT_EQ(queue.cancel(id), model.erase(id) == 1);
        break;
      }
      default:
        if (!served.empty()) queue.settle(served.back(), random() % 3000), served.pop_back();
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_LE(queue.size(), limits.requests);
    ASSERT_LE(queue.flows(), model.size() + 3 * limits.remembered_flows + 3);
  }
}

}  // namespace
}  // namespace hearth
