// What is done to a sequence of a context, apart from decoding it.
#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <span>

#include "llama_call.h"
#include "llama_context.h"

namespace hearth::llama {
namespace {

constexpr std::uint64_t kStateMagic = 0x3130'5145'5354'5248;  // "HRTSEQ01" in memory on little-endian machines
constexpr std::size_t kChunkBytes = std::size_t{4} << 20U;
constexpr std::uint64_t kReservedBytesMax = std::uint64_t{1} << 30U;  // of address space, on a stranger's word

// What comes before llama.cpp's own bytes, which it trusts more than a file deserves.
struct StateHeader {
  std::uint64_t magic;
  std::uint64_t layout_hash;  // of what must be equal where the state is restored
  std::uint64_t payload_bytes;
  std::uint64_t payload_hash;
};

// FNV-1a over eight bytes at a time, folded, so that every bit reaches the low ones. Finds damage, not malice.
// Source: Fowler, Noll, Vo, RFC 9923 (offset basis and prime of 64 bits).
class Hash {
 public:
  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (; size >= 8; size -= 8, bytes += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes, 8);
      mix(word);
    }
    for (; size > 0; --size, ++bytes) mix(*bytes);
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void mix(std::uint64_t word) {
    value_ = (value_ ^ word) * 0x00000100000001B3U;
    value_ ^= value_ >> 32U;
  }
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

std::uint64_t hash_of(const void* data, std::size_t size) {
  Hash hash;
  hash.add(data, size);
  return hash.value();
}

}  // namespace

void LlamaContext::trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) {
  const std::lock_guard lock(state_gate_);
  const auto first = llama_memory_seq_pos_min(cells(), std::max(0, sequence));
  const bool keeps_a_beginning = p0 > 0 && (p1 < 0 || p1 > llama_memory_seq_pos_max(cells(), std::max(0, sequence)));
  if (sequence >= 0 && keeps_a_beginning && model_.drops_cells() &&
      first > std::max(0, p0 - llama_model_n_swa(model_.get()))) {
    throw sdk::Error(HEARTH_UNSUPPORTED, "the sliding window of this model has dropped the cells before position " +
                                             std::to_string(first) + " that a sequence cut at " + std::to_string(p0) +
                                             " needs; decode it anew, or load with swa_full");
  }
  const CallScope scope(OnAbort::kEndProcess);
  bool done = true;
  if (sequence >= 0) {
    done = llama_memory_seq_rm(cells(), sequence, p0, p1);
  } else {
    for (std::uint32_t s = 0; s < granted_.n_seq_max; ++s)
      done = llama_memory_seq_rm(cells(), static_cast<llama_seq_id>(s), p0, p1) && done;
  }
  if (!done) {
    throw sdk::Error(HEARTH_UNSUPPORTED, "this model keeps a running state, which can't be cut at position " +
                                             std::to_string(std::max(0, p0)) +
                                             "; clear the sequence and decode it anew");
  }
}

sdk::Range LlamaContext::range(std::int32_t sequence) const {
  const auto last = llama_memory_seq_pos_max(cells(), sequence);
  if (last < 0) return {};
  return {llama_memory_seq_pos_min(cells(), sequence), last};
}

void LlamaContext::copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1) {
  const auto source = range(from);
  if (from == to || source.first > source.last) return;
  const auto begin = std::max(0, p0);
  const auto end = p1 < 0 ? std::numeric_limits<std::int32_t>::max() : p1;
  const bool is_whole = begin <= source.first && end > source.last;
  if (!is_whole && (llama_model_is_recurrent(model_.get()) || llama_model_is_hybrid(model_.get()))) {
    throw sdk::Error(HEARTH_UNSUPPORTED,
                     "this model keeps a running state, of which no part can be copied; copy the whole sequence");
  }
  trim(to, shared_cells_ ? p0 : -1, shared_cells_ ? p1 : -1);
  const std::lock_guard lock(state_gate_);
  const CallScope scope(OnAbort::kEndProcess);
  if (shared_cells_) {
    llama_memory_seq_cp(cells(), from, to, p0, p1);
    return;
  }
  // Between pools of their own llama.cpp copies whole sequences only; what is too much is then taken off.
  llama_memory_seq_cp(cells(), from, to, -1, -1);
  if (!is_whole && begin > 0) llama_memory_seq_rm(cells(), to, 0, begin);
  if (!is_whole && p1 >= 0) llama_memory_seq_rm(cells(), to, p1, -1);
}

