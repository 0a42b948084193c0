// The `daylight` program: which subcommands there are, and how they are reached.
//
// A subcommand is one file with one function of this shape. It gets the words after its name,
// prints to standard output and standard error, and returns the exit code. It parses its own
// options, because `daylight yara` must read them as yara does. To add one: declare it here, list
// it in cli.cc, and put its help page into texts.cc.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace day::endpoint::cli {

using Arguments = std::vector<std::string>;

// What `daylight scan` promises to scripts; other subcommands keep to it where it makes sense.
inline constexpr int kExitClean = 0;  // nothing found, everything looked at
inline constexpr int kExitFound = 1;  // something found
inline constexpr int kExitError = 2;  // wrong usage, a failure, or something was not looked at

int RunScan(const Arguments& arguments);
int RunImport(const Arguments& arguments);

// Finds the subcommand and runs it. Never throws.
int RunCli(std::span<char* const> words);

}  // namespace day::endpoint::cli
