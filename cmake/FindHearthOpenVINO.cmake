# Finds OpenVINO: the system's first, else the pinned wheel in HEARTH_DEPS_DIR/openvino.
#
# Sets HearthOpenVINO_FOUND, and HearthOpenVINO_REASON where it is false. Where it is true:
#   HearthOpenVINO::openvino      target to link
#   HearthOpenVINO_VERSION
#   HearthOpenVINO_IS_PINNED      whether it is the pinned one, which an installation bundles
#   HearthOpenVINO_LIBRARIES      where pinned: the library, the frontends of the formats that are read, device plugins
set(HearthOpenVINO_FOUND FALSE)
set(HearthOpenVINO_IS_PINNED FALSE)
set(HearthOpenVINO_LIBRARIES "")
set(HearthOpenVINO_REASON "no OpenVINO in the system nor in HEARTH_DEPS_DIR; install it (libopenvino-dev) or run ./dev setup")

set(_hearth_openvino_prefix "${HEARTH_DEPS_DIR}/openvino/openvino")
# NO_CMAKE_PACKAGE_REGISTRY: what somebody once built elsewhere on the machine is no system package.
find_package(OpenVINO CONFIG QUIET COMPONENTS Runtime NO_CMAKE_PACKAGE_REGISTRY)
if(NOT OpenVINO_FOUND AND HEARTH_DEPS_DIR AND EXISTS "${_hearth_openvino_prefix}/cmake")
  find_package(OpenVINO CONFIG QUIET COMPONENTS Runtime PATHS "${_hearth_openvino_prefix}/cmake" NO_DEFAULT_PATH)
endif()
if(OpenVINO_FOUND AND OpenVINO_VERSION VERSION_LESS 2024.4)
  set(HearthOpenVINO_REASON "OpenVINO ${OpenVINO_VERSION} is older than 2024.4; run ./dev setup for the pinned one")
elseif(OpenVINO_FOUND)
  set(HearthOpenVINO_FOUND TRUE)
  set(HearthOpenVINO_VERSION "${OpenVINO_VERSION}")
  file(REAL_PATH "${OpenVINO_DIR}" _hearth_openvino_dir)
  if(HEARTH_DEPS_DIR AND EXISTS "${_hearth_openvino_prefix}/cmake")
    file(REAL_PATH "${_hearth_openvino_prefix}/cmake" _hearth_openvino_pinned)
    if(_hearth_openvino_dir STREQUAL _hearth_openvino_pinned)
      set(HearthOpenVINO_IS_PINNED TRUE)
      set(_libs "${_hearth_openvino_prefix}/libs")
      file(GLOB HearthOpenVINO_LIBRARIES "${_libs}/libopenvino.so.*" "${_libs}/libopenvino_ir_frontend.so.*"
        "${_libs}/libopenvino_onnx_frontend.so.*" "${_libs}/libopenvino_tensorflow_lite_frontend.so.*"
        "${_libs}/libopenvino_*_plugin.so" "${_libs}/libtbb*.so*" "${_libs}/libhwloc.so*" "${_libs}/cache.json")
    endif()
  endif()
  if(NOT TARGET HearthOpenVINO::openvino)
    add_library(HearthOpenVINO::openvino INTERFACE IMPORTED)
    target_link_libraries(HearthOpenVINO::openvino INTERFACE openvino::runtime)
  endif()
endif()
