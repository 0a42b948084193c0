// EA06 scripts as text: AutoIt's compiler stores the tokens of a script, not its letters.
//
// A count of lines, then tokens: a byte of kind, and by kind a number, an operator, or a word of
// UTF-16 that is XORed with its length. Written as ClamAV writes them, whose signatures look
// there: a blank behind each token but the names of the script's functions, numbers in hexadecimal,
// texts in quotes, variables behind `$`, words that are stored by number in capitals. Linear.
// Thread safety: safe.
#pragma once

#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::autoit {

struct ScriptText {
  base::Bytes text;  // in `buffer`: up to the first token that is none
  std::string gap;   // "" or why there is no more of it
};

// Appends to `buffer`, which is cleared; every byte is paid from `budget`.
ScriptText WriteScript(base::Bytes tokens, base::Budget& budget, inflate::OutputBuffer& buffer);

}  // namespace day::unpack::autoit
