// The forms a text takes inside base64: one for each of the three ways it can fall on the groups.
#pragma once

#include <string>
#include <vector>

#include "libs/match/pattern.h"

namespace day::match {

// In YARA's order. The characters that depend on neighbouring bytes are cut off.
// REQUIRES: spec.kind is kText and has an alphabet of 64 bytes.
std::vector<std::string> Base64Forms(const PatternSpec& spec);

}  // namespace day::match
