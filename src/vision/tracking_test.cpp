#include "vision/tracking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "vision/assignment.h"
#include "vision/kalman_box.h"

namespace hearth {
namespace {

Detections frame(const std::vector<Detection>& objects) {
  Detections detections;
  detections.objects = objects;
  return detections;
}

Detection object(float x, float y, float score = 0.9F, std::int32_t class_id = 0) {
  return {{x, y, x + 40, y + 80}, score, class_id};
}

TEST(Tracker, moving_objects_keep_their_identity_when_they_pass_each_other) {
  Tracker tracker;
  std::int64_t left = -1;
  std::int64_t right = -1;
  for (int i = 0; i < 60; ++i) {
    auto detections = frame({object(static_cast<float>(5 * i), 100), object(static_cast<float>(300 - 5 * i), 130)});
    tracker.update(detections);
    if (i == 0) {
      left = detections.objects[0].track_id;
      right = detections.objects[1].track_id;
      EXPECT_NE(left, right);
      EXPECT_GE(left, 1);
    }
    EXPECT_EQ(detections.objects[0].track_id, left) << "frame " << i;
    EXPECT_EQ(detections.objects[1].track_id, right) << "frame " << i;
  }
}

TEST(Tracker, a_weak_detection_keeps_a_track_alive_and_begins_none) {
  Tracker tracker;
  auto first = frame({object(10, 10)});
  tracker.update(first);
  auto weak = frame({object(12, 10, 0.2F), object(500, 10, 0.2F)});
  tracker.update(weak);
  EXPECT_EQ(weak.objects[0].track_id, first.objects[0].track_id);
  EXPECT_EQ(weak.objects[1].track_id, -1);
}

TEST(Tracker, a_lost_object_is_known_again_within_the_bound_and_new_after_it) {
  for (const int gap : {20, 40}) {
    Tracker tracker;
    Detections seen;
    for (int i = 0; i < 5; ++i) {
      seen = frame({object(100, 100)});
      tracker.update(seen);
    }
    const auto id = seen.objects[0].track_id;
    for (int i = 0; i < gap; ++i) {
      auto nothing = frame({});
      tracker.update(nothing);
    }
    for (int i = 0; i < 2; ++i) {
      seen = frame({object(100, 100)});
      tracker.update(seen);
    }
    EXPECT_EQ(seen.objects[0].track_id == id, gap == 20);
    EXPECT_GE(seen.objects[0].track_id, 1);
  }
}

TEST(Tracker, classes_are_not_mixed_up) {
  Tracker tracker;
  auto first = frame({object(10, 10, 0.9F, 0)});
  tracker.update(first);
  auto second = frame({object(10, 10, 0.9F, 1)});
  tracker.update(second);
  EXPECT_EQ(second.objects[0].track_id, -1) << "a new track shows from its second frame on";
  tracker.update(second);
  EXPECT_NE(second.objects[0].track_id, first.objects[0].track_id);
}

TEST(Tracker, skipped_frames_move_the_prediction_on) {
  Tracker tracker;
  Detections seen;
  for (int i = 0; i < 10; ++i) {
    seen = frame({object(static_cast<float>(12 * i), 100)});
    tracker.update(seen);
  }
  const auto id = seen.objects[0].track_id;
  seen = frame({object(12 * 14, 100)});
  tracker.update(seen, 5);
  EXPECT_EQ(seen.objects[0].track_id, id);
}

TEST(Tracker, ids_are_never_reused) {
  Tracker tracker;
  std::set<std::int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    auto detections = frame({object(10, 10)});
    tracker.update(detections);
    EXPECT_TRUE(ids.insert(detections.objects[0].track_id).second);
    tracker.reset();
  }
}

TEST(KalmanBox, learns_a_constant_velocity) {
  KalmanBox motion({0, 0, 40, 80});
  for (int i = 1; i <= 30; ++i) {
    motion.predict();
    motion.correct({static_cast<float>(3 * i), 0, static_cast<float>(3 * i + 40), 80});
  }
  motion.predict();
  EXPECT_NEAR(motion.box().x0, 93, 1);
  EXPECT_NEAR(motion.box().height(), 80, 1);
}

// All assignments of up to six rows, tried out.
double cheapest(const std::vector<float>& costs, std::size_t n_rows, std::size_t n_columns, float cost_max) {
  const std::size_t n = std::max(n_rows, n_columns);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  double best = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::size_t row = 0; row < n_rows; ++row) {
      const std::size_t column = order[row];
      sum += column < n_columns ? std::min(costs[row * n_columns + column], cost_max) : cost_max;
    }
    best = std::min(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(Assignment, is_as_cheap_as_the_best_of_all) {
  std::mt19937 random(5);
  Assignment assignment;
  for (int round = 0; round < 300; ++round) {
    const std::size_t n_rows = 1 + random() % 5;
    const std::size_t n_columns = 1 + random() % 5;
    auto& costs = assignment.begin(n_rows, n_columns);
    for (auto& cost : costs) cost = static_cast<float>(random() % 100) / 100;
    const std::vector<float> copy = costs;
    constexpr float kMax = 0.8F;
    const auto& columns = assignment.solve(kMax);
    double sum = 0;
    std::set<std::int32_t> used;
    for (std::size_t row = 0; row < n_rows; ++row) {
      EXPECT_TRUE(columns[row] < 0 || used.insert(columns[row]).second);
      sum += columns[row] >= 0 ? copy[row * n_columns + static_cast<std::size_t>(columns[row])] : kMax;
    }
    EXPECT_NEAR(sum, cheapest(copy, n_rows, n_columns, kMax), 1e-5);
  }
}

}  // namespace
}  // namespace hearth
