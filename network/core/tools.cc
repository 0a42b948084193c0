#include "network/core/tools.h"

#include <stdlib.h>

#include "libs/os/system.h"

namespace day::network::core {

base::Result<std::string> ProgramBeside(std::string_view name) {
  DAY_TRY_ASSIGN(const std::string self, os::ExecutablePath());
  return self.substr(0, self.rfind('/') + 1) + std::string(name);
}

base::Result<os::ProgramOutput> RunTool(const std::vector<std::string>& arguments) {
  std::vector<std::string> environment = {"LC_ALL=C", "TZ=UTC", "NO_COLOR=1"};
  for (const char* name : {"PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR"}) {
    if (const char* value = ::secure_getenv(name)) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return os::RunProgram(arguments, environment, kToolOutputMaxBytes);
}

}  // namespace day::network::core
