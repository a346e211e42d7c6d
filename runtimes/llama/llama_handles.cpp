#include "llama_handles.h"

#include <new>

#include "llama_call.h"

namespace hearth::llama {
namespace {

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// llama.cpp tells causes in words only. Words of llama.cpp 0.5: llama-model.cpp, llama-kv-cache.cpp, llama-context.cpp,
// llama-mmap.cpp, and what() of std::bad_alloc.
bool is_out_of_memory(const std::string& reason) {
  return contains(reason, "unable to allocate") || contains(reason, "failed to allocate") ||
         contains(reason, "bad_alloc") || contains(reason, "Cannot allocate memory") ||
         contains(reason, "failed to reserve");
}

[[noreturn]] void fail_load(const std::string& path, const std::string& reason) {
  if (is_out_of_memory(reason)) {
    throw sdk::Error(HEARTH_OUT_OF_MEMORY, "no memory for the model '" + path + "' (" + reason +
                                               "); free some, or take a smaller or more quantised model");
  }
  if (contains(reason, "unknown model architecture") || contains(reason, "unknown pre-tokenizer") ||
      contains(reason, "CLIP cannot")) {
    throw sdk::Error(HEARTH_UNSUPPORTED, "llama.cpp " + std::string(llama_version()) + " can't run '" + path + "' (" +
                                             reason + "); take another model or a newer runtime");
  }
  throw sdk::Error(HEARTH_INVALID_DATA, "'" + path + "' is not a model that llama.cpp can load (" + reason +
                                            "); fetch it again or convert it anew");
}

[[noreturn]] void fail_context(const std::string& reason, const llama_context_params& params) {
  if (is_out_of_memory(reason)) {
    throw sdk::Error(HEARTH_OUT_OF_MEMORY, "no memory for a context of " + std::to_string(params.n_ctx) + " tokens (" +
                                               reason + "); ask for a smaller context or a smaller KV type");
  }
  throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                   "llama.cpp can't make this context (" + reason + "); change the option it names");
}

}  // namespace

ModelHandle load_model(const std::string& path, const llama_model_params& params) {
  const CallScope scope(OnAbort::kThrow);
  std::string thrown;
  try {
    ModelHandle model(llama_model_load_from_file(path.c_str(), params));
    if (model || scope.reason().empty()) return model;  // cancelled: null without an error
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  fail_load(path, thrown.empty() ? scope.reason() : thrown);
}

ContextHandle make_context(llama_model* model, const llama_context_params& params) {
  const CallScope scope(OnAbort::kThrow);
  std::string thrown;
  try {
    ContextHandle context(llama_init_from_model(model, params));
    if (context) return context;
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  fail_context(thrown.empty() ? scope.reason() : thrown, params);
}

}  // namespace hearth::llama
