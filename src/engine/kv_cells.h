// Which sequences share which cells of a context with one pool: what copying and cutting them leaves in use.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hearth {

// Cells that one sequence computed in a row. Two sequences share a cell where they hold the same origin there.
struct CellPiece {
  std::uint64_t origin = 0;
  std::uint32_t begin = 0;  // position of the first
  std::uint32_t end = 0;
};

// A model of the context, kept since runtimes don't tell how many cells are free. Externally synchronised.
class CellLedger {
 public:
  explicit CellLedger(std::size_t sequences) : sequences_(sequences) {}

  // Cells of its own from where it ends. O(1).
  void append(std::size_t sequence, std::uint32_t count);
  // `to`, which ends at `begin`, now also holds the cells [begin, end) of `from`.
  void share(std::size_t from, std::size_t to, std::uint32_t begin, std::uint32_t end);
  void cut(std::size_t sequence, std::uint32_t keep);

  [[nodiscard]] std::uint32_t length(std::size_t sequence) const;
  [[nodiscard]] const std::vector<CellPiece>& pieces(std::size_t sequence) const { return sequences_[sequence].pieces; }
  // Cells held by any of these, each counted once. O(pieces * log).
  [[nodiscard]] std::uint64_t held_by(std::span<const std::size_t> sequences) const;

 private:
  struct Sequence {
    std::vector<CellPiece> pieces;  // in order, without gaps from 0
    bool open = false;              // the last piece is its own and may grow
  };
  std::vector<Sequence> sequences_;
  std::uint64_t next_origin_ = 1;
};

}  // namespace hearth
