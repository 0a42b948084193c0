// Reads the files of tests/fixtures. Only for tests.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace day::base {

// The file's bytes; `name` is its path below tests/fixtures ("archives/plain.zip"). Ends the test
// program if it is not there.
inline std::string ReadFixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/" + name,
                     std::ios::binary);
  if (!file) {
    std::cerr << "no fixture " << name << "\n";
    std::abort();
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

// What the fixtures of tests/fixtures/archives hold, as their generator wrote it.
inline std::string ArchivedText() {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "The quick brown fox jumps over the lazy dog.\n";
  }
  return text;
}

}  // namespace day::base
