#include "vision/mask.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace hearth {
namespace {

struct Cell {
  std::int32_t x = 0;
  std::int32_t y = 0;
};
// Clockwise from the right.
constexpr std::array<Cell, 8> kAround{{{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}};

// Walks the outer edge of the part that begins at `start`, whose left neighbour is outside. Moore's neighbour tracing,
// ended when the start is left the way it was left first (Jacob's criterion).
std::vector<Point> trace(const Mask& mask, Cell start) {
  std::vector<Point> outline;
  Cell at = start;
  std::size_t came = 4;  // from the left
  std::size_t first_step = 8;
  const std::size_t steps_max =
      4 * static_cast<std::size_t>(mask.width + 2) * static_cast<std::size_t>(mask.height + 2);
  for (std::size_t n = 0; n < steps_max; ++n) {
    std::size_t step = 8;
    for (std::size_t k = 1; k <= 8; ++k) {
      const std::size_t direction = (came + k) % 8;
      if (mask.at(at.x + kAround[direction].x, at.y + kAround[direction].y)) {
        step = direction;
        break;
      }
    }
    if (step == 8) break;  // a single pixel
    if (at.x == start.x && at.y == start.y) {
      if (step == first_step) break;
      if (first_step == 8) first_step = step;
    }
    outline.push_back({static_cast<float>(at.x) + 0.5F, static_cast<float>(at.y) + 0.5F});
    at = {at.x + kAround[step].x, at.y + kAround[step].y};
    came = (step + 4) % 8;
  }
  return outline;
}

float distance_to_line(const Point& p, const Point& a, const Point& b) {
  const float dx = b.x - a.x;
  const float dy = b.y - a.y;
  const float length = std::hypot(dx, dy);
  if (length == 0) return std::hypot(p.x - a.x, p.y - a.y);
  return std::abs(dy * (p.x - a.x) - dx * (p.y - a.y)) / length;
}

// Source: Douglas and Peucker 1973. With a stack: outlines may be long.
std::vector<Point> simplified(const std::vector<Point>& points, float tolerance) {
  if (points.size() < 3) return points;
  std::vector<bool> keep(points.size(), false);
  keep.front() = keep.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> open{{0, points.size() - 1}};
  while (!open.empty()) {
    const auto [begin, end] = open.back();
    open.pop_back();
    float most = tolerance;
    std::size_t farthest = 0;
    for (std::size_t i = begin + 1; i < end; ++i) {
      const float distance = distance_to_line(points[i], points[begin], points[end]);
      if (distance > most) {
        most = distance;
        farthest = i;
      }
    }
    if (farthest == 0) continue;
    keep[farthest] = true;
    open.emplace_back(begin, farthest);
    open.emplace_back(farthest, end);
  }
  std::vector<Point> out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (keep[i]) out.push_back(points[i]);
  }
  return out;
}

// Takes the whole part that `start` belongs to out of `mask`.
void erase_part(Mask& mask, Cell start) {
  std::vector<Cell> open{start};
  const auto slot = [&](Cell cell) {
    return static_cast<std::size_t>(cell.y - mask.y0) * static_cast<std::size_t>(mask.width) +
           static_cast<std::size_t>(cell.x - mask.x0);
  };
  mask.bits[slot(start)] = 0;
  while (!open.empty()) {
    const Cell at = open.back();
    open.pop_back();
    for (const Cell& step : kAround) {
      const Cell next{at.x + step.x, at.y + step.y};
      if (!mask.at(next.x, next.y)) continue;
      mask.bits[slot(next)] = 0;
      open.push_back(next);
    }
  }
}

}  // namespace

std::uint64_t Mask::area() const {
  const auto n = static_cast<std::ptrdiff_t>(width) * height;
  return std::accumulate(bits.begin(), bits.begin() + n, std::uint64_t{0});
}

RunLengths run_lengths(const Mask& mask, std::int32_t picture_width, std::int32_t picture_height) {
  RunLengths runs{picture_height, picture_width, {}};
  bool current = false;
  std::uint32_t length = 0;
  for (std::int32_t x = 0; x < picture_width; ++x) {
    if (!current && (x < mask.x0 || x >= mask.x0 + mask.width)) {
      length += static_cast<std::uint32_t>(picture_height);
      continue;
    }
    for (std::int32_t y = 0; y < picture_height; ++y) {
      if (mask.at(x, y) != current) {
        runs.counts.push_back(length);
        length = 0;
        current = !current;
      }
      ++length;
    }
  }
  runs.counts.push_back(length);
  return runs;
}

std::string compressed_run_lengths(const RunLengths& runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.counts.size(); ++i) {
    auto value = static_cast<std::int64_t>(runs.counts[i]);
    if (i > 2) value -= static_cast<std::int64_t>(runs.counts[i - 2]);
    bool more = true;
    while (more) {
      std::int64_t chunk = value & 0x1F;
      value >>= 5;
      more = (chunk & 0x10) != 0 ? value != -1 : value != 0;
      if (more) chunk |= 0x20;
      text += static_cast<char>(chunk + 48);
    }
  }
  return text;
}

std::vector<std::vector<Point>> outlines(const Mask& mask, float tolerance_px) {
  std::vector<std::vector<Point>> found;
  Mask left = mask;
  for (std::int32_t y = left.y0; y < left.y0 + left.height; ++y) {
    for (std::int32_t x = left.x0; x < left.x0 + left.width; ++x) {
      if (!left.at(x, y)) continue;
      auto outline = simplified(trace(left, {x, y}), tolerance_px);
      if (outline.size() >= 3) found.push_back(std::move(outline));
      erase_part(left, {x, y});
    }
  }
  return found;
}

}  // namespace hearth
