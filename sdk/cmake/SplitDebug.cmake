# Moves debug information and local symbols of LIBRARY to the file DEBUG, to which the library then points: what is hashed,
# copied and mapped at each start stays small. Without DEBUG it does nothing.
if(NOT DEBUG)
  return()
endif()
cmake_path(GET DEBUG PARENT_PATH folder)
file(MAKE_DIRECTORY ${folder})
execute_process(COMMAND ${OBJCOPY} --only-keep-debug ${LIBRARY} ${DEBUG} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${OBJCOPY} --strip-unneeded --add-gnu-debuglink=${DEBUG} ${LIBRARY} COMMAND_ERROR_IS_FATAL ANY)
