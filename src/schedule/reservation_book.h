// What loaded models and running work hold of each memory pool, while the program runs. (What a plan promises
// beforehand is counted by plan/pool_ledger.h; the two share no state.)
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Bytes by pool name: "ram", a device id, "pinned", "disk". A pool that is absent counts as 0.
using BytesByPool = std::map<std::string, std::uint64_t>;

class ReservationBook;

// Bytes that are held until this is destroyed. The book must outlive it.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { release(); }

  // The work is done: its transient part is given back, and what is really held takes the place of what was reserved.
  // kInvalidArgument when `held` is more than was reserved (both parts together); everything stays as it was.
  [[nodiscard]] Status commit(const BytesByPool& held);
  // As reserved, less the transient part.
  void commit();
  void release();
  [[nodiscard]] bool empty() const { return book_ == nullptr; }

 private:
  friend class ReservationBook;
  Reservation(ReservationBook* book, std::uint64_t id) : book_(book), id_(id) {}
  ReservationBook* book_ = nullptr;
  std::uint64_t id_ = 0;
};

struct ReservationRequest {
  std::string owner;      // "qwen3-8b", "qwen3-8b context": shown in refusals
  BytesByPool steady;     // stays after commit()
  BytesByPool transient;  // on top until commit(): conversion buffers, the old cells while a context grows
};

// Externally synchronised. Reservations over several pools are all or nothing.
class ReservationBook {
 public:
  struct Pool {
    std::string name;
    std::uint64_t capacity_bytes = 0;
    std::uint64_t reserved_bytes = 0;   // promised, not yet committed; transient parts included
    std::uint64_t committed_bytes = 0;  // really held
    std::uint64_t peak_bytes = 0;       // most that was reserved and committed at once
    [[nodiscard]] std::uint64_t held_bytes() const { return reserved_bytes + committed_bytes; }
    [[nodiscard]] std::uint64_t free_bytes() const { return capacity_bytes - held_bytes(); }
  };
  struct Holder {
    std::string owner;
    BytesByPool bytes;  // with the transient part
    bool committed = false;
  };

  explicit ReservationBook(const BytesByPool& capacities);
  ReservationBook(const ReservationBook&) = delete;
  ReservationBook& operator=(const ReservationBook&) = delete;

  // kDoesNotFit: more than a pool has. kOverloaded: more than is free now, with who holds how much.
  // kNotFound: no such pool.
  [[nodiscard]] Result<Reservation> reserve(const ReservationRequest& request);
  // What `wanted` lacks in each pool if `given_up` were released before; empty where it fits.
  [[nodiscard]] BytesByPool shortfall(const BytesByPool& wanted, const BytesByPool& given_up = {}) const;

  [[nodiscard]] std::vector<Pool> pools() const;
  // In the order of reserving.
  [[nodiscard]] std::vector<Holder> holders() const;

 private:
  friend class Reservation;
  struct Entry {
    std::string owner;
    BytesByPool steady;
    BytesByPool transient;
    bool committed = false;
  };
  [[nodiscard]] std::string who_holds(const std::string& pool) const;
  void release(std::uint64_t id);
  [[nodiscard]] Status commit(std::uint64_t id, const BytesByPool* held);
  void put(const Entry& entry);
  void take(const Entry& entry);

  std::map<std::string, Pool> pools_;
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t next_id_ = 1;
};

// a + b, staying at the largest value rather than wrapping: sizes in files are not to be trusted.
[[nodiscard]] BytesByPool bytes_together(const BytesByPool& a, const BytesByPool& b);

}  // namespace hearth
