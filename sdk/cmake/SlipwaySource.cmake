# SlipwaySDK::sdk, compiled from its sources with the project's own compiler: for what the installed archive does not fit,
# or when SLIPWAY_SDK_FROM_SOURCE asks for it.
if(NOT TARGET slipway_sdk)
  find_path(SLIPWAY_NLOHMANN_INCLUDE nlohmann/json.hpp PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  # The build machine's other headers stay away from a compiler for another system.
  set(slipway_nlohmann ${CMAKE_BINARY_DIR}/slipway-nlohmann)
  file(MAKE_DIRECTORY ${slipway_nlohmann})
  file(CREATE_LINK ${SLIPWAY_NLOHMANN_INCLUDE}/nlohmann ${slipway_nlohmann}/nlohmann SYMBOLIC COPY_ON_ERROR)

  add_library(slipway_sdk STATIC ${SLIPWAY_SDK_SOURCES})
  target_include_directories(slipway_sdk SYSTEM PUBLIC ${SLIPWAY_SDK_INCLUDE} ${slipway_nlohmann})
  target_compile_features(slipway_sdk PUBLIC cxx_std_20)
  set_target_properties(slipway_sdk PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  slipway_compile_as_plugin(slipway_sdk)
endif()
add_library(SlipwaySDK::sdk ALIAS slipway_sdk)
