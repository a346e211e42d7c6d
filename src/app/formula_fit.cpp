#include "app/formula_fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/model_opening.h"
#include "base/contains.h"
#include "estimate/memory_model.h"
#include "probe/cpu_reader.h"

namespace hearth {
namespace {

constexpr std::uint32_t kMicroBatch = 512;  // llama.cpp's n_ubatch

CpuRepack repack_here() {
  const ProfileCpu cpu = read_cpu(SystemTree());
  return cpu.isa ? cpu_repack_of(cpu.isa->value) : CpuRepack::kNone;
}

std::string usual_runtime(const CatalogModel& model) {
  if (contains(model.formats, "gguf")) return "llama";
  return model.architecture == "whisper" ? "whisper" : "onnxruntime";
}

Status check_published(const CatalogModel& model, const CatalogPrecision& precision) {
  const bool together = std::any_of(precision.formats.begin(), precision.formats.end(),
                                    [&](const std::string& format) { return contains(model.formats, format); });
  // whisper.cpp's files hold the types of GGUF
  if (together || (contains(model.formats, "ggml") && contains(precision.formats, "gguf"))) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("{} is published as {}, none of which holds {}", model.name, fmt::join(model.formats, ", "),
                          precision.name),
              "take another --precision: fp16 goes with most formats");
}

}  // namespace

Result<FitRequest> settled_for(const Catalog& catalog, const CatalogModel& model, FitRequest request) {
  if (request.runtime.empty()) request.runtime = usual_runtime(model);
  HEARTH_ASSIGN(runtime, catalog.runtime(request.runtime));
  request.runtime = runtime->id;
  if (request.precision.empty()) {
    const CatalogPrecision* floor = contains(model.formats, "gguf") ? catalog.floor_of("chat") : nullptr;
    request.precision = floor != nullptr ? floor->name : "FP16";
  }
  if (request.context_length == 0 && model.decoder)
    request.context_length =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(model.decoder->context_length, 1, kDefaultContextMax));
  return request;
}

Result<MemoryBreakdown> formula_memory(const Catalog& catalog, const CatalogModel& model, const FitRequest& request) {
  HEARTH_ASSIGN(precision, catalog.precision(request.precision));
  HEARTH_TRY(check_published(model, *precision));
  MemoryQuery query;
  query.model = &model;
  query.precision = precision;
  HEARTH_ASSIGN(kv_precision, catalog.precision("kv " + request.kv_type));
  query.kv_precision = kv_precision;
  query.context_length = request.context_length;
  query.users = request.users;
  query.micro_batch =
      request.micro_batch == 0 ? (model.decoder && !model.encoder ? kMicroBatch : 1) : request.micro_batch;
  query.runtime = request.runtime;
  query.flash_attention = request.flash_attention != Toggle::kOff;
  query.mmap = request.use_mmap;
  query.repack = repack_here();
  return model_memory(query);
}

}  // namespace hearth
