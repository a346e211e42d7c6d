// ggml's pool of compute threads, one a context.
#pragma once

#include <ggml-backend.h>
#include <ggml-cpu.h>

#include <memory>

namespace hearth::llama {

struct ThreadPoolDeleter {
  // The CPU backend is loaded at run time, so its functions are reached through it.
  void operator()(ggml_threadpool* pool) const;
};
using ThreadPool = std::unique_ptr<ggml_threadpool, ThreadPoolDeleter>;

// Without one ggml makes a pool for each graph it computes. Null where the CPU backend has no pools; llama.cpp then
// does without. Workers keep looking for work for a moment before they sleep, as in llama.cpp's own programs.
ThreadPool make_thread_pool(int n_threads);

}  // namespace hearth::llama
