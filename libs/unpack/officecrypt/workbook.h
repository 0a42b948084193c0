// Workbooks before 2007 that ask for a password: the record FILEPASS says how what follows it is
// encrypted. Specification: [MS-XLS] 2.2.10 and 2.4.117, [MS-OFFCRYPTO] 2.3.5 to 2.3.7: XOR
// obfuscation (BIFF5 and BIFF8), RC4, RC4 CryptoAPI. Heads of records and a few records stay
// plain. A pure function, but for the budget.
#pragma once

#include <span>
#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::officecrypt {

// How many records may stand in front of FILEPASS: Office writes it second.
inline constexpr int kRecordsBeforeFilePassMax = 16;

// Whether there is a FILEPASS.
bool IsEncryptedWorkbook(base::Bytes workbook);

// Overwrites `out` with the workbook's stream in the clear, FILEPASS included. Returns "" or the
// gap; then `out` is empty.
std::string DecryptWorkbook(base::Bytes workbook, std::span<const std::string> passwords,
                            base::Budget& budget, inflate::OutputBuffer& out);

}  // namespace day::unpack::officecrypt
