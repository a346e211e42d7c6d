# Finds whisper.cpp: the system's first, else the pinned prefix in HEARTH_DEPS_DIR/whisper, which stands on the ggml of
# HearthLlama.
#
# Sets HearthWhisper_FOUND, and HearthWhisper_REASON where it is false. Where it is true:
#   HearthWhisper::whisper     target to link
#   HearthWhisper_LIBRARY      the library's file
#   HearthWhisper_CLI          whisper-cli of the same source, for tests and benchmarks; may be empty
#   HearthWhisper_IS_PINNED    whether it is the pinned one
set(HearthWhisper_FOUND FALSE)
set(HearthWhisper_IS_PINNED FALSE)
set(HearthWhisper_REASON "no whisper.cpp in the system nor in HEARTH_DEPS_DIR; install it (libwhisper-dev, brew install whisper-cpp) or run ./dev setup")

find_path(HEARTH_WHISPER_INCLUDE whisper.h)
find_library(HEARTH_WHISPER_LIBRARY whisper)
if(NOT HEARTH_WHISPER_INCLUDE OR NOT HEARTH_WHISPER_LIBRARY)
  set(_hearth_whisper_prefix "${HEARTH_DEPS_DIR}/whisper")
  unset(HEARTH_WHISPER_INCLUDE CACHE)
  unset(HEARTH_WHISPER_LIBRARY CACHE)
  if(HEARTH_DEPS_DIR AND EXISTS "${_hearth_whisper_prefix}/include/whisper.h")
    find_path(HEARTH_WHISPER_INCLUDE whisper.h PATHS "${_hearth_whisper_prefix}/include" NO_DEFAULT_PATH)
    find_library(HEARTH_WHISPER_LIBRARY whisper PATHS "${_hearth_whisper_prefix}/lib" NO_DEFAULT_PATH)
    set(HearthWhisper_IS_PINNED TRUE)
  endif()
endif()
find_package(HearthLlama MODULE QUIET)
if(HearthWhisper_IS_PINNED AND NOT HearthLlama_FOUND)
  set(HearthWhisper_REASON "the pinned whisper.cpp stands on llama.cpp's ggml, which is missing: ${HearthLlama_REASON}")
elseif(HEARTH_WHISPER_INCLUDE AND HEARTH_WHISPER_LIBRARY)
  set(HearthWhisper_FOUND TRUE)
  set(HearthWhisper_LIBRARY "${HEARTH_WHISPER_LIBRARY}")
  find_program(HEARTH_WHISPER_CLI whisper-cli HINTS "${HEARTH_DEPS_DIR}/whisper/bin")
  set(HearthWhisper_CLI "")
  if(HEARTH_WHISPER_CLI)
    set(HearthWhisper_CLI "${HEARTH_WHISPER_CLI}")
  endif()
  if(NOT TARGET HearthWhisper::whisper)
    add_library(HearthWhisper::whisper INTERFACE IMPORTED)
    target_link_libraries(HearthWhisper::whisper INTERFACE "${HEARTH_WHISPER_LIBRARY}")
    target_include_directories(HearthWhisper::whisper INTERFACE "${HEARTH_WHISPER_INCLUDE}")
    if(HearthLlama_FOUND)
      target_link_libraries(HearthWhisper::whisper INTERFACE HearthLlama::llama)
    endif()
  endif()
endif()
