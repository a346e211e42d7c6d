# cmake -DOUTPUT=file -DCOMMAND="a;b;c" -P WriteOutput.cmake: the standard output of a command becomes a file, whole or not at all.
execute_process(COMMAND ${COMMAND} OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${COMMAND} failed (${status}): ${errors}")
endif()
file(WRITE "${OUTPUT}" "${text}")
