// Counts and distributions that cost nothing to keep.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hearth {

// Only grows. Thread-safe, lock-free.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Goes up and down. Thread-safe, lock-free.
class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(double by) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Observations of one positive quantity in buckets that grow by the fourth root of two, from 1e-3 to beyond 1e9: any
// quantile is known to within 9.1 % of its value, whatever the unit. Thread-safe, lock-free, 1.3 KiB.
class Histogram {
 public:
  static constexpr double kSmallest = 1e-3;
  static constexpr std::size_t kPerOctave = 4;
  static constexpr std::size_t kBuckets = 40 * kPerOctave + 2;  // below the smallest, 40 octaves, above the largest

  // Negative values and NaN count as 0.
  void observe(double value) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  // The value below which a share `q` of the observations lies, 0 <= q <= 1; 0 without observations.
  [[nodiscard]] double quantile(double q) const noexcept;
  // The upper bound of bucket i, infinity for the last; and how many observations fell into it.
  [[nodiscard]] static double upper_bound(std::size_t bucket) noexcept;
  [[nodiscard]] std::uint64_t bucket_count(std::size_t bucket) const noexcept {
    return buckets_[bucket].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<double> sum_{0};
};

}  // namespace hearth
