// The module `cuckoo` (YARA 4.5.8, docs/modules/cuckoo.rst): a file's behaviour as a Cuckoo sandbox
// reported it, given as JSON with `-x cuckoo=FILE` (ScanInput::module_data).
//
// Without a report every function is 0. With one that is not JSON, YARA refuses to scan; so that a
// program can do the same, CheckReport() says so beforehand, and the module itself is then
// undefined. A report has at most kReportBytesMax bytes and kReportDepthMax levels of nesting (that
// of jansson, which YARA uses). It is parsed when a rule first asks, once for a report that stays
// the same view. Exceptions of the JSON library do not leave this folder.
#pragma once

#include <cstddef>
#include <memory>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/rules/module/module.h"

namespace day::rules::modules::cuckoo {

inline constexpr std::size_t kReportBytesMax = std::size_t{128} << 20;
inline constexpr std::size_t kReportDepthMax = 2048;

// Errors: kMalformed if `report` is not a JSON object or array, kLimit beyond the limits above.
base::Status CheckReport(base::Bytes report);

std::unique_ptr<module::Module> CreateCuckooModule();

}  // namespace day::rules::modules::cuckoo
