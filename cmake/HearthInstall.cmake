# What `cmake --install` lays down and what `cpack -G DEB` packs. The program finds its parts relative to itself, so the
# folders below are fixed; only headers' and the library's folders follow GNUInstallDirs.
if(NOT TARGET hearth)
  return()
endif()
set(CMAKE_INSTALL_MESSAGE NEVER)  # hundreds of records
set(HEARTH_CONFIG_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/hearth")

# The C border for runtimes that are built elsewhere: headers only, compiles as C11.
add_library(hearth_abi INTERFACE)
set_target_properties(hearth_abi PROPERTIES EXPORT_NAME abi)
target_include_directories(hearth_abi INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

target_compile_features(hearth_shared INTERFACE cxx_std_20)
install(TARGETS hearth_shared hearth_abi EXPORT hearth LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT hearth NAMESPACE hearth:: FILE hearthTargets.cmake DESTINATION "${HEARTH_CONFIG_DIR}")
include(CMakePackageConfigHelpers)
configure_package_config_file("${PROJECT_SOURCE_DIR}/packaging/cmake/hearthConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/hearthConfig.cmake" INSTALL_DESTINATION "${HEARTH_CONFIG_DIR}"
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/hearthConfig.cmake" "${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake"
  DESTINATION "${HEARTH_CONFIG_DIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/hearth" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")

# The program, its worker and the runtimes. Those with a vendor's library install themselves with what they bring along;
# the scripted runtime is for tests, and what is under
# the GPL is packaged apart.
install(TARGETS hearth RUNTIME DESTINATION bin)
install(TARGETS hearth_worker RUNTIME DESTINATION libexec/hearth)
get_property(runtimes GLOBAL PROPERTY HEARTH_RUNTIME_TARGETS)
list(REMOVE_ITEM runtimes hearth_runtime_llama hearth_runtime_onnxruntime hearth_runtime_openvino hearth_runtime_fake hearth_runtime_espeak)
if(runtimes)
  install(TARGETS ${runtimes} LIBRARY DESTINATION "${HEARTH_RUNTIME_PLUGIN_DIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/data/" DESTINATION share/hearth/data PATTERN starter EXCLUDE PATTERN "*.md" EXCLUDE)

# The manual page and the completions come from the program's own tables, at build time, so that they are never stale.
set(generated "")
function(hearth_generated_file file destination name)
  set(output "${PROJECT_BINARY_DIR}/generated/${file}")
  add_custom_command(OUTPUT "${output}" DEPENDS hearth ${HEARTH_GENERATED_DEPENDS}
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" -P "${PROJECT_SOURCE_DIR}/cmake/WriteOutput.cmake" -- ${ARGN} VERBATIM)
  install(FILES "${output}" DESTINATION "${destination}" RENAME "${name}")
  set(generated ${generated} "${output}" PARENT_SCOPE)
endfunction()
hearth_generated_file(hearth.bash share/bash-completion/completions hearth "$<TARGET_FILE:hearth>" completion bash)
hearth_generated_file(_hearth share/zsh/vendor-completions _hearth "$<TARGET_FILE:hearth>" completion zsh)
hearth_generated_file(hearth.fish share/fish/vendor_completions.d hearth.fish "$<TARGET_FILE:hearth>" completion fish)
find_package(Python3 3.9 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(HEARTH_GENERATED_DEPENDS "${PROJECT_SOURCE_DIR}/packaging/man_page.py")
  hearth_generated_file(hearth.1 "${CMAKE_INSTALL_MANDIR}/man1" hearth.1
    "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/packaging/man_page.py" "$<TARGET_FILE:hearth>")
endif()
add_custom_target(hearth_generated ALL DEPENDS ${generated})

# Licences: ours, and those of what an installation carries along.
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION share/doc/hearth)
file(GLOB third_party_licences "${HEARTH_DEPS_DIR}/*/share/licences/*" "${HEARTH_DEPS_DIR}/llama/*.dist-info/licenses/*")
if(third_party_licences)
  install(FILES ${third_party_licences} DESTINATION share/doc/hearth/licences)
endif()

# cpack -G DEB
set(CPACK_PACKAGE_NAME hearth)
set(CPACK_PACKAGE_VENDOR "The Hearth authors")
set(CPACK_PACKAGE_CONTACT "The Hearth authors <hearth@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runs AI models on this machine, planned, measured and verified")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR TGZ)
if(NOT APPLE)
  set(CPACK_GENERATOR DEB)
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The libraries that the package itself carries.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${HEARTH_DEPS_DIR}/llama/lib" "${HEARTH_DEPS_DIR}/llama/bin")
include(CPack)
