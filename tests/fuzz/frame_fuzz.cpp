// Bytes from a worker gone wild: the frame parser and every message of the worker protocol.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "plugin_host/frame.h"
#include "plugin_host/wire_messages.h"
#include "plugin_host/wire_tensor.h"

namespace {

using namespace hearth;

// Reads the payload as each message; what was read must lie inside it.
void read_as_every_message(std::span<const std::byte> payload) {
  const auto inside = [&](std::string_view text) {
    if (text.empty()) return;
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    if (first < payload.data() || first + text.size() > payload.data() + payload.size()) std::abort();
  };
  WireReader call(payload), reply(payload), load(payload), text(payload), item(payload), info(payload),
      features(payload), decode(payload), rows(payload), line(payload);
  if (method_name(get_call_head(call).method).empty()) std::abort();
  inside(get_reply_head(reply).message);
  inside(view(get_load_options(load).extra_json));
  inside(view(get_text_options(text).pooling));
  inside(view(get_memory_item(item).component));
  (void)get_text_info(info);
  (void)get_text_features(features);
  DecodeRequest request;
  if (get_decode(decode, request) && request.tokens.size() != request.wants_output.size()) std::abort();
  const RowsReply found = get_rows(rows);
  // Compared in another way than fits() does it.
  if (rows.done() && found.n_rows != 0 && fits(found)) {
    const auto n_bytes = static_cast<unsigned __int128>(found.n_rows) * found.row_size * sizeof(float);
    if (found.offset + n_bytes > found.region_bytes) std::abort();
  }
  inside(get_log_line(line).message);
}

// The messages about tensors; a shared tensor that is accepted lies inside its region.
void read_as_every_tensor_message(std::span<const std::byte> payload) {
  WireReader spec(payload), options(payload), info(payload), node(payload), copy(payload), features(payload),
      share(payload), shared(payload);
  std::vector<std::int64_t> dims;
  const auto found = get_tensor_spec(spec, dims);
  if (found.n_dims != dims.size()) std::abort();
  (void)get_tensor_options(options);
  (void)get_session_info(info);
  (void)get_node(node);
  (void)get_copy(copy);
  (void)get_tensor_features(features);
  ShareRequest request;
  if (get_share(share, request) && request.shape.size() > Shape::kRankMax) std::abort();
  SharedTensor tensor;
  if (!get_shared_tensor(shared, tensor)) return;
  unsigned __int128 bits = tensor.type_bits;
  for (const auto dim : tensor.shape) {
    if (dim < 0) std::abort();
    bits *= static_cast<std::uint64_t>(dim);
  }
  if (tensor.offset + (bits + 7) / 8 > tensor.region_bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  read_as_every_message({reinterpret_cast<const std::byte*>(data), size});
  read_as_every_tensor_message({reinterpret_cast<const std::byte*>(data), size});
  // The first byte says in what steps the rest arrives.
  const std::size_t step = data[0] + 1U;
  FrameParser parser;
  for (std::size_t at = 1; at < size; at += step) {
    std::size_t n = std::min(step, size - at);
    const auto room = parser.writable();
    n = std::min(n, room.size());
    std::memcpy(room.data(), data + at, n);
    parser.commit(n);
    for (;;) {
      auto frame = parser.next();
      if (!frame) return 0;
      if (!*frame) break;
      read_as_every_message((*frame)->payload);
      read_as_every_tensor_message((*frame)->payload);
    }
  }
  return 0;
}
