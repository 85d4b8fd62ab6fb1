# What `cmake --install` puts where, beside the SDK's own rules (sdk/) and the packages' (slipway_add_plugin):
#   bin/                          programs
#   share/slipway/manifests/      profiles and their schema
#   share/slipway/config/         site configuration and its schema
#   lib/systemd/system/           the service; not below the library directory, where systemd does not look
# Nothing of it knows where it is: programs find the rest relative to themselves.
foreach(program slipway slipwayd slipway-worker slipway-backtest slipway-kit slipway-packages slipway-rehearse slipway-storage)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  endif()
endforeach()
install(DIRECTORY manifests config DESTINATION ${CMAKE_INSTALL_DATADIR}/slipway COMPONENT programs)
install(FILES packaging/systemd/slipwayd.service DESTINATION lib/systemd/system COMPONENT programs)
