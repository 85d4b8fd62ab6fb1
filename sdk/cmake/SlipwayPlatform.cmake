# What is particular to a platform, and nowhere else: how a library comes to export its one entry and nothing more.
set(SLIPWAY_PLATFORM_DIR ${CMAKE_CURRENT_LIST_DIR})

function(slipway_compile_as_plugin target)
  if(WIN32)
    # PE has no visibility: plugin.def says what is exported.
    target_compile_options(${target} PRIVATE -Wno-attributes)
  endif()
endfunction()

# ELF: without the script, unique symbols of the C++ standard library would pin the library in memory for ever; a symbol
# that is missing fails the link, not the first call. PE: the compiler's own libraries are inside, so that one file is enough.
function(slipway_link_as_plugin target)
  slipway_compile_as_plugin(${target})
  if(WIN32)
    target_sources(${target} PRIVATE ${SLIPWAY_PLATFORM_DIR}/plugin.def)
    target_link_options(${target} PRIVATE -static)
    return()
  endif()
  set_target_properties(${target} PROPERTIES LINK_DEPENDS ${SLIPWAY_PLATFORM_DIR}/plugin.map)
  target_link_options(${target} PRIVATE
    -Wl,--version-script=${SLIPWAY_PLATFORM_DIR}/plugin.map -Wl,-z,now -Wl,-z,relro -Wl,--gc-sections)
  if(NOT SLIPWAY_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
