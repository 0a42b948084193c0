// daylight: the program for people. Everything is in endpoint/cli.
#include <span>

#include "endpoint/cli/cli.h"

int main(int argc, char** argv) {
  return day::endpoint::cli::RunCli(std::span<char* const>(argv, static_cast<std::size_t>(argc)));
}
