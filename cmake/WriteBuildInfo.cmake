# Writes the build's version and commit to OUTPUT, only when they changed, so that a commit recompiles one small file.
execute_process(COMMAND git -C "${SOURCE_DIR}" rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT "#include \"app/hearth_app.h\"
namespace hearth {
const char* build_commit() { return \"${commit}\"; }
const char* build_version() { return \"${VERSION}\"; }
}  // namespace hearth
")
