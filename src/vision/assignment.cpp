#include "vision/assignment.h"

#include <algorithm>
#include <limits>

namespace hearth {

std::vector<float>& Assignment::begin(std::size_t n_rows, std::size_t n_columns) {
  n_rows_ = n_rows;
  n_columns_ = n_columns;
  costs_.assign(n_rows * n_columns, 0);
  return costs_;
}

double Assignment::cost(std::size_t row, std::size_t column) const {
  const float raw = swapped_ ? costs_[column * n_columns_ + row] : costs_[row * n_columns_ + column];
  return std::min(raw, cost_max_);
}

// Finds the cheapest way to give `row` (counted from 1) a column, moving others where that is cheaper.
void Assignment::augment(std::size_t row, std::size_t n, std::size_t m) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  row_of_[0] = row;
  std::size_t column = 0;
  std::fill_n(shortest_.begin(), m + 1, kFar);
  std::fill_n(seen_.begin(), m + 1, std::uint8_t{0});
  for (std::size_t step = 0; step <= n && (step == 0 || row_of_[column] != 0); ++step) {
    seen_[column] = 1;
    const std::size_t at = row_of_[column];
    double least = kFar;
    std::size_t next = 0;
    for (std::size_t j = 1; j <= m; ++j) {
      if (seen_[j] != 0) continue;
      const double reduced = cost(at - 1, j - 1) - row_potential_[at] - column_potential_[j];
      if (reduced < shortest_[j]) {
        shortest_[j] = reduced;
        way_[j] = column;
      }
      if (shortest_[j] < least) {
        least = shortest_[j];
        next = j;
      }
    }
    for (std::size_t j = 0; j <= m; ++j) {
      if (seen_[j] != 0) {
        row_potential_[row_of_[j]] += least;
        column_potential_[j] -= least;
      } else {
        shortest_[j] -= least;
      }
    }
    column = next;
  }
  while (column != 0) {
    const std::size_t before = way_[column];
    row_of_[column] = row_of_[before];
    column = before;
  }
}

const std::vector<std::int32_t>& Assignment::solve(float cost_max) {
  cost_max_ = cost_max;
  swapped_ = n_columns_ < n_rows_;
  const std::size_t n = std::min(n_rows_, n_columns_);
  const std::size_t m = std::max(n_rows_, n_columns_);
  columns_.assign(n_rows_, -1);
  row_potential_.assign(n + 1, 0);
  column_potential_.assign(m + 1, 0);
  shortest_.assign(m + 1, 0);
  row_of_.assign(m + 1, 0);
  way_.assign(m + 1, 0);
  seen_.assign(m + 1, 0);
  for (std::size_t row = 1; row <= n; ++row) augment(row, n, m);
  for (std::size_t j = 1; j <= m; ++j) {
    if (row_of_[j] == 0) continue;
    const std::size_t row = swapped_ ? j - 1 : row_of_[j] - 1;
    const std::size_t column = swapped_ ? row_of_[j] - 1 : j - 1;
    if (costs_[row * n_columns_ + column] < cost_max) columns_[row] = static_cast<std::int32_t>(column);
  }
  return columns_;
}

}  // namespace hearth
