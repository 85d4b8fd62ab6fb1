# Toolchain file for Windows on x86-64 with Debian's g++-mingw-w64-x86-64:
#   cmake -B build-windows --toolchain <prefix>/lib/cmake/SlipwaySDK/mingw-w64.cmake
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# The SDK's package lies on the build machine; what it needs from there it looks up itself.
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
