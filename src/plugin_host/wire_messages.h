// What host and worker say to each other, one struct a message, with both directions of its encoding side by side.
// Text in what was read is borrowed from the payload.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hearth/abi/hearth_plugin.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/wire.h"

namespace hearth {

enum class Method : std::uint32_t {
  kDescribe = 1,
  kScore,
  kEstimate,
  kLoad,
  kPlacement,
  kMemoryNow,
  kFreeModel,
  kTextFeatures,
  kTextInfo,
  kMetadata,
  kTokenize,
  kTokenBytes,
  kTokenAttributes,
  kContextNew,
  kContextFree,
  kContextInfo,
  kDecode,
  kTrim,
  kCopy,
  kShift,
  kRange,
  kSave,
  kRestore,
  kAdapterLoad,
  kAdapterFree,
  kSetAdapters,
  kTokenTable,
  kTensorFeatures,
  kTensorEstimate,
  kTensorInfo,
  kTensorMetadata,
  kSessionNew,
  kSessionFree,
  kSessionInfo,
  kSessionSpecs,
  kNodes,
  kCopies,
  kWarmUp,
  kRequestNew,
  kRequestFree,
  kTensorShare,
  kTensorResult,
  kTensorRun,
  kTranscribeFeatures,
  kTranscribeInfo,
  kStreamNew,
  kStreamFree,
  kAccept,
  kFinish,
  kSynthesizeFeatures,
  kSynthesizeInfo,
  kVoices,
  kSynthesize,
};
inline constexpr std::uint32_t kMethodMax = static_cast<std::uint32_t>(Method::kSynthesize);
// "decode", "load": what was being done, for errors. "unknown" outside the enum.
[[nodiscard]] std::string_view method_name(Method method);

// Handles of models, contexts and adapters on the wire. 0 is none; an id is never used twice by one worker.
using WireId = std::uint32_t;

// The page both processes map, one a lane. Address-free atomics: lock-free is required for memory of two processes.
struct LaneControl {
  std::atomic<std::uint32_t> cancelled;       // host: this call is to stop
  std::atomic<std::uint32_t> stop_stream;     // host: the sink wants no more bytes
  std::atomic<std::uint32_t> worker_is_done;  // worker: the lane's thread has left
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
inline constexpr std::size_t kLaneControlBytes = 4096;

// First in every kCall payload.
struct CallHead {
  Method method = Method::kDescribe;
  std::uint32_t n_threads = 0;
  std::int64_t deadline_ns = 0;  // of the monotonic clock, which all processes of a machine share
};
void put(WireWriter& out, const CallHead& head);
CallHead get_call_head(WireReader& in);

// First in every kReply payload (and the whole of kHello).
struct ReplyHead {
  std::int32_t code = HEARTH_OK;
  std::string_view message;
};
void put(WireWriter& out, const ReplyHead& head);
ReplyHead get_reply_head(WireReader& in);

void put(WireWriter& out, const hearth_load_options& options);
hearth_load_options get_load_options(WireReader& in);
void put(WireWriter& out, const hearth_text_options& options);
hearth_text_options get_text_options(WireReader& in);
void put(WireWriter& out, const hearth_memory_item& item);
hearth_memory_item get_memory_item(WireReader& in);
void put(WireWriter& out, const hearth_text_info& info);
hearth_text_info get_text_info(WireReader& in);

// The answer to kTokenTable is a stream of these, one after the other. Texts borrowed.
void put(WireWriter& out, const hearth_token_row& row);
hearth_token_row get_token_row(WireReader& in);

// Every call of hearth_text, in the order of the struct. (clang-format's second pass undoes its first here.)
// clang-format off
#define HEARTH_TEXT_CALLS(X) \
  X(info) X(metadata) X(tokenize) \
  X(token_bytes) X(token_attributes) X(context_new) \
  X(context_free) X(context_info) X(decode) \
  X(sequence_trim) X(sequence_copy) X(sequence_shift) \
  X(sequence_range) X(sequence_save) X(sequence_restore) \
  X(adapter_load) X(adapter_free) X(context_set_adapters) \
  X(token_table)
// clang-format on

// Which calls of a text table are there, one bit each in the order of the struct, and its major.
struct TextFeatures {
  std::uint32_t present = 0;
  std::uint32_t major = 0;
  std::uint64_t calls = 0;
};
void put(WireWriter& out, const TextFeatures& features);
TextFeatures get_text_features(WireReader& in);

// Owns its arrays: they come unaligned off the wire. Kept by its lane, so that steady decoding allocates nothing.
struct DecodeRequest {
  WireId context = 0;
  std::uint64_t known_region = 0;  // the row region the host has mapped
  std::vector<hearth_token> tokens;
  std::vector<std::int32_t> positions;
  std::vector<std::int32_t> sequences;
  std::vector<std::uint8_t> wants_output;
};
void put_decode(WireWriter& out, WireId context, std::uint64_t known_region, const hearth_batch& batch);
// False when the arrays differ in length or the message is not whole.
[[nodiscard]] bool get_decode(WireReader& in, DecodeRequest& request);

// Where the rows lie. The descriptor comes with the reply when the region is not the known one.
struct RowsReply {
  std::uint64_t region = 0;
  std::uint64_t region_bytes = 0;
  std::uint64_t offset = 0;
  std::uint32_t n_rows = 0;
  std::uint32_t row_size = 0;
};
void put(WireWriter& out, const RowsReply& rows);
RowsReply get_rows(WireReader& in);
// The rows lie inside the region, aligned for float; true also for no rows at all.
[[nodiscard]] bool fits(const RowsReply& rows);

struct LogLine {
  std::int32_t level = HEARTH_LOG_INFO;
  std::string_view component;
  std::string_view message;
};
void put(WireWriter& out, const LogLine& line);
LogLine get_log_line(WireReader& in);

}  // namespace hearth
