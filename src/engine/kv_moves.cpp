// Whole sequences that leave the context and come back, and contexts that take each other's place.
#include <fmt/core.h>

#include <algorithm>

#include "engine/kv_cache_impl.h"

namespace hearth {

using State = KvSequence::State;

namespace {

using Bytes = std::vector<std::byte>;

Status save_all(const TextContext& context, SlotId slot, Bytes& out) {
  return context.save(slot, [&out](std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return true;
  });
}

Status load_all(TextContext& context, SlotId slot, const Bytes& bytes) {
  std::span<const std::byte> rest = bytes;
  return context.restore(slot, [&rest](std::span<std::byte> out) {
    const std::size_t n = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), n, out.begin());
    rest = rest.subspan(n);
    return n;
  });
}

// Moves sequences from one context to another of the same model, so that those which share cells share them again.
class ContextMove {
 public:
  ContextMove(TextContext& from, TextContext& to, SlotId scratch) : from_(from), to_(to), scratch_(scratch) {}

  Status whole(SlotId slot) {
    Bytes bytes;
    HEARTH_TRY(save_all(from_, slot, bytes));
    return load_all(to_, slot, bytes);
  }

  // One piece: from a sequence that has it over there already, else by its bytes.
  Status piece(SlotId slot, const CellPiece& piece) {
    std::uint32_t at = piece.begin;
    while (at < piece.end) {
      const Moved* there = find(piece.origin, at);
      const std::uint32_t end = there != nullptr ? std::min(piece.end, there->piece.end) : piece.end;
      if (there != nullptr) {
        HEARTH_TRY(to_.copy(there->slot, slot, static_cast<std::int32_t>(at), static_cast<std::int32_t>(end)));
      } else {
        HEARTH_TRY(bytes_of(slot, at, end));
      }
      moved_.push_back({slot, {piece.origin, at, end}});
      at = end;
    }
    return {};
  }

 private:
  struct Moved {
    SlotId slot = 0;
    CellPiece piece;
  };
  [[nodiscard]] const Moved* find(std::uint64_t origin, std::uint32_t position) const {
    const auto found = std::ranges::find_if(moved_, [&](const Moved& moved) {
      return moved.piece.origin == origin && moved.piece.begin <= position && position < moved.piece.end;
    });
    return found == moved_.end() ? nullptr : &*found;
  }
  Status bytes_of(SlotId slot, std::uint32_t begin, std::uint32_t end) {
    const auto p0 = static_cast<std::int32_t>(begin);
    const auto p1 = static_cast<std::int32_t>(end);
    Bytes bytes;
    Status moved = from_.copy(slot, scratch_, p0, p1);
    if (moved) moved = save_all(from_, scratch_, bytes);
    (void)from_.trim(scratch_, -1, -1);
    if (moved) moved = load_all(to_, scratch_, bytes);
    if (moved) moved = to_.copy(scratch_, slot, p0, p1);
    (void)to_.trim(scratch_, -1, -1);
    return moved;
  }

  TextContext& from_;
  TextContext& to_;
  const SlotId scratch_;
  std::vector<Moved> moved_;
};

}  // namespace

Result<AsideState> KvCache::put_aside(SlotId slot) {
  Impl& m = *impl_;
  const std::size_t s = m.index_of(slot);
  AsideState aside;
  aside.cells = static_cast<std::uint32_t>(m.at(s).tokens.size());
  aside.prompt_tokens = m.at(s).prompt_tokens;
  aside.use_cache = m.at(s).use_cache;
  aside.state.reserve(static_cast<std::size_t>(m.cell_bytes * aside.cells));
  if (aside.cells > 0) {
    // Drafts and the rest of a step that was cut off don't come along.
    HEARTH_ASSIGN(held, m.trim(s, aside.cells));
    aside.cells = held;
  }
  if (aside.cells > 0) HEARTH_TRY(save_all(*m.context, slot, aside.state));
  m.empty(s);
  m.collect();
  return aside;
}

Result<SlotId> KvCache::bring_back(const CacheSalt& salt, std::span<const Token> tokens, const AsideState& aside) {
  Impl& m = *impl_;
  if (tokens.size() < aside.cells) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a sequence of {} cells comes back with {} tokens", aside.cells, tokens.size()));
  }
  if (m.running >= m.options.slots) {
    return fail(ErrorCode::kOverloaded, "all slots of the context are taken; bring it back when one has ended");
  }
  const std::size_t s = *m.claim();
  m.make_cells(aside.cells);
  if (aside.cells > 0) {
    if (Status loaded = load_all(*m.context, static_cast<SlotId>(s), aside.state); !loaded) {
      m.empty(s);
      return fail(std::move(loaded).error());
    }
  }
  m.start(s, salt, aside.prompt_tokens, aside.use_cache);
  m.at(s).tokens.assign(tokens.begin(), tokens.begin() + aside.cells);
  m.cells.append(s, aside.cells);
  m.collect();
  return static_cast<SlotId>(s);
}

Status KvCache::grow(std::uint32_t n_ctx) {
  Impl& m = *impl_;
  if (n_ctx <= m.granted.n_ctx) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the context has {} cells already", m.granted.n_ctx));
  }
  TextOptions options = m.granted;
  options.n_ctx = n_ctx;
  HEARTH_ASSIGN(next, m.model->new_context(options));
  HEARTH_ASSIGN(granted, next->granted());
  ContextMove move(*m.context, *next, static_cast<SlotId>(m.scratch));
  std::vector<std::size_t> left_behind;
  for (const auto state : {State::kRunning, State::kIdle}) {  // who runs has to come along
    for (std::size_t s = 0; s < m.sequences.size(); ++s) {
      const KvSequence& q = m.at(s);
      if (q.state != state || q.tokens.empty()) continue;
      Status moved;
      if (m.keeps_ranges) {
        for (const CellPiece& piece : m.cells.pieces(s)) {
          if (moved) moved = move.piece(static_cast<SlotId>(s), piece);
        }
      } else {
        moved = move.whole(static_cast<SlotId>(s));
      }
      if (!moved && state == State::kRunning) return moved;
      if (!moved) left_behind.push_back(s);
    }
  }
  m.context = std::move(next);
  m.granted = granted;
  for (const std::size_t s : left_behind) m.empty(s);
  m.collect();
  return {};
}

}  // namespace hearth
