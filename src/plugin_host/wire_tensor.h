// What host and worker say to each other about tensor graphs. Text and shapes in what was read are the message's own or
// borrowed from the payload, as each says.
#pragma once

#include <vector>

#include "domain/tensor.h"
#include "plugin_host/wire_messages.h"

namespace hearth {

// Borrowed texts. The shape of what was read is kept by `dims`, which the caller owns.
void put(WireWriter& out, const hearth_tensor_spec& spec);
hearth_tensor_spec get_tensor_spec(WireReader& in, std::vector<std::int64_t>& dims);
void put(WireWriter& out, const hearth_tensor_options& options);
hearth_tensor_options get_tensor_options(WireReader& in);
void put(WireWriter& out, const hearth_tensor_session_info& info);
hearth_tensor_session_info get_session_info(WireReader& in);
void put(WireWriter& out, const hearth_tensor_node& node);
hearth_tensor_node get_node(WireReader& in);
void put(WireWriter& out, const hearth_tensor_copy& copy);
hearth_tensor_copy get_copy(WireReader& in);

// Which optional calls of a tensor table are there.
struct TensorFeatures {
  std::uint32_t present = 0;
  std::uint32_t major = 0;
  std::uint32_t has_nodes = 0;
  std::uint32_t has_copies = 0;
  std::uint32_t has_warm_up = 0;
};
void put(WireWriter& out, const TensorFeatures& features);
TensorFeatures get_tensor_features(WireReader& in);

// Asks the worker to bind shared memory to a port: of its own making (region 0), or at `offset` of a region that the
// host has mapped already.
struct ShareRequest {
  WireId request = 0;
  std::int32_t port = 0;
  std::uint32_t index = 0;
  std::uint32_t as_specified = 0;  // 1: the port's own element type; the three below don't count
  std::uint8_t type_code = 0;
  std::uint8_t type_bits = 0;
  std::uint16_t type_lanes = 0;
  std::uint64_t flags = 0;  // of DLManagedTensorVersioned
  std::uint64_t region = 0;
  std::uint64_t offset = 0;
  std::vector<std::int64_t> shape;
};
void put(WireWriter& out, const ShareRequest& share);
// False when the message is not whole, or the shape has more dimensions than a tensor can have.
[[nodiscard]] bool get_share(WireReader& in, ShareRequest& share);

// A tensor in a region. The descriptor comes along when the host does not know the region.
struct SharedTensor {
  std::uint8_t type_code = 0;
  std::uint8_t type_bits = 0;
  std::uint16_t type_lanes = 0;
  std::uint64_t flags = 0;
  std::uint64_t region = 0;
  std::uint64_t region_bytes = 0;
  std::uint64_t offset = 0;
  std::uint32_t was_copied = 0;  // 1: the worker had to copy it there
  std::vector<std::int64_t> shape;
};
void put(WireWriter& out, const SharedTensor& tensor);
// False when the message is not whole, the type is none of Hearth's, or the tensor does not lie inside its region.
[[nodiscard]] bool get_shared_tensor(WireReader& in, SharedTensor& tensor);

}  // namespace hearth