void LlamaContext::shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta) {
  if (!llama_memory_can_shift(cells()))
    throw sdk::Error(HEARTH_UNSUPPORTED, "the positions of this model can't be shifted; decode the sequence anew");
  const std::lock_guard lock(state_gate_);
  const CallScope scope(OnAbort::kEndProcess);
  llama_memory_seq_add(cells(), sequence, p0, p1, delta);
}

// What llama.cpp's bytes depend on and don't all tell: its version, the model's shape, how cells are stored.
std::string LlamaContext::state_layout() const {
  std::string layout = llama_version();
  std::array<char, 256> name{};
  llama_model_desc(model_.get(), name.data(), name.size());
  layout += std::string("|") + name.data();
  for (const auto n :
       {llama_model_n_layer(model_.get()), llama_model_n_embd(model_.get()), llama_model_n_head_kv(model_.get())})
    layout += "|" + std::to_string(n);
  return layout + "|" + std::to_string(llama_model_n_params(model_.get())) + "|" + granted_.kv_type_k + "|" +
         granted_.kv_type_v;
}

// llama.cpp fills one buffer with a sequence; it leaves here in chunks.
void LlamaContext::save(std::int32_t sequence, const sdk::Writer& out) {
  std::unique_ptr<std::uint8_t[]> room;  // not a vector, which would fill hundreds of MiB with zeros first
  std::span<const std::uint8_t> payload;
  {
    const std::lock_guard lock(state_gate_);
    const CallScope scope(OnAbort::kThrow);
    const auto size = llama_state_seq_get_size(context_.get(), sequence);
    room = std::make_unique_for_overwrite<std::uint8_t[]>(size);
    const auto n = llama_state_seq_get_data(context_.get(), room.get(), size, sequence);
    if (n == 0 || n > size)
      throw sdk::Error(HEARTH_INTERNAL,
                       "llama.cpp could not save sequence " + std::to_string(sequence) + " (" + scope.reason() + ")");
    payload = {room.get(), n};
  }
  const auto layout = state_layout();
  out.value(StateHeader{kStateMagic, hash_of(layout.data(), layout.size()), payload.size(),
                        hash_of(payload.data(), payload.size())});
  for (std::size_t done = 0; done < payload.size(); done += kChunkBytes) {
    out.write(payload.data() + done, std::min(kChunkBytes, payload.size() - done));
  }
}

void LlamaContext::restore(std::int32_t sequence, const sdk::Reader& in) {
  const auto invalid = [](const std::string& why) {
    return sdk::Error(HEARTH_INVALID_DATA, "the saved sequence " + why + "; decode its text anew");
  };
  trim(sequence, -1, -1);
  const auto header = in.value<StateHeader>();
  const auto layout = state_layout();
  if (header.magic != kStateMagic) throw invalid("does not begin as one");
  if (header.layout_hash != hash_of(layout.data(), layout.size()))
    throw invalid("was saved from another model, KV type or llama.cpp");
  std::vector<std::uint8_t> payload;
  payload.reserve(static_cast<std::size_t>(std::min(header.payload_bytes, kReservedBytesMax)));  // no copies on the way
  while (payload.size() < header.payload_bytes) {  // grows with what really comes: the length is not to be trusted
    const auto size = payload.size();
    payload.resize(size + static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, header.payload_bytes - size)));
    in.read(payload.data() + size, payload.size() - size);
  }
  if (header.payload_hash != hash_of(payload.data(), payload.size())) throw invalid("was damaged");
  const std::lock_guard lock(state_gate_);
  const CallScope scope(OnAbort::kThrow);
  std::string thrown;
  std::size_t n = 0;
  try {
    n = llama_state_seq_set_data(context_.get(), payload.data(), payload.size(), sequence);
  } catch (const Aborted& error) {
    thrown = error.what();
  }
  if (n != 0) return;
  const auto reason = thrown.empty() ? scope.reason() : thrown;
  // Words of llama.cpp 0.5, llama-kv-cache.cpp and llama-memory-recurrent.cpp.
  if (reason.find("failed to find available cells") != std::string::npos ||
      reason.find("not enough cells") != std::string::npos) {
    throw sdk::Error(HEARTH_OUT_OF_MEMORY,
                     "the context has no cells left for the saved sequence (" + reason + "); end or trim a sequence");
  }
  throw invalid("can't be restored here (" + reason + ")");
}

}  // namespace hearth::llama
