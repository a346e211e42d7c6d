#include "memory_ledger.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "llama_call.h"
#include "llama_handles.h"
#include "model_file.h"
#include "room.h"
#ifdef HEARTH_LLAMA_EXT_VERSION
#include <llama-ext.h>
#endif

namespace hearth::llama {
namespace {

sdk::MemoryItem item(ggml_backend_buffer_type_t type, const char* component, std::uint64_t bytes) {
  sdk::MemoryItem out{device_id(type), ggml_backend_buft_name(type), component, bytes};
  if (out.buffer_kind.ends_with("_Mapped")) out.mapped_bytes = bytes;  // ggml's name for memory given to it
  return out;
}

std::uint64_t bytes_beside(const sdk::MemoryItems& items, const sdk::MemoryItem& like) {
  for (const auto& each : items) {
    if (each.device == like.device && each.buffer_kind == like.buffer_kind) return each.bytes;
  }
  return 0;
}

}  // namespace

sdk::MemoryItems merged(const sdk::MemoryItems& items) {
  sdk::MemoryItems sums;
  for (const auto& each : items) {
    const auto same = std::ranges::find_if(sums, [&each](const sdk::MemoryItem& sum) {
      return sum.device == each.device && sum.buffer_kind == each.buffer_kind && sum.component == each.component;
    });
    if (same == sums.end()) {
      sums.push_back(each);
    } else {
      same->bytes += each.bytes;
      same->mapped_bytes += each.mapped_bytes;
    }
  }
  std::erase_if(sums, [](const sdk::MemoryItem& sum) { return sum.bytes == 0; });
  return sums;
}

sdk::MemoryItem output_memory(const llama_context* context, bool embeddings, std::uint64_t n_rows) {
  const auto* model = llama_get_model(context);
  // llama.cpp keeps a row of logits even where only embeddings are read.
  std::uint64_t row = static_cast<std::uint64_t>(llama_vocab_n_tokens(llama_model_get_vocab(model)));
  if (embeddings) row += static_cast<std::uint64_t>(llama_model_n_embd_out(model));
  return {"cpu", "CPU", HEARTH_MEM_OUTPUT, n_rows * row * sizeof(float)};
}

#ifndef HEARTH_LLAMA_EXT_VERSION

bool tells_memory() { return false; }
std::string why_memory_is_untold() {
  return "this llama.cpp was packaged without llama-ext.h, so its memory is not told by component";
}
ContextMemory context_memory(const llama_context*, const sdk::MemoryItems&) { return {}; }
sdk::MemoryItems recurrent_state(llama_context*) { return {}; }
sdk::MemoryItems estimate_memory(const sdk::LoadOptions&, const sdk::TextOptions&) {
  throw sdk::Error(HEARTH_UNSUPPORTED, why_memory_is_untold() + "; run ./dev setup for the pinned one");
}

#else

bool tells_memory() { return std::string_view(llama_version()) == HEARTH_LLAMA_EXT_VERSION; }

std::string why_memory_is_untold() {
  return "the llama.cpp here is " + std::string(llama_version()) +
         ", the plugin was built for " HEARTH_LLAMA_EXT_VERSION ", so its memory is not told by component";
}

ContextMemory context_memory(const llama_context* context, const sdk::MemoryItems& recurrent) {
  if (!tells_memory()) return {};
  ContextMemory out;
  for (const auto& [type, bytes] : llama_get_memory_breakdown(context)) {
    if (bytes.model != 0) out.weights.push_back(item(type, HEARTH_MEM_WEIGHTS, bytes.model));
    const auto state = item(type, HEARTH_MEM_KV_CACHE, bytes.context);
    const auto recurrent_bytes = std::min<std::uint64_t>(bytes_beside(recurrent, state), bytes.context);
    out.state.push_back(item(type, HEARTH_MEM_KV_CACHE, bytes.context - recurrent_bytes));
    out.state.push_back(item(type, HEARTH_MEM_RECURRENT_STATE, recurrent_bytes));
    out.state.push_back(item(type, HEARTH_MEM_COMPUTE, bytes.compute));
  }
  out.weights = merged(out.weights);
  out.state = merged(out.state);
  return out;
}

namespace {

// The tensors that a graph of one token a sequence reads and that no graph computes: weights and caches. Valid until
// the context builds its next graph.
std::set<const ggml_tensor*> stored_tensors(llama_context* context) {
  std::set<const ggml_tensor*> stored;
  const auto n = llama_n_seq_max(context);  // caches that are apart for each sequence take no graph for fewer
  auto* graph = llama_graph_reserve(context, n, n, n);
  if (graph == nullptr) return stored;
  for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
    for (const auto* source : ggml_graph_node(graph, i)->src) {
      if (source == nullptr) continue;
      const auto* root = source->view_src == nullptr ? source : source->view_src;
      if (root->op == GGML_OP_NONE && root->buffer != nullptr) stored.insert(root);
    }
  }
  return stored;
}

struct Span {
  std::uint64_t first = UINT64_MAX;
  std::uint64_t last = 0;
};

// Whether llama.cpp, where it maps the file, uses the mapping itself for a buffer of this type. It does for a device's
// own buffers if that device can take host memory (the processor, Metal), and puts what would be in pinned host memory
// into the mapping too.
bool is_mapped_in_place(ggml_backend_buffer_type_t type) {
  auto* device = ggml_backend_buft_get_device(type);
  if (device != nullptr && type == ggml_backend_dev_host_buffer_type(device)) return true;
  if (device == nullptr) device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  ggml_backend_dev_props properties{};
  ggml_backend_dev_get_props(device, &properties);
  return properties.caps.buffer_from_host_ptr && type == ggml_backend_dev_buffer_type(device);
}

bool maps_file(const llama_model_params& params) {
  if (!llama_supports_mmap()) return false;
  if (params.load_mode == LLAMA_LOAD_MODE_MMAP || params.load_mode == LLAMA_LOAD_MODE_MMAP_MLOCK) return true;
  if (params.load_mode != LLAMA_LOAD_MODE_AUTO) return false;
  for (auto* device = params.devices; *device != nullptr; ++device) {
    ggml_backend_dev_props properties{};
    ggml_backend_dev_get_props(*device, &properties);
    if (!properties.caps.mmap_support) return false;
  }
  return true;
}

// From the first to the last byte in the file of what each device uses in place.
std::map<std::string, Span> spans_in_file(const gguf_context& header,
                                          const std::multimap<std::string, std::string>& devices) {
  std::map<std::string, Span> spans;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(&header); ++i) {
    const auto [begin, end] = devices.equal_range(gguf_get_tensor_name(&header, i));
    const std::uint64_t offset = gguf_get_tensor_offset(&header, i);
    for (auto each = begin; each != end; ++each) {
      auto& span = spans[each->second];
      span.first = std::min(span.first, offset);
      span.last = std::max(span.last, offset + gguf_get_tensor_size(&header, i));
    }
  }
  return spans;
}

