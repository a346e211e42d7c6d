#include <cstdlib>

#include "platform/load_average.h"

namespace hearth {

std::optional<double> load_average_1min() {
  double load = 0;
  if (::getloadavg(&load, 1) != 1) return std::nullopt;
  return load;
}

}  // namespace hearth
