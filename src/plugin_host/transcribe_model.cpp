#include "plugin_host/transcribe_model.h"

#include "plugin_host/abi_values.h"

namespace hearth {
namespace {

// Above what minutes of speech give; bounds what a broken runtime can make this process hold.
constexpr std::size_t kSegmentsMax = 100'000;
constexpr std::size_t kWordsMax = 1'000'000;
constexpr std::size_t kTextBytesMax = 16U << 20U;

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }
std::optional<double> confidence_of(double value) {
  return value >= 0 && value <= 1 ? std::optional(value) : std::nullopt;
}

// What a call emits, checked as it comes.
struct Collected {
  std::vector<SpokenSegment> segments;
  std::size_t n_words = 0;
  std::size_t n_bytes = 0;
  bool is_broken = false;

  bool take(std::size_t bytes) {
    n_bytes += bytes;
    is_broken = is_broken || n_bytes > kTextBytesMax;
    return !is_broken;
  }
  void add(const hearth_transcribe_segment* from) {
    if (from == nullptr || !HEARTH_HAS_FIELD(from, hearth_transcribe_segment, confidence) ||
        segments.size() >= kSegmentsMax || from->end_ns < from->start_ns) {
      is_broken = true;
      return;
    }
    if (!take(from->text.size + from->language.size)) return;
    segments.push_back({from->is_final != 0,
                        seconds(from->start_ns),
                        seconds(from->end_ns),
                        std::string(view(from->text)),
                        std::string(view(from->language)),
                        confidence_of(from->confidence),
                        {}});
  }
  void add(const hearth_transcribe_word* from) {
    if (from == nullptr || !HEARTH_HAS_FIELD(from, hearth_transcribe_word, confidence) || segments.empty() ||
        ++n_words > kWordsMax) {
      is_broken = true;
      return;
    }
    if (!take(from->text.size)) return;
    segments.back().words.push_back({std::string(view(from->text)), seconds(from->start_ns), seconds(from->end_ns),
                                     confidence_of(from->confidence)});
  }
};

template <class Call>
Result<std::vector<SpokenSegment>> collect(Call&& call, std::string_view name) {
  Collected collected;
  const hearth_transcribe_emit emit{
      &collected,
      [](void* ctx, const hearth_transcribe_segment* segment) { static_cast<Collected*>(ctx)->add(segment); },
      [](void* ctx, const hearth_transcribe_word* word) { static_cast<Collected*>(ctx)->add(word); }};
  HEARTH_TRY(take_status(call(&emit), name));
  if (collected.is_broken)
    return fail(ErrorCode::kInvalidData, "the runtime's answer to '" + std::string(name) + "' makes no sense",
                "update the runtime's plugin");
  return std::move(collected.segments);
}

}  // namespace

Result<const hearth_transcribe*> transcribe_table_of(const hearth_plugin& plugin) {
  constexpr std::string_view kId = HEARTH_CAP_TRANSCRIBE;
  const auto* table =
      static_cast<const hearth_transcribe*>(plugin.capability(plugin.self, borrow(kId), HEARTH_CAP_TRANSCRIBE_MAJOR));
  if (table == nullptr)
    return fail(ErrorCode::kUnsupported, "this runtime transcribes no speech",
                "use a runtime whose capabilities list 'transcribe' (hearth runtimes)");
  if (!HEARTH_HAS_FIELD(table, hearth_transcribe, major) || table->major != HEARTH_CAP_TRANSCRIBE_MAJOR ||
      !HEARTH_HAS_CALL(table, hearth_transcribe, info) || !HEARTH_HAS_CALL(table, hearth_transcribe, stream_new) ||
      !HEARTH_HAS_CALL(table, hearth_transcribe, stream_free) || !HEARTH_HAS_CALL(table, hearth_transcribe, accept) ||
      !HEARTH_HAS_CALL(table, hearth_transcribe, finish))
    return fail(ErrorCode::kInvalidData, "the runtime's transcribe table lacks a call that every one must have",
                "update the plugin");
  return table;
}

Result<std::shared_ptr<TranscribeModel>> TranscribeModel::from(std::shared_ptr<Model> model) {
  HEARTH_ASSIGN(table, transcribe_table_of(*model->source()->table()));
  hearth_transcribe_info raw{};
  raw.struct_size = sizeof(raw);
  HEARTH_TRY(take_status(table->info(model->handle(), &raw), "info"));
  if (raw.sample_rate_hz == 0)
    return fail(ErrorCode::kInvalidData, "the runtime's speech model tells no sample rate", "update the plugin");
  TranscribeInfo info{raw.sample_rate_hz,     raw.has_partials != 0, raw.has_words != 0,
                      raw.can_translate != 0, raw.window_ms,         split_by_commas(view(raw.languages))};
  return std::make_shared<TranscribeModel>(std::move(model), table, std::move(info));
}

Result<std::unique_ptr<TranscribeStream>> TranscribeModel::new_stream(const TranscribeOptions& options) const {
  hearth_transcribe_options raw{};
  raw.struct_size = sizeof(raw);
  raw.translate = options.translate ? HEARTH_TOGGLE_ON : HEARTH_TOGGLE_OFF;
  raw.partials = options.partials ? HEARTH_TOGGLE_ON : HEARTH_TOGGLE_OFF;
  raw.language = borrow(options.language);
  raw.prompt = borrow(options.prompt);
  raw.extra_json = borrow(options.extra_json);
  hearth_transcribe_stream* handle = nullptr;
  HEARTH_TRY(take_status(table_->stream_new(model_->handle(), &raw, &handle), "stream_new"));
  if (handle == nullptr) return fail(ErrorCode::kInvalidData, "the runtime made no stream and gave no reason");
  return std::make_unique<TranscribeStream>(model_, table_, handle);
}

Result<std::vector<SpokenSegment>> TranscribeStream::accept(std::span<const float> samples, const CallBounds& bounds) {
  const BorrowedBounds call(bounds);
  return collect(
      [&](const hearth_transcribe_emit* emit) {
        return table_->accept(handle_, samples.data(), samples.size(), call.get(), emit);
      },
      "accept");
}

Result<std::vector<SpokenSegment>> TranscribeStream::finish(const CallBounds& bounds) {
  const BorrowedBounds call(bounds);
  return collect([&](const hearth_transcribe_emit* emit) { return table_->finish(handle_, call.get(), emit); },
                 "finish");
}

}  // namespace hearth
