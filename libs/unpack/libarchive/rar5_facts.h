// Which files of a RAR 5 archive are encrypted: libarchive passes their ciphertext on as content.
// Follows the "RAR 5.0 archive format" note: header blocks, their extra areas.
#pragma once

#include <vector>

#include "libs/base/bytes.h"

namespace day::unpack::libarchive {

// One element for each file header, in order, as far as the headers can be followed; empty for
// other files. Linear in the number of headers. Pure function.
std::vector<bool> EncryptedRar5Files(base::Bytes file);

}  // namespace day::unpack::libarchive
