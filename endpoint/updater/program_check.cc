#include "endpoint/updater/program_check.h"

#include <fmt/core.h>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"

namespace day::endpoint::updater {

ProgramCheck CheckProgram(const update::Statement& engine, const std::string& folder) {
  constexpr std::uint64_t kProgramMaxBytes = 1u << 30;
  std::size_t compared = 0;
  for (const update::Subject& subject : engine.subjects) {
    const bool plain = !subject.name.empty() && subject.name.find('/') == std::string::npos;
    const auto bytes = plain ? os::ReadFile(folder + "/" + subject.name, kProgramMaxBytes)
                             : base::Result<std::string>(os::ErrnoError("", 0));
    if (!bytes.ok()) {
      continue;  // not installed here
    }
    ++compared;
    if (crypto::Sha256Hex(base::AsBytes(*bytes)) != subject.sha256) {
      return {false, fmt::format("the log's newest release of Daylight is {}; {} here is another: "
                                 "an older or newer version, or built by somebody else",
                                 engine.text, subject.name)};
    }
  }
  if (compared == 0) {
    return {false, fmt::format("the log's newest release of Daylight is {}; none of its files is "
                               "here",
                               engine.text)};
  }
  return {true, fmt::format("program: Daylight {}, {} files as released", engine.text, compared)};
}

}  // namespace day::endpoint::updater
