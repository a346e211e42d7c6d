// The GGUF reader on any bytes, with usual and with tight limits; what it accepts must hold what it promises.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "formats/gguf.h"
#include "formats/gguf_shape.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const hearth::GgufFile& file) {
  require((file.alignment_bytes & (file.alignment_bytes - 1)) == 0);
  std::uint64_t sum = 0;
  for (const hearth::GgufTensor& tensor : file.tensors) {
    require(tensor.type != nullptr && tensor.data_offset % file.alignment_bytes == 0);
    require(file.data_offset + tensor.data_offset + tensor.size_bytes <= file.size_bytes);
    require(tensor.size_bytes == tensor.n_elements / tensor.type->block_elements * tensor.type->block_bytes);
    sum += tensor.size_bytes;
  }
  require(sum == file.tensor_bytes() && sum <= file.size_bytes);
  if (const auto shape = hearth::read_model_shape(file)) {
    require(shape->n_layer > 0 && shape->n_embd > 0);
    require(shape->n_head.size() == shape->n_layer && shape->n_head_kv.size() == shape->n_layer);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hearth::MemorySource source(std::as_bytes(std::span(data, size)), "fuzz.gguf");
  const hearth::GgufReadLimits tight{.text_bytes_max = 16, .array_elements_kept = 2, .kept_bytes_max = 4096};
  const auto file = hearth::read_gguf(source);
  if (file) check(*file);
  if (const auto with_tight_limits = hearth::read_gguf(source, tight)) require(file.has_value());
  return 0;
}
