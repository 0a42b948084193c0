// Whether the program that runs is the one that the public log has as its newest release.
//
// Programs are installed by the system's package manager, not by updates; the log says which bytes
// its makers released, so that nobody can be given others unseen. Thread safety: free functions.
#pragma once

#include <string>

#include "libs/base/result.h"
#include "libs/update/statement.h"

namespace day::endpoint::updater {

struct ProgramCheck {
  bool released = false;  // every file of the release that is beside this program has its bytes
  std::string words;
};
// `folder`: where the programs are. REQUIRES: engine.kind is kEngine.
ProgramCheck CheckProgram(const update::Statement& engine, const std::string& folder);

}  // namespace day::endpoint::updater
