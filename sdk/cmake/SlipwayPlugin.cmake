# Builds plugin packages, in this tree and against an installed SDK alike.
#
#   slipway_add_plugin(NAME strategy-rolling MANIFEST plugin.json SOURCES rolling.cpp [LIBRARIES …])
#   slipway_package_plugin(NAME gate-oxide MANIFEST plugin.json LIBRARY <file> [DEPENDS …])
#
# The first makes the module target NAME from C or C++ sources; the second the target NAME for a library that another build
# tool makes. Both fill the package folder <root>/<id>/<version>/ with the library, plugin.json, in which the library's
# name and the SHA-256 of every file are filled in, and plugin.sig by the local key of whoever builds. <root> is SLIPWAY_PLUGIN_ROOT, by default
# ${CMAKE_BINARY_DIR}/plugins-root. `cmake --install` puts packages below SLIPWAY_PLUGIN_DESTINATION, by default
# lib/slipway/plugins; empty: nowhere.
include(${CMAKE_CURRENT_LIST_DIR}/SlipwayPlatform.cmake)
set(SLIPWAY_PLUGIN_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})
if(NOT SLIPWAY_PLUGIN_ROOT)
  set(SLIPWAY_PLUGIN_ROOT ${CMAKE_BINARY_DIR}/plugins-root)
endif()
if(NOT DEFINED SLIPWAY_PLUGIN_DESTINATION)
  set(SLIPWAY_PLUGIN_DESTINATION lib/slipway/plugins)
endif()

# Sets id, version, folder and manifest (its path) in the caller, and the rule that installs the package.
macro(slipway_read_manifest file)
  get_filename_component(manifest ${file} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(READ ${manifest} text)
  string(JSON id GET "${text}" id)
  string(JSON version GET "${text}" version)
  set(folder ${SLIPWAY_PLUGIN_ROOT}/${id}/${version})
  if(SLIPWAY_PLUGIN_DESTINATION)
    install(DIRECTORY ${folder} DESTINATION ${SLIPWAY_PLUGIN_DESTINATION}/${id} COMPONENT plugins)
  endif()
endmacro()

# Sets in the caller the commands that make a package of a folder with a library in it.
function(slipway_package_commands result library)
  set(${result}
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${manifest} -DFOLDER=${folder} -DLIBRARY=${library}
            -P ${SLIPWAY_PLUGIN_CMAKE_DIR}/WriteManifest.cmake
    COMMAND ${sign} ${folder}
    PARENT_SCOPE)
endfunction()

# Sets in the caller sign, the program that signs: built before the first plugin in this tree, installed with the SDK elsewhere;
# and local_key, a file that changes with the local key, so that packages are signed anew (in this tree).
macro(slipway_find_sign)
  set(local_key "")
  if(TARGET slipway-sign)
    set(sign slipway-sign)
    get_target_property(local_key slipway-local-key SLIPWAY_FILE)
  else()
    find_program(SLIPWAY_SIGN slipway-sign HINTS ${SLIPWAY_SDK_PROGRAMS} NO_CMAKE_FIND_ROOT_PATH REQUIRED)
    set(sign ${SLIPWAY_SIGN})
  endif()
endmacro()

function(slipway_add_plugin)
  cmake_parse_arguments(ARG "" "NAME;MANIFEST" "SOURCES;LIBRARIES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_MANIFEST OR NOT ARG_SOURCES)
    message(FATAL_ERROR "slipway_add_plugin wants NAME, MANIFEST and SOURCES; it got: ${ARGV}")
  endif()
  slipway_read_manifest(${ARG_MANIFEST})

  add_library(${ARG_NAME} MODULE ${ARG_SOURCES})
  set(cpp ${ARG_SOURCES})
  list(FILTER cpp EXCLUDE REGEX "\\.c$")
  if(cpp)
    target_link_libraries(${ARG_NAME} PRIVATE SlipwaySDK::sdk ${ARG_LIBRARIES})
  else()
    target_link_libraries(${ARG_NAME} PRIVATE SlipwaySDK::abi ${ARG_LIBRARIES})
  endif()
  if(TARGET slipway_warnings)
    target_link_libraries(${ARG_NAME} PRIVATE slipway_warnings)
  endif()
  set_target_properties(${ARG_NAME} PROPERTIES
    PREFIX "" OUTPUT_NAME ${id} LIBRARY_OUTPUT_DIRECTORY ${folder}
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH ""
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  slipway_link_as_plugin(${ARG_NAME})
  # The package is filled after each linking.
  set_property(TARGET ${ARG_NAME} APPEND PROPERTY LINK_DEPENDS ${manifest})
  set(debug ${CMAKE_BINARY_DIR}/plugins-debug/${id}-${version}.debug)
  slipway_find_sign()
  if(local_key)
    add_dependencies(${ARG_NAME} slipway-sign slipway-local-key)
    set_property(TARGET ${ARG_NAME} APPEND PROPERTY LINK_DEPENDS ${local_key})
  endif()
  slipway_package_commands(commands $<TARGET_FILE_NAME:${ARG_NAME}>)
  add_custom_command(TARGET ${ARG_NAME} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DLIBRARY=$<TARGET_FILE:${ARG_NAME}> -DDEBUG=$<$<CONFIG:RelWithDebInfo>:${debug}>
            -DOBJCOPY=${CMAKE_OBJCOPY} -P ${SLIPWAY_PLUGIN_CMAKE_DIR}/SplitDebug.cmake
    ${commands}
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SLIPWAY_PLUGIN_TARGETS ${ARG_NAME})
endfunction()

function(slipway_package_plugin)
  cmake_parse_arguments(ARG "" "NAME;MANIFEST;LIBRARY" "DEPENDS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_MANIFEST OR NOT ARG_LIBRARY)
    message(FATAL_ERROR "slipway_package_plugin wants NAME, MANIFEST and LIBRARY; it got: ${ARGV}")
  endif()
  slipway_read_manifest(${ARG_MANIFEST})
  slipway_find_sign()
  slipway_package_commands(commands ${id}${CMAKE_SHARED_MODULE_SUFFIX})
  add_custom_command(OUTPUT ${folder}/plugin.json
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${CMAKE_COMMAND} -E copy ${ARG_LIBRARY} ${folder}/${id}${CMAKE_SHARED_MODULE_SUFFIX}
    ${commands}
    DEPENDS ${ARG_LIBRARY} ${manifest} ${local_key} ${ARG_DEPENDS}
    VERBATIM)
  add_custom_target(${ARG_NAME} ALL DEPENDS ${folder}/plugin.json)
  set_property(GLOBAL APPEND PROPERTY SLIPWAY_PLUGIN_TARGETS ${ARG_NAME})
endfunction()
