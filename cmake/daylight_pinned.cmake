# The network that the programs trust from the start (endpoint/updater/pinned_trust.h).
set(DAYLIGHT_TRUST "" CACHE PATH "Folder with root.json, policy and mirrors to trust from the start; empty: none")
set(pinned "${CMAKE_BINARY_DIR}/pinned_trust.cc")
execute_process(
  COMMAND "${CMAKE_COMMAND}" "-DTRUST=${DAYLIGHT_TRUST}" "-DOUT=${pinned}" -P
          "${CMAKE_SOURCE_DIR}/cmake/write_pinned_trust.cmake"
  COMMAND_ERROR_IS_FATAL ANY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/write_pinned_trust.cmake")
foreach(name root.json policy mirrors)
  if(DAYLIGHT_TRUST)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${DAYLIGHT_TRUST}/${name}")
  endif()
endforeach()
target_sources(daylight_endpoint_updater PRIVATE "${pinned}")
