// Names in RAR 3 and 4's headers. Pure function.
#pragma once

#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::rar {

// A name that is UTF-8, or a narrow name, a zero, and how the wide one differs from it; as UTF-8.
std::string UnpackName(base::Bytes packed);

}  // namespace day::unpack::rar
