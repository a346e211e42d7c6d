# What Hearth links. System packages first; the pinned rest lies in HEARTH_DEPS_DIR (see third_party/manifest.json).
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(Boost 1.81 REQUIRED) # headers only: Asio, Beast
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(SQLite3 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_path(HEARTH_VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)
find_path(HEARTH_XXHASH_INCLUDE xxhash.h REQUIRED)  # compiled in, so that no library is needed at run time
find_path(HEARTH_DLPACK_INCLUDE dlpack/dlpack.h HINTS "${HEARTH_DEPS_DIR}/dlpack/include" REQUIRED)
if(HEARTH_TESTS)
  find_package(GTest REQUIRED)
endif()
