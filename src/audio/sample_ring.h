// The last samples of a stream, addressed by their place in it: what was heard stays readable until it is let go, and
// no longer than there is room.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hearth {

// Externally synchronised. Allocates once.
class SampleRing {
 public:
  explicit SampleRing(std::size_t capacity) : samples_(std::max<std::size_t>(capacity, 1)) {}

  // Takes all of `in`; where there is no room the oldest go. Returns how many that were still held were lost so, those
  // of `in` itself included.
  std::size_t push(std::span<const float> in) {
    const std::uint64_t end = end_ + in.size();
    const std::uint64_t first_kept = end > samples_.size() ? end - samples_.size() : 0;
    const std::uint64_t lost = first_kept > begin_ ? first_kept - begin_ : 0;
    if (in.size() > samples_.size()) in = in.last(samples_.size());
    const auto at = static_cast<std::size_t>((end - in.size()) % samples_.size());
    const std::size_t n_first = std::min(in.size(), samples_.size() - at);
    std::ranges::copy(in.first(n_first), samples_.begin() + static_cast<std::ptrdiff_t>(at));
    std::ranges::copy(in.subspan(n_first), samples_.begin());
    end_ = end;
    begin_ = std::max(begin_, first_kept);
    return static_cast<std::size_t>(lost);
  }

  // Copies what is held of [first, first + out.size()) to its place in `out` and leaves the rest of it as it is;
  // returns how many came.
  std::size_t read(std::uint64_t first, std::span<float> out) const {
    const std::uint64_t from = std::max(first, begin_);
    const std::uint64_t to = std::min<std::uint64_t>(first + out.size(), end_);
    for (std::uint64_t i = from; i < to; ++i)
      out[static_cast<std::size_t>(i - first)] = samples_[static_cast<std::size_t>(i % samples_.size())];
    return to > from ? static_cast<std::size_t>(to - from) : 0;
  }

  // Everything before `first` is needed no more.
  void let_go(std::uint64_t first) { begin_ = std::clamp(first, begin_, end_); }

  // Places in the stream, counted from its first sample: held are [begin, end).
  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::size_t capacity() const { return samples_.size(); }

 private:
  std::vector<float> samples_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace hearth
