// Who belongs to whom at the least cost.
#pragma once

#include <cstdint>
#include <vector>

namespace hearth {

// The optimal assignment of rows to columns (Hungarian method with potentials, n^2 m). Memory is kept.
// Source: Kuhn 1955; Jonker and Volgenant 1987 for the shortest augmenting path.
class Assignment {
 public:
  // A row-major cost matrix to fill, all elements 0.
  [[nodiscard]] std::vector<float>& begin(std::size_t n_rows, std::size_t n_columns);
  // The column of each row, -1 where every pair of it costs more than `cost_max`: such pairs count as cost_max each, so
  // that they never push a good pair out.
  [[nodiscard]] const std::vector<std::int32_t>& solve(float cost_max);

 private:
  void augment(std::size_t row, std::size_t n, std::size_t m);
  [[nodiscard]] double cost(std::size_t row, std::size_t column) const;

  std::size_t n_rows_ = 0;
  std::size_t n_columns_ = 0;
  float cost_max_ = 0;
  bool swapped_ = false;  // columns are fewer: they take the rows' part
  std::vector<float> costs_;
  std::vector<double> row_potential_, column_potential_, shortest_;
  std::vector<std::size_t> row_of_, way_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::int32_t> columns_;
};

}  // namespace hearth
