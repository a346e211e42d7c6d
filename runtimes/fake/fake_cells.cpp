#include "fake_cells.h"

#include <algorithm>
#include <limits>
#include <string>

#include "fake_hash.h"

namespace hearth::fake {
namespace {

[[noreturn]] void no_cells(std::uint32_t n_wanted, std::uint32_t n_free) {
  throw sdk::Error(HEARTH_OUT_OF_MEMORY, "the batch needs " + std::to_string(n_wanted) + " KV cells and " +
                                             std::to_string(n_free) +
                                             " are free; trim a sequence or make the context bigger");
}

}  // namespace

Cells::Cells(CellOptions options) : options_(options), sequences_(options.n_sequences), growth_(options.n_sequences) {}

void Cells::check(std::span<const sdk::BatchEntry> batch) const {
  ++n_checked_;
  for (const auto& entry : batch) {
    const auto& held = at(entry.sequence);
    auto& growth = growth_[static_cast<std::size_t>(entry.sequence)];
    const bool is_first = growth.batch != n_checked_;
    if (is_first) growth = {n_checked_, held.empty() ? -1 : held.back().position, 0};
    const bool may_start_anywhere = is_first && held.empty();
    if (!may_start_anywhere && entry.position != growth.last + 1) {
      throw sdk::Error(HEARTH_INVALID_ARGUMENT, "sequence " + std::to_string(entry.sequence) + " goes on at position " +
                                                    std::to_string(growth.last + 1) + ", the batch has " +
                                                    std::to_string(entry.position));
    }
    growth.last = entry.position;
    ++growth.n_new;
  }
  if (options_.is_unified) {
    const auto n = static_cast<std::uint32_t>(batch.size());
    if (n > n_free(0)) no_cells(n, n_free(0));
    return;
  }
  for (const auto& entry : batch) {
    const auto n = growth_[static_cast<std::size_t>(entry.sequence)].n_new;
    if (n > n_free(entry.sequence)) no_cells(n, n_free(entry.sequence));
  }
}

std::uint32_t Cells::n_free(std::int32_t sequence) const {
  if (options_.is_unified) return options_.n_cells - n_used_;
  const auto quota = options_.n_cells / options_.n_sequences;
  return quota - std::min(quota, static_cast<std::uint32_t>(at(sequence).size()));
}

void Cells::restore(std::span<const sdk::BatchEntry> entries) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].position <= entries[i - 1].position)
      throw sdk::Error(HEARTH_INVALID_DATA, "the saved positions are not in order; save it again");
  }
  const auto n = static_cast<std::uint32_t>(entries.size());
  if (n != 0 && n > n_free(entries.front().sequence)) no_cells(n, n_free(entries.front().sequence));
  for (const auto& entry : entries) place(entry);
}

void Cells::place(const sdk::BatchEntry& entry) {
  const auto before = hash(entry.sequence);
  at(entry.sequence).push_back({entry.position, take(entry.token), extended_hash(before, entry.token)});
}

void Cells::rehash(std::int32_t sequence, std::size_t begin) {
  auto& held = at(sequence);
  std::uint64_t hash = begin == 0 ? 0 : held[begin - 1].hash;
  for (auto i = begin; i < held.size(); ++i) held[i].hash = hash = extended_hash(hash, cells_[held[i].cell].token);
}

std::uint32_t Cells::take(hearth_token token) {
  ++n_used_;
  if (free_.empty()) {
    cells_.push_back({token, 1});
    return static_cast<std::uint32_t>(cells_.size() - 1);
  }
  const auto cell = free_.back();
  free_.pop_back();
  cells_[cell] = {token, 1};
  return cell;
}

void Cells::release(std::uint32_t cell) {
  if (--cells_[cell].n_owners > 0) return;
  free_.push_back(cell);
  --n_used_;
}

// Indices [begin, end) of the entries with positions in [p0, p1).
std::pair<std::size_t, std::size_t> Cells::within(std::int32_t sequence, std::int32_t p0, std::int32_t p1) const {
  const auto& held = at(sequence);
  const auto index_of = [&](std::int32_t position) {
    return static_cast<std::size_t>(std::ranges::lower_bound(held, position, {}, &Entry::position) - held.begin());
  };
  const auto begin = p0 < 0 ? 0 : index_of(p0);
  const auto end = p1 < 0 ? held.size() : index_of(p1);
  return {begin, std::max(begin, end)};
}

