// daylight-node: everything is in network/node.
#include "network/node/node.h"

int main(int argc, char** argv) { return day::network::node::RunNode(argc, argv); }
