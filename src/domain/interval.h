// A figure with the bounds that nine in ten observations keep to.
#pragma once

namespace hearth {

struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

}  // namespace hearth
