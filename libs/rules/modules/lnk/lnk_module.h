// The module `lnk` of YARA-X (https://virustotal.github.io/yara-x/docs/modules/lnk/), over
// formats::lnk: the facts in a Windows shell link. Fields that a file does not have are undefined;
// is_lnk has a value on every file.
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::lnk {

std::unique_ptr<module::Module> CreateLnkModule();

}  // namespace day::rules::modules::lnk
