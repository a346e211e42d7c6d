# Finds llama.cpp with ggml: the system's first, else the pinned prefix in HEARTH_DEPS_DIR/llama.
#
# Sets HearthLlama_FOUND, and HearthLlama_REASON where it is false. Where it is true:
#   HearthLlama::llama            target to link
#   HearthLlama_VERSION           as llama's CMake package says it
#   HearthLlama_LIB_DIR           folder of libllama and libggml
#   HearthLlama_BACKEND_FILES     ggml backends that are loaded at run time; may be empty
#   HearthLlama_HAS_EXT           whether llama-ext.h (memory by component) lies beside llama.h
#   HearthLlama_IS_PINNED         whether it is the pinned one, which an installation bundles
set(HearthLlama_FOUND FALSE)
set(HearthLlama_IS_PINNED FALSE)

# What the plugin is written against; an older system package lacks it.
function(_hearth_llama_is_new_enough include_dir out)
  file(STRINGS "${include_dir}/llama.h" hits REGEX "llama_load_mode_name|llama_version\\(|no_alloc;")
  list(LENGTH hits count)
  if(count GREATER_EQUAL 3)
    set(${out} TRUE PARENT_SCOPE)
  else()
    set(${out} FALSE PARENT_SCOPE)
  endif()
endfunction()

set(_hearth_llama_prefix "${HEARTH_DEPS_DIR}/llama")
set(HearthLlama_REASON "no llama.cpp in the system nor in HEARTH_DEPS_DIR; install it (libllama-dev, brew install llama.cpp) or run ./dev setup")
find_package(llama CONFIG QUIET)
if(llama_FOUND)
  _hearth_llama_is_new_enough("${LLAMA_INCLUDE_DIR}" _hearth_llama_ok)
  if(_hearth_llama_ok)
    set(HearthLlama_FOUND TRUE)
  else()
    set(HearthLlama_REASON "the system's llama.cpp ${LLAMA_VERSION} is older than 0.5; run ./dev setup for the pinned one")
  endif()
elseif(HEARTH_DEPS_DIR AND EXISTS "${_hearth_llama_prefix}/lib/cmake/llama")
  # pip lays the libraries down a second time under llama_cpp/lib; only lib/ is looked at.
  find_package(ggml CONFIG QUIET PATHS "${_hearth_llama_prefix}/lib/cmake" NO_DEFAULT_PATH)
  find_package(llama CONFIG QUIET PATHS "${_hearth_llama_prefix}/lib/cmake" NO_DEFAULT_PATH)
  if(llama_FOUND)
    _hearth_llama_is_new_enough("${LLAMA_INCLUDE_DIR}" HearthLlama_FOUND)
    set(HearthLlama_REASON "the llama.cpp in HEARTH_DEPS_DIR is older than 0.5; run ./dev setup")
  endif()
endif()

if(HearthLlama_FOUND)
  # Told by its place: CMake remembers where it found a package, so a second configuration finds the pinned one first.
  string(FIND "${LLAMA_LIB_DIR}" "${_hearth_llama_prefix}/" _hearth_llama_at)
  if(HEARTH_DEPS_DIR AND _hearth_llama_at EQUAL 0)
    set(HearthLlama_IS_PINNED TRUE)
  endif()
  set(HearthLlama_VERSION "${LLAMA_VERSION}")
  set(HearthLlama_LIB_DIR "${LLAMA_LIB_DIR}")
  file(GLOB HearthLlama_BACKEND_FILES "${LLAMA_BIN_DIR}/libggml-*.so")
  set(HearthLlama_HAS_EXT FALSE)
  if(EXISTS "${LLAMA_INCLUDE_DIR}/llama-ext.h")
    set(HearthLlama_HAS_EXT TRUE)
  endif()
  if(NOT TARGET HearthLlama::llama)
    add_library(HearthLlama::llama INTERFACE IMPORTED)
    target_link_libraries(HearthLlama::llama INTERFACE llama ggml::ggml ggml::ggml-base)
    target_include_directories(HearthLlama::llama INTERFACE "${LLAMA_INCLUDE_DIR}")
  endif()
endif()
