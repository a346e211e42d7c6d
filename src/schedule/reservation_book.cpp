#include "schedule/reservation_book.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/units.h"

namespace hearth {

BytesByPool bytes_together(const BytesByPool& a, const BytesByPool& b) {
  BytesByPool sum = a;
  for (const auto& [pool, bytes] : b) {
    std::uint64_t& total = sum[pool];
    if (!checked_add(total, bytes, total)) total = std::numeric_limits<std::uint64_t>::max();
  }
  return sum;
}

Reservation::Reservation(Reservation&& other) noexcept : book_(std::exchange(other.book_, nullptr)), id_(other.id_) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    release();
    book_ = std::exchange(other.book_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

Status Reservation::commit(const BytesByPool& held) {
  if (book_ == nullptr) return fail(ErrorCode::kInvalidArgument, "an empty reservation can't be committed");
  return book_->commit(id_, &held);
}

void Reservation::commit() {
  if (book_ != nullptr) static_cast<void>(book_->commit(id_, nullptr));  // can't exceed what it reserved
}

void Reservation::release() {
  if (book_ != nullptr) std::exchange(book_, nullptr)->release(id_);
}

ReservationBook::ReservationBook(const BytesByPool& capacities) {
  for (const auto& [name, bytes] : capacities) pools_[name] = Pool{name, bytes, 0, 0, 0};
}

std::string ReservationBook::who_holds(const std::string& pool) const {
  std::vector<std::pair<std::uint64_t, std::string>> holders;
  for (const auto& [id, entry] : entries_) {
    const BytesByPool bytes = bytes_together(entry.steady, entry.transient);
    if (const auto here = bytes.find(pool); here != bytes.end() && here->second > 0) {
      holders.emplace_back(here->second, entry.owner);
    }
  }
  std::stable_sort(holders.begin(), holders.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr std::size_t kNamed = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, holders.size()); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", holders[i].second, format_bytes(holders[i].first));
  }
  if (holders.size() > kNamed) text += fmt::format(" and {} more", holders.size() - kNamed);
  return text;
}

Result<Reservation> ReservationBook::reserve(const ReservationRequest& request) {
  const BytesByPool wanted = bytes_together(request.steady, request.transient);
  for (const auto& [name, bytes] : wanted) {
    const auto found = pools_.find(name);
    if (found == pools_.end()) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("'{}' asks for memory of '{}', which is no pool here", request.owner, name));
    }
    const Pool& pool = found->second;
    if (bytes > pool.capacity_bytes) {
      return fail(Error(ErrorCode::kDoesNotFit,
                        fmt::format("'{}' needs {} of '{}', which has {} in all", request.owner, format_bytes(bytes),
                                    name, format_bytes(pool.capacity_bytes)),
                        "choose a smaller model, a shorter context or a larger budget")
                      .with("pool", name)
                      .with("short_bytes", std::to_string(bytes - pool.capacity_bytes)));
    }
    if (bytes > pool.free_bytes()) {
      return fail(Error(ErrorCode::kOverloaded,
                        fmt::format("'{}' needs {} of '{}': {} of {} are free, {} short", request.owner,
                                    format_bytes(bytes), name, format_bytes(pool.free_bytes()),
                                    format_bytes(pool.capacity_bytes), format_bytes(bytes - pool.free_bytes())),
                        fmt::format("held by {}", who_holds(name)))
                      .with("pool", name)
                      .with("short_bytes", std::to_string(bytes - pool.free_bytes())));
    }
  }
  const std::uint64_t id = next_id_++;
  const Entry& entry =
      entries_.emplace(id, Entry{request.owner, request.steady, request.transient, false}).first->second;
  put(entry);
  return Reservation(this, id);
}

void ReservationBook::put(const Entry& entry) {
  for (const auto& [name, bytes] : bytes_together(entry.steady, entry.transient)) {
    if (bytes == 0) continue;  // also of a pool that isn't one
    Pool& pool = pools_.at(name);
    (entry.committed ? pool.committed_bytes : pool.reserved_bytes) += bytes;
    pool.peak_bytes = std::max(pool.peak_bytes, pool.held_bytes());
  }
}

void ReservationBook::take(const Entry& entry) {
  for (const auto& [name, bytes] : bytes_together(entry.steady, entry.transient)) {
    if (bytes == 0) continue;  // also of a pool that isn't one
    Pool& pool = pools_.at(name);
    (entry.committed ? pool.committed_bytes : pool.reserved_bytes) -= bytes;
  }
}

Status ReservationBook::commit(std::uint64_t id, const BytesByPool* held) {
  Entry& entry = entries_.at(id);
  const BytesByPool reserved = bytes_together(entry.steady, entry.transient);
  if (held != nullptr) {
    for (const auto& [name, bytes] : *held) {
      const auto promised = reserved.find(name);
      const std::uint64_t most = promised == reserved.end() ? 0 : promised->second;
      if (bytes <= most) continue;
      return fail(Error(ErrorCode::kInvalidArgument,
                        fmt::format("'{}' holds {} of '{}' and had reserved {}", entry.owner, format_bytes(bytes), name,
                                    format_bytes(most)),
                        "reserve what is missing first"));
    }
  }
  take(entry);
  if (held != nullptr) entry.steady = *held;
  entry.transient.clear();
  entry.committed = true;
  put(entry);
  return {};
}

void ReservationBook::release(std::uint64_t id) {
  const auto found = entries_.find(id);
  take(found->second);
  entries_.erase(found);
}

BytesByPool ReservationBook::shortfall(const BytesByPool& wanted, const BytesByPool& given_up) const {
  BytesByPool missing;
  for (const auto& [name, bytes] : wanted) {
    const auto found = pools_.find(name);
    const auto given = given_up.find(name);
    std::uint64_t free = found == pools_.end() ? 0 : found->second.free_bytes();
    if (given != given_up.end() && !checked_add(free, given->second, free)) free = bytes;
    if (bytes > free) missing[name] = bytes - free;
  }
  return missing;
}

std::vector<ReservationBook::Pool> ReservationBook::pools() const {
  std::vector<Pool> all;
  for (const auto& [name, pool] : pools_) all.push_back(pool);
  return all;
}

std::vector<ReservationBook::Holder> ReservationBook::holders() const {
  std::vector<Holder> all;
  for (const auto& [id, entry] : entries_) {
    all.push_back({entry.owner, bytes_together(entry.steady, entry.transient), entry.committed});
  }
  return all;
}

}  // namespace hearth
