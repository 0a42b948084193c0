#include "network/release/tools.h"

#include <stdlib.h>

namespace day::network::release {

base::Result<os::ProgramOutput> RunTool(const std::vector<std::string>& arguments) {
  std::vector<std::string> environment = {"LC_ALL=C", "TZ=UTC", "NO_COLOR=1"};
  for (const char* name : {"PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR"}) {
    if (const char* value = ::secure_getenv(name)) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return os::RunProgram(arguments, environment, kToolOutputMaxBytes);
}

}  // namespace day::network::release
