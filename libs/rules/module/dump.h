// Everything a module says of a file, as text: what `yara -D` prints, byte for byte.
//
// Fields come in the order in which YARA's tables happen to be linked: the reverse of the schema's
// in the module itself, the schema's in elements of arrays and dictionaries (which are copies), the
// reverse again in elements within elements. Functions are left out.
// Thread safety: safe for different instances.
#pragma once

#include <string>

#include "libs/rules/module/module.h"

namespace day::rules::module {

// Appends the module's name, its fields and a final newline. REQUIRES: the instance is one of the
// module's and is bound.
void AppendDump(const Module& module, Instance& instance, std::string& text);

}  // namespace day::rules::module
