// The command line of daylight-release.
#pragma once

namespace day::network::release {

// Exit codes: 0 done; 1 a proposal that failed its test; 2 wrong use, or a failure.
int RunRelease(int argc, char** argv);

}  // namespace day::network::release
