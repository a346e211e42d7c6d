#include "plugin_host/abi_values.h"

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "plugin_host/wire_messages.h"

namespace hearth {
namespace {

// A model has a handful of items a device; more than this is a plugin in a loop.
constexpr std::size_t kMemoryItemsMax = 65536;

void free_message(char* message) noexcept { std::free(message); }

bool is_toggle(std::int32_t value) { return value >= HEARTH_TOGGLE_AUTO && value <= HEARTH_TOGGLE_ON; }

}  // namespace

std::vector<std::string> split_by_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

Status take_status(hearth_status status, std::string_view doing) {
  std::string message = status.message == nullptr ? "" : status.message;
  if (status.message != nullptr && status.free_message != nullptr) status.free_message(status.message);
  if (status.code == HEARTH_OK) return {};
  const std::string call = "'" + std::string(doing) + "'";
  if (status.code < HEARTH_INTERNAL || status.code > HEARTH_IO)
    return fail(ErrorCode::kInternal, "the runtime answered " + call + " with status " + std::to_string(status.code) +
                                          ", which means nothing" + (message.empty() ? "" : ": " + message));
  const auto code = static_cast<ErrorCode>(status.code);
  if (message.empty())
    message = "the runtime failed in " + call + " (" + std::string(error_code_info(code).name) + ") and gave no reason";
  return fail(code, std::move(message));
}

hearth_status make_status(const Error& error) {
  const std::string text = error.hint.empty() ? error.message : error.message + "; " + error.hint;
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return {static_cast<std::int32_t>(error.code), nullptr, nullptr};
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return {static_cast<std::int32_t>(error.code), copy, &free_message};
}

BorrowedLoadOptions::BorrowedLoadOptions(const LoadOptions& options) {
  for (const auto& device : options.devices) devices_ += (devices_.empty() ? "" : ",") + device;
  value.struct_size = sizeof(value);
  value.fallback = options.fallback == Fallback::kNone ? HEARTH_FALLBACK_NONE : HEARTH_FALLBACK_REPORT;
  value.path = borrow(options.path);
  value.devices = borrow(devices_);
  value.n_gpu_layers = options.n_gpu_layers;
  value.use_mmap = static_cast<std::int32_t>(options.use_mmap);
  value.use_mlock = static_cast<std::int32_t>(options.use_mlock);
  value.n_threads = options.n_threads;
  value.extra_json = borrow(options.extra_json);
  value.cache_dir = borrow(options.cache_dir);
  value.content_hash = borrow(options.content_hash);
}

hearth_text_options borrow_options(const TextOptions& options) {
  hearth_text_options out{};
  out.struct_size = sizeof(out);
  out.n_ctx = options.n_ctx;
  out.n_seq_max = options.n_seq_max;
  out.n_batch = options.n_batch;
  out.n_ubatch = options.n_ubatch;
  out.n_threads = options.n_threads;
  out.n_threads_batch = options.n_threads_batch;
  out.flash_attention = static_cast<std::int32_t>(options.flash_attention);
  out.embeddings = options.embeddings ? HEARTH_TOGGLE_ON : HEARTH_TOGGLE_OFF;
  out.unified_kv = static_cast<std::int32_t>(options.unified_kv);
  out.kv_type_k = borrow(options.kv_type_k);
  out.kv_type_v = borrow(options.kv_type_v);
  out.pooling = borrow(options.pooling);
  return out;
}

Result<TextOptions> own_options(const hearth_text_options& options) {
  if (!is_toggle(options.flash_attention) || !is_toggle(options.embeddings) || !is_toggle(options.unified_kv))
    return fail(ErrorCode::kInvalidData,
                "the runtime told of a context whose switches are neither on, off nor automatic");
  TextOptions out;
  out.n_ctx = options.n_ctx;
  out.n_seq_max = options.n_seq_max;
  out.n_batch = options.n_batch;
  out.n_ubatch = options.n_ubatch;
  out.n_threads = options.n_threads;
  out.n_threads_batch = options.n_threads_batch;
  out.flash_attention = static_cast<Toggle>(options.flash_attention);
  out.embeddings = options.embeddings == HEARTH_TOGGLE_ON;
  out.unified_kv = static_cast<Toggle>(options.unified_kv);
  out.kv_type_k = view(options.kv_type_k);
  out.kv_type_v = view(options.kv_type_v);
  out.pooling = view(options.pooling);
  return out;
}

BorrowedBounds::BorrowedBounds(const CallBounds& bounds)
    : bounded_(bounds.cancel != nullptr || bounds.deadline.has_value() || bounds.n_threads != 0) {
  call_.struct_size = sizeof(call_);
  call_.n_threads = bounds.n_threads;
  if (bounds.deadline) {
    const auto since_epoch = std::chrono::nanoseconds(bounds.deadline->time_since_epoch()).count();
    call_.deadline_ns = since_epoch == 0 ? 1 : since_epoch;  // 0 means none at the border
  }
  if (bounds.cancel == nullptr) return;
  call_.ctx = const_cast<CancelToken*>(bounds.cancel);
  call_.is_cancelled = [](void* ctx) -> std::int32_t {
    return static_cast<const CancelToken*>(ctx)->requested() ? 1 : 0;
  };
}

hearth_sink BoundedText::sink() { return {this, &BoundedText::write}; }

int32_t BoundedText::write(void* ctx, const void* data, std::size_t size) noexcept {
  auto& self = *static_cast<BoundedText*>(ctx);
  if (size > self.bytes_max_ - self.text_.size()) {
    self.overflowed_ = true;
    return 1;
  }
  if (size != 0) self.text_.append(static_cast<const char*>(data), size);
  return 0;
}

hearth_memory_emit CollectedMemory::emit() { return {this, &CollectedMemory::item}; }

void CollectedMemory::item(void* ctx, const hearth_memory_item* item) noexcept {
  auto& self = *static_cast<CollectedMemory*>(ctx);
  if (item == nullptr || !HEARTH_HAS_FIELD(item, hearth_memory_item, bytes) ||
      self.breakdown_.items.size() >= kMemoryItemsMax) {
    self.broken_ = true;
    return;
  }
  const std::uint64_t mapped = HEARTH_HAS_FIELD(item, hearth_memory_item, mapped_bytes) ? item->mapped_bytes : 0;
  if (mapped > item->bytes || item->component.size == 0) self.broken_ = true;
  self.breakdown_.items.push_back({std::string(view(item->device)), std::string(view(item->buffer_kind)),
                                   std::string(view(item->component)), item->bytes, mapped});
}

Result<MemoryBreakdown> CollectedMemory::take(std::string_view doing) && {
  if (broken_)
    return fail(ErrorCode::kInvalidData,
                "the runtime answered '" + std::string(doing) +
                    "' with memory items that make no sense (no component, more mapped than held)",
                "update the runtime's plugin");
  return std::move(breakdown_);
}

}  // namespace hearth
