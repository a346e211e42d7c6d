# Compiler flags and output folders, the same for every target of Hearth.
find_program(HEARTH_CCACHE ccache)
if(HEARTH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the checkout are hashed as relative ones, so that one checkout's objects serve every other. The map of
  # file names (below) is the one option that names the checkout and leaves no trace of it in the object.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
    "CCACHE_IGNOREOPTIONS=-ffile-prefix-map=*" "${HEARTH_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()

# The build tree has the layout of the installed tree, so that the program finds its plugins the same way in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(HEARTH_RUNTIME_PLUGIN_DIR "lib/hearth/runtimes")

add_library(hearth_flags INTERFACE)
target_compile_options(hearth_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion)
target_compile_options(hearth_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
# The same source in two build folders must hit one cache entry and name no folder of the builder's machine.
target_compile_options(hearth_flags INTERFACE "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")
if(HEARTH_WERROR)
  target_compile_options(hearth_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports impossible overlaps inside libstdc++'s inlined string and vector code.
  target_compile_options(hearth_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-stringop-overflow>)
endif()
if(HEARTH_SANITIZE STREQUAL "address")
  target_compile_options(hearth_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(hearth_flags INTERFACE -fsanitize=address,undefined)
elseif(HEARTH_SANITIZE STREQUAL "thread")
  target_compile_options(hearth_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(hearth_flags INTERFACE -fsanitize=thread)
elseif(HEARTH_SANITIZE)
  message(FATAL_ERROR "HEARTH_SANITIZE is '${HEARTH_SANITIZE}'; use address, thread or nothing")
endif()
if(HEARTH_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "HEARTH_FUZZ needs clang (libFuzzer); configure with -DCMAKE_CXX_COMPILER=clang++")
  endif()
  # A fuzzer without sanitizers sees only crashes; every library it links must be built the same way.
  target_compile_options(hearth_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  target_link_options(hearth_flags INTERFACE -fsanitize=address,undefined)
endif()
