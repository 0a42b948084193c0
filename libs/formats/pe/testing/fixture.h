// Reads a fixture of tests/fixtures/pe. Only for tests.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace day::formats::pe {

// The file's bytes; ends the test program if it is not there.
inline std::string ReadFixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/pe/" + name,
                     std::ios::binary);
  if (!file) {
    std::cerr << "no fixture " << name << "\n";
    std::abort();
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace day::formats::pe
