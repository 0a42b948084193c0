# cmake -DTRUST=FOLDER -DOUT=FILE.cc -P write_pinned_trust.cmake: what endpoint/updater/pinned_trust.h declares, from the
# folder's root.json, policy and mirrors; nothing of them if TRUST is empty.
set(texts "")
foreach(name root.json policy mirrors)
  set(text "")
  if(TRUST)
    if(NOT EXISTS "${TRUST}/${name}")
      message(FATAL_ERROR "DAYLIGHT_TRUST: ${TRUST}/${name} is missing; the folder holds root.json, policy and mirrors")
    endif()
    file(READ "${TRUST}/${name}" text)
  endif()
  string(APPEND texts "    R\"daylight-pin(${text})daylight-pin\",\n")
endforeach()
file(CONFIGURE OUTPUT "${OUT}" @ONLY CONTENT [[// Made by cmake/write_pinned_trust.cmake.
#include "endpoint/updater/pinned_trust.h"

namespace day::endpoint::updater {

const PinnedTrust kPinnedTrust = {
@texts@};

}  // namespace day::endpoint::updater
]])
