# Own kernels are compiled for processors that the rest need not have, and chosen at run time (cpu_kernels.cpp).
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  # GCC 12 takes the undefined operands of its own intrinsics for mistakes of ours (GCC bug 105593).
  set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/cpu_matrix.cpp" "${CMAKE_CURRENT_LIST_DIR}/cpu_matrix_row.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/cpu_matrix_supers.cpp" "${CMAKE_CURRENT_LIST_DIR}/cpu_attention.cpp" PROPERTIES
    COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mavx512f;-mavx512bw;-mavx512vl;-mavx512dq;-mavx512vnni;-Wno-uninitialized;-Wno-maybe-uninitialized")
endif()
# It calls objects of ggml's own classes by their layout (ggml_inside.h), which that check takes for a mistake.
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/cpu_kernels.cpp" PROPERTIES COMPILE_OPTIONS "-fno-sanitize=vptr")
