// daylight-node: the security network's server. Roles are subcommands, or sections of one
// configuration file; today there is one, `log`. Exit codes: 0 done, 1 failed, 2 wrong use.
#pragma once

namespace day::network::node {

int RunNode(int argc, char** argv);

}  // namespace day::network::node
