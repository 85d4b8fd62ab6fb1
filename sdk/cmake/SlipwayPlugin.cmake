# slipway_add_plugin: builds one plugin package, in this tree and against an installed SDK alike.
#
#   slipway_add_plugin(NAME strategy-rolling MANIFEST plugin.json SOURCES rolling.cpp [LIBRARIES …] [DESTINATION dir])
#
# Makes the module target NAME and the package folder <root>/<id>/<version>/ holding plugin.json with the SHA-256 of
# every file filled in, and the library. <root> is SLIPWAY_PLUGIN_ROOT, by default ${CMAKE_BINARY_DIR}/plugins-root.
# plugin.json in the source has everything but "files". The link script exports the one entry symbol: without it, unique symbols of
# the C++ standard library would pin the library in memory for ever.
set(SLIPWAY_PLUGIN_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})
if(NOT SLIPWAY_PLUGIN_ROOT)
  set(SLIPWAY_PLUGIN_ROOT ${CMAKE_BINARY_DIR}/plugins-root)
endif()

function(slipway_add_plugin)
  cmake_parse_arguments(ARG "" "NAME;MANIFEST" "SOURCES;LIBRARIES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_MANIFEST OR NOT ARG_SOURCES)
    message(FATAL_ERROR "slipway_add_plugin wants NAME, MANIFEST and SOURCES; it got: ${ARGV}")
  endif()
  set(manifest ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_MANIFEST})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(READ ${manifest} text)
  string(JSON id GET "${text}" id)
  string(JSON version GET "${text}" version)
  set(folder ${SLIPWAY_PLUGIN_ROOT}/${id}/${version})

  add_library(${ARG_NAME} MODULE ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE SlipwaySDK::sdk ${ARG_LIBRARIES})
  if(TARGET slipway_warnings)
    target_link_libraries(${ARG_NAME} PRIVATE slipway_warnings)
  endif()
  set_target_properties(${ARG_NAME} PROPERTIES
    PREFIX "" OUTPUT_NAME ${id} LIBRARY_OUTPUT_DIRECTORY ${folder}
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH ""
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${SLIPWAY_PLUGIN_CMAKE_DIR}/plugin.map)
  target_link_options(${ARG_NAME} PRIVATE
    -Wl,--version-script=${SLIPWAY_PLUGIN_CMAKE_DIR}/plugin.map -Wl,-z,now -Wl,-z,relro)
  if(NOT SLIPWAY_SANITIZE)
    target_link_options(${ARG_NAME} PRIVATE -Wl,-z,defs)
  endif()
  set(debug ${CMAKE_BINARY_DIR}/plugins-debug/${id}-${version}.debug)
  add_custom_command(TARGET ${ARG_NAME} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DLIBRARY=$<TARGET_FILE:${ARG_NAME}> -DDEBUG=$<$<CONFIG:RelWithDebInfo>:${debug}>
            -DOBJCOPY=${CMAKE_OBJCOPY} -P ${SLIPWAY_PLUGIN_CMAKE_DIR}/SplitDebug.cmake
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${manifest} -DFOLDER=${folder} -P ${SLIPWAY_PLUGIN_CMAKE_DIR}/WriteManifest.cmake
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SLIPWAY_PLUGIN_TARGETS ${ARG_NAME})
endfunction()
