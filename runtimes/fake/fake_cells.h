// The KV cells of a context: which token sits where in which sequence, and how many cells are left.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hearth/sdk/text.h"

namespace hearth::fake {

struct CellOptions {
  std::uint32_t n_cells = 0;
  std::uint32_t n_sequences = 1;
  bool is_unified = true;  // one pool, copies share cells; else each sequence has an equal part of its own
  bool is_recurrent = false;
};

// Externally synchronised. Sequence numbers are in range; positions [p0, p1) are open-ended where negative.
class Cells {
 public:
  explicit Cells(CellOptions options);

  // Throws INVALID_ARGUMENT when a position doesn't follow the last one of its sequence (the first may be any), and
  // OUT_OF_MEMORY when the cells don't hold the batch. Changes nothing.
  void check(std::span<const sdk::BatchEntry> batch) const;
  // Takes a cell for an entry that was checked.
  void place(const sdk::BatchEntry& entry);

  // Fills an empty sequence with entries in order of position, gaps allowed. INVALID_DATA: not in order;
  // OUT_OF_MEMORY: the cells don't hold them.
  void restore(std::span<const sdk::BatchEntry> entries);

  // UNSUPPORTED: a part of a recurrent sequence.
  void trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1);
  // Replaces what `to` holds there. OUT_OF_MEMORY where cells aren't shared; UNSUPPORTED: a part of a recurrent one.
  void copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1);
  // INVALID_ARGUMENT when a position would become negative or meet or cross one that stays. Changes nothing then.
  void shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta);
  [[nodiscard]] sdk::Range range(std::int32_t sequence) const;

  [[nodiscard]] std::vector<hearth_token> history(std::int32_t sequence) const;
  // The last tokens of a sequence, at most so many; replaces `out`.
  void last_tokens(std::int32_t sequence, std::size_t at_most, std::vector<hearth_token>& out) const;
  [[nodiscard]] std::size_t size(std::int32_t sequence) const { return at(sequence).size(); }
  // Of all tokens of the sequence in their order; see fake_hash.h.
  [[nodiscard]] std::uint64_t hash(std::int32_t sequence) const {
    return at(sequence).empty() ? 0 : at(sequence).back().hash;
  }
  [[nodiscard]] std::vector<std::pair<std::int32_t, hearth_token>> entries(std::int32_t sequence) const;
  [[nodiscard]] std::uint32_t n_used() const { return n_used_; }

 private:
  struct Entry {
    std::int32_t position;
    std::uint32_t cell;
    std::uint64_t hash;  // of the tokens up to this one
  };
  // What a batch that is being checked does to a sequence.
  struct Growth {
    std::uint64_t batch = 0;  // which; the rest is of an earlier one where it differs
    std::int32_t last = -1;   // position
    std::uint32_t n_new = 0;
  };
  struct Cell {
    hearth_token token = 0;
    std::uint32_t n_owners = 0;
  };
  using Sequence = std::vector<Entry>;  // in order of position

  [[nodiscard]] Sequence& at(std::int32_t sequence) { return sequences_[static_cast<std::size_t>(sequence)]; }
  [[nodiscard]] const Sequence& at(std::int32_t sequence) const {
    return sequences_[static_cast<std::size_t>(sequence)];
  }
  [[nodiscard]] std::pair<std::size_t, std::size_t> within(std::int32_t sequence, std::int32_t p0,
                                                           std::int32_t p1) const;
  // The hashes of the entries from index `begin` on, anew.
  void rehash(std::int32_t sequence, std::size_t begin);
  void check_whole(std::int32_t sequence, std::size_t n_touched, const char* doing) const;
  [[nodiscard]] std::uint32_t n_free(std::int32_t sequence) const;
  std::uint32_t take(hearth_token token);
  void release(std::uint32_t cell);

  CellOptions options_;
  std::uint32_t n_used_ = 0;
  std::vector<Cell> cells_;  // grown on use, so that a context of a billion cells costs nothing
  std::vector<std::uint32_t> free_;
  std::vector<Sequence> sequences_;
  mutable std::vector<Growth> growth_;  // scratch of check(), one a sequence: a map would cost more than the rest
  mutable std::uint64_t n_checked_ = 0;
};

}  // namespace hearth::fake
