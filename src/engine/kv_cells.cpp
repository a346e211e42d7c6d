#include "engine/kv_cells.h"

#include <algorithm>

namespace hearth {

std::uint32_t CellLedger::length(std::size_t sequence) const {
  const auto& pieces = sequences_[sequence].pieces;
  return pieces.empty() ? 0 : pieces.back().end;
}

void CellLedger::append(std::size_t sequence, std::uint32_t count) {
  if (count == 0) return;
  Sequence& s = sequences_[sequence];
  const std::uint32_t begin = length(sequence);
  if (!s.open) s.pieces.push_back({next_origin_++, begin, begin});
  s.open = true;
  s.pieces.back().end += count;
}

void CellLedger::share(std::size_t from, std::size_t to, std::uint32_t begin, std::uint32_t end) {
  Sequence& target = sequences_[to];
  for (const CellPiece& piece : sequences_[from].pieces) {
    const CellPiece part{piece.origin, std::max(piece.begin, begin), std::min(piece.end, end)};
    if (part.begin < part.end) target.pieces.push_back(part);
  }
  target.open = false;
}

void CellLedger::cut(std::size_t sequence, std::uint32_t keep) {
  Sequence& s = sequences_[sequence];
  if (keep >= length(sequence)) return;
  while (!s.pieces.empty() && s.pieces.back().begin >= keep) s.pieces.pop_back();
  if (!s.pieces.empty()) s.pieces.back().end = std::min(s.pieces.back().end, keep);
  // Another may still hold the cells that were cut off: what comes there now is not the same.
  s.open = false;
}

std::uint64_t CellLedger::held_by(std::span<const std::size_t> sequences) const {
  std::vector<CellPiece> all;
  for (const std::size_t s : sequences) all.insert(all.end(), sequences_[s].pieces.begin(), sequences_[s].pieces.end());
  std::ranges::sort(all, [](const CellPiece& a, const CellPiece& b) {
    return a.origin != b.origin ? a.origin < b.origin : a.begin < b.begin;
  });
  std::uint64_t cells = 0;
  CellPiece last;
  for (const CellPiece& piece : all) {
    const std::uint32_t begin = piece.origin == last.origin ? std::max(piece.begin, last.end) : piece.begin;
    if (piece.end > begin) cells += piece.end - begin;
    last = {piece.origin, begin, piece.origin == last.origin ? std::max(piece.end, last.end) : piece.end};
  }
  return cells;
}

}  // namespace hearth
