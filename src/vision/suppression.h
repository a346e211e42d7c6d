// Non-maximum suppression.
#pragma once

#include <cstdint>
#include <vector>

#include "vision/head.h"

namespace hearth {

// Keeps, best first, the candidates that no better one of the same class (or of any, with `across_classes`) overlaps by
// more than a threshold. Greedy, as all detectors are trained for. Memory is kept. One thread at a time.
class Suppression {
 public:
  struct Options {
    float iou_threshold = 0.45F;
    bool across_classes = false;
    std::size_t objects_max = 300;
  };
  // Sorts `candidates` by score and cuts the list to what is kept. True: objects_max cut some off.
  [[nodiscard]] bool run(std::vector<Candidate>& candidates, const Options& options);

 private:
  // Boxes that were kept, a class at a time, in arrays of their own: one candidate is held against all in one loop.
  struct Kept {
    std::vector<float> x0, y0, x1, y1, area;
    void clear();
    void add(const Box& box);
    [[nodiscard]] bool overlaps(const Box& box, float threshold) const;
  };
  Kept& kept_of(std::int32_t class_id);
  std::vector<Kept> kept_;
  std::vector<std::int32_t> used_;  // class ids that have entries
};

}  // namespace hearth
