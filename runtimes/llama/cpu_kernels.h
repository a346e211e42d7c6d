// Matrix kernels that stand in for ggml's own on processors where they are quicker.
#pragma once

namespace hearth::llama {

// Puts them in front of ggml's, once for the process; call after its backends are loaded. Where this isn't the ggml or
// the processor they were made for, nothing changes. Returns what was done, for the log.
const char* use_own_cpu_kernels();
// Whether it put them in.
bool own_kernels_in_use();

}  // namespace hearth::llama
