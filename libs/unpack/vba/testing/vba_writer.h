// Writes the streams of VBA projects for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace day::unpack::vba {

// [MS-OVBA] 2.4.1.3: with matches, as Office writes it.
std::string Compress(const std::string& text);

struct ModuleText {
  std::string name;
  std::string pcode;   // before the source
  std::string source;  // empty: none at all
};

// The stream "dir", compressed, and a module's stream.
std::string DirStream(const std::vector<ModuleText>& modules);
std::string ModuleStream(const ModuleText& module);

// The instruction that loads a text constant.
std::string PcodeLiteral(const std::string& text);

}  // namespace day::unpack::vba
