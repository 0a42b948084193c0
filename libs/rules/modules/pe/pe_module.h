// The `pe` module of the YARA language, as in YARA 4.5.8: what rules ask of PE files.
//
// Every part of a file is read when a rule first asks for it, and once: headers, imports, delayed
// imports, exports, resources, version strings, Rich header, PDB path, signatures, import hash.
// Values, undefined ones and limits are YARA's for every input, malformed ones included, but for a
// handful of limits that YARA lacks (docs/formats/pe.md lists them).
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::pe {

std::unique_ptr<module::Module> CreatePeModule();

}  // namespace day::rules::modules::pe
