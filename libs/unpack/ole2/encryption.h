// Whether Office's streams say that they are encrypted ([MS-DOC] FibBase, [MS-XLS] FilePass,
// [MS-PPT] CurrentUserAtom). Pure functions that look at a few bytes.
#pragma once

#include "libs/base/bytes.h"

namespace day::unpack::ole2 {

bool IsEncryptedWordStream(base::Bytes word_document);
bool IsEncryptedWorkbook(base::Bytes workbook);
bool IsEncryptedCurrentUser(base::Bytes current_user);

}  // namespace day::unpack::ole2
