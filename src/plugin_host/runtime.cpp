#include "plugin_host/runtime.h"

#include "plugin_host/abi_values.h"
#include "plugin_host/plugin_json.h"

namespace hearth {
namespace {

// Calls `answer(sink)` and gives the JSON it wrote.
template <class Answer>
Result<std::string> collect_json(std::string_view doing, Answer&& answer) {
  BoundedText collected(kPluginJsonBytesMax);
  const hearth_sink sink = collected.sink();
  Status status = take_status(answer(&sink), doing);
  if (collected.overflowed())
    return fail(ErrorCode::kInvalidData, "the runtime's answer to '" + std::string(doing) + "' is longer than 4 MiB",
                "update the runtime's plugin");
  if (!status) return fail(std::move(status).error());
  return std::move(collected.text());
}

template <class Answer>
Result<MemoryBreakdown> collect_memory(std::string_view doing, Answer&& answer) {
  CollectedMemory collected;
  const hearth_memory_emit emit = collected.emit();
  HEARTH_TRY(take_status(answer(&emit), doing));
  return std::move(collected).take(doing);
}

}  // namespace

Model::Model(std::shared_ptr<PluginSource> source, hearth_model* handle)
    : source_(std::move(source)), handle_(handle) {}

Model::~Model() { source_->table()->free(handle_); }

Result<MemoryBreakdown> Model::placement() const {
  return collect_memory("placement",
                        [&](const hearth_memory_emit* emit) { return source_->table()->placement(handle_, emit); });
}

Result<MemoryBreakdown> Model::memory_now() const {
  return collect_memory("memory_now",
                        [&](const hearth_memory_emit* emit) { return source_->table()->memory_now(handle_, emit); });
}

Runtime::Runtime(std::shared_ptr<PluginSource> source) : source_(std::move(source)) {}

Result<RuntimeInfo> Runtime::describe() const {
  const hearth_plugin* table = source_->table();
  HEARTH_ASSIGN(json,
                collect_json("describe", [&](const hearth_sink* sink) { return table->describe(table->self, sink); }));
  return parse_describe(json);
}

Result<RuntimeScore> Runtime::score() const {
  const hearth_plugin* table = source_->table();
  HEARTH_ASSIGN(json, collect_json("score", [&](const hearth_sink* sink) { return table->score(table->self, sink); }));
  return parse_score(json);
}

Result<MemoryBreakdown> Runtime::estimate(const LoadOptions& load, const TextOptions& text) const {
  const hearth_plugin* table = source_->table();
  const BorrowedLoadOptions load_options(load);
  const hearth_text_options text_options = borrow_options(text);
  return collect_memory("estimate", [&](const hearth_memory_emit* emit) {
    return table->estimate(table->self, &load_options.value, &text_options, emit);
  });
}

Result<std::shared_ptr<Model>> Runtime::load(const LoadOptions& options, const CallBounds& bounds) const {
  const hearth_plugin* table = source_->table();
  const BorrowedLoadOptions load_options(options);
  const BorrowedBounds call(bounds);
  hearth_model* handle = nullptr;
  HEARTH_TRY(take_status(table->load(table->self, &load_options.value, call.get(), &handle), "load"));
  if (handle == nullptr)
    return fail(ErrorCode::kInvalidData, "the runtime says it loaded '" + options.path + "' but gave no model",
                "update the runtime's plugin");
  return std::make_shared<Model>(source_, handle);
}

const void* Runtime::capability(std::string_view id, std::uint32_t major) const {
  const hearth_plugin* table = source_->table();
  return table->capability(table->self, hearth_str{id.data(), id.size()}, major);
}

}  // namespace hearth