// A planned context has its weights in buffers of their own, while a mapped file is one range from the first tensor
// that is used in place to the last, with the tensors in between that went elsewhere. Replaces the one by the other.
sdk::MemoryItems as_mapped(const sdk::MemoryItems& planned, const std::set<const ggml_tensor*>& stored,
                           const std::string& path, const gguf_context& header) {
  std::set<std::string> kinds;                      // of buffers that the mapping replaces
  std::multimap<std::string, std::string> devices;  // of each tensor that is used in place
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto* tensor : stored) {
    auto* type = ggml_backend_buffer_get_type(tensor->buffer);
    if (ggml_backend_buffer_get_usage(tensor->buffer) != GGML_BACKEND_BUFFER_USAGE_WEIGHTS || !is_mapped_in_place(type))
      continue;
    kinds.insert(ggml_backend_buft_name(type));
    const std::pair place(std::string(ggml_get_name(tensor)), device_id(type));
    if (seen.insert(place).second) devices.insert(place);
  }
  sdk::MemoryItems items;
  std::ranges::copy_if(planned, std::back_inserter(items),
                       [&kinds](const sdk::MemoryItem& each) { return !kinds.contains(each.buffer_kind); });
  for (const auto& part : model_parts(path, header)) {
    const auto part_header = part == path ? Gguf() : open_model_file(part);
    const gguf_context* here = part_header ? part_header.get() : &header;
    for (const auto& [device, span] : spans_in_file(*here, devices)) {
      const std::string kind = device == "cpu" ? "CPU_Mapped" : device + "_Mapped";
      items.push_back({device, kind, HEARTH_MEM_WEIGHTS, span.last - span.first, span.last - span.first});
    }
  }
  return merged(items);
}

}  // namespace

sdk::MemoryItems recurrent_state(llama_context* context) {
  const auto* model = llama_get_model(context);
  if (!tells_memory() || !(llama_model_is_recurrent(model) || llama_model_is_hybrid(model))) return {};
  sdk::MemoryItems items;
  if (llama_model_is_recurrent(model)) {
    for (const auto& [type, bytes] : llama_get_memory_breakdown(context))
      items.push_back(item(type, HEARTH_MEM_RECURRENT_STATE, bytes.context));
    return merged(items);
  }
  for (const auto* tensor : stored_tensors(context)) {  // hybrid: llama.cpp gives one sum for both kinds of cache
    // Names of llama.cpp 0.5, llama-memory-recurrent.cpp.
    const std::string_view name = ggml_get_name(tensor);
    if (!name.starts_with("cache_r_l") && !name.starts_with("cache_s_l") && !name.starts_with("cache_ple_r_l"))
      continue;
    items.push_back(
        item(ggml_backend_buffer_get_type(tensor->buffer), HEARTH_MEM_RECURRENT_STATE, ggml_nbytes(tensor)));
  }
  return merged(items);
}

sdk::MemoryItems estimate_memory(const sdk::LoadOptions& load, const sdk::TextOptions& text) {
  if (!tells_memory())
    throw sdk::Error(HEARTH_UNSUPPORTED, why_memory_is_untold() + "; run ./dev setup for the pinned one");
  const CallScope scope(OnAbort::kThrow);
  const auto header = open_model_file(load.path);
  check_model_header(load.path, *header);
  auto parameters = model_parameters(load);
  const bool mapped = maps_file(parameters.params);
  if (parameters.params.vocab_only) return {};
  parameters.params.no_alloc = true;
  parameters.params.load_mode = LLAMA_LOAD_MODE_NONE;  // llama.cpp plans only without a mapping
  const auto model = load_model(load.path, parameters.params);
  if (!model) throw sdk::Error(HEARTH_INTERNAL, "llama.cpp planned nothing for '" + load.path + "' and gave no reason");
  const auto params = context_parameters(text, context_defaults(load));
  check_room_for_cells(params.n_ctx);  // a plan has no cache but all of its tables
  const auto context = make_context(model.get(), params);
  const auto recurrent = recurrent_state(context.get());
  auto memory = context_memory(context.get(), recurrent);
  auto items = mapped ? as_mapped(memory.weights, stored_tensors(context.get()), load.path, *header) : memory.weights;
  items.insert(items.end(), memory.state.begin(), memory.state.end());
  items.push_back(output_memory(context.get(), text.embeddings, params.n_seq_max));
  return merged(items);
}

#endif

}  // namespace hearth::llama
