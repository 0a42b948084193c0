// The command line of daylight-release.
#pragma once

namespace day::network::release {

// Exit code: 0 done, 1 not done (said why), 2 wrong use.
int RunRelease(int argc, char** argv);

}  // namespace day::network::release