void Cells::check_whole(std::int32_t sequence, std::size_t n_touched, const char* doing) const {
  if (options_.is_recurrent && n_touched != 0 && n_touched != at(sequence).size()) {
    throw sdk::Error(HEARTH_UNSUPPORTED,
                     std::string(doing) + " a part of a recurrent sequence is not possible; take it as a whole");
  }
}

void Cells::trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) {
  const auto [begin, end] = within(sequence, p0, p1);
  check_whole(sequence, end - begin, "trimming");
  auto& held = at(sequence);
  for (auto i = begin; i < end; ++i) release(held[i].cell);
  held.erase(held.begin() + static_cast<std::ptrdiff_t>(begin), held.begin() + static_cast<std::ptrdiff_t>(end));
  rehash(sequence, begin);
}

void Cells::copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1) {
  if (from == to) return;
  const auto [begin, end] = within(from, p0, p1);
  check_whole(from, end - begin, "copying");
  const auto& source = at(from);
  const Sequence part(source.begin() + static_cast<std::ptrdiff_t>(begin),
                      source.begin() + static_cast<std::ptrdiff_t>(end));
  const auto [old_begin, old_end] = within(to, p0, p1);
  if (!options_.is_unified) {
    const auto n_room = n_free(to) + (old_end - old_begin);
    if (part.size() > n_room) no_cells(static_cast<std::uint32_t>(part.size()), static_cast<std::uint32_t>(n_room));
  }
  trim(to, p0, p1);
  auto& held = at(to);
  for (const auto& entry : part) {
    std::uint32_t cell = entry.cell;
    if (options_.is_unified) {
      ++cells_[cell].n_owners;
    } else {
      cell = take(cells_[cell].token);
    }
    held.push_back({entry.position, cell, 0});
  }
  std::ranges::sort(held, {}, &Entry::position);
  rehash(to, 0);
}

void Cells::shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta) {
  const auto [begin, end] = within(sequence, p0, p1);
  if (begin == end || delta == 0) return;
  if (options_.is_recurrent) throw sdk::Error(HEARTH_UNSUPPORTED, "a recurrent sequence has no positions to shift");
  auto& held = at(sequence);
  const auto first = std::int64_t{held[begin].position} + delta;
  const auto last = std::int64_t{held[end - 1].position} + delta;
  const bool meets_left = begin > 0 && first <= held[begin - 1].position;
  const bool meets_right = end < held.size() && last >= held[end].position;
  if (first < 0 || last > std::numeric_limits<std::int32_t>::max() || meets_left || meets_right) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "shifting sequence " + std::to_string(sequence) + " by " +
                                                  std::to_string(delta) +
                                                  " puts tokens before the start or onto others; trim those first");
  }
  for (auto i = begin; i < end; ++i) held[i].position += delta;
}

sdk::Range Cells::range(std::int32_t sequence) const {
  const auto& held = at(sequence);
  return held.empty() ? sdk::Range{} : sdk::Range{held.front().position, held.back().position};
}

std::vector<hearth_token> Cells::history(std::int32_t sequence) const {
  std::vector<hearth_token> tokens;
  tokens.reserve(at(sequence).size());
  for (const auto& entry : at(sequence)) tokens.push_back(cells_[entry.cell].token);
  return tokens;
}

void Cells::last_tokens(std::int32_t sequence, std::size_t at_most, std::vector<hearth_token>& out) const {
  const auto& held = at(sequence);
  out.clear();
  for (auto i = held.size() - std::min(held.size(), at_most); i < held.size(); ++i)
    out.push_back(cells_[held[i].cell].token);
}

std::vector<std::pair<std::int32_t, hearth_token>> Cells::entries(std::int32_t sequence) const {
  std::vector<std::pair<std::int32_t, hearth_token>> all;
  for (const auto& entry : at(sequence)) all.emplace_back(entry.position, cells_[entry.cell].token);
  return all;
}

}  // namespace hearth::fake
