// daylight-release: everything is in network/release.
#include "network/release/cli.h"

int main(int argc, char** argv) { return day::network::release::RunRelease(argc, argv); }
