// What readers of documents give: one object out of a document, paid from the Budget.
//
//   std::optional<Part> Next(base::Budget&, inflate::Inflater&, inflate::OutputBuffer&);
//
// is what each of them has; contents are views into the file, the caller's buffer or the reader,
// and valid until the next Next(). Pure functions but for the budget they spend.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"

namespace day::unpack::document {

enum class PartKind : std::uint8_t {
  kFile,
  kVbaMacro,  // the source of a VBA module, or what is left of it
  kXlmMacro,  // the formulas of an Excel 4 macro sheet
  kMessage,   // declared to be a mail
};

struct Part {
  std::string name;
  base::Bytes content;
  bool has_content = false;
  std::string gap;  // "" or why not all of it is there: "limit ...", "damaged: ...", "encrypted"
  PartKind kind = PartKind::kFile;
  bool is_encrypted = false;  // also if a password was found, and what it opens comes next
};

// How many bytes one more object may have, and the limit that says so.
struct Room {
  std::uint64_t size_bytes = 0;
  base::Limit limit = base::Limit::kNone;
};
Room RoomOf(const base::Budget& budget);

// "limit file_bytes_max", as gaps have it; the budget remembers it.
std::string LimitGap(base::Limit limit, base::Budget& budget);

// Pays for a part that is a view, cut down to what the budget holds; then the gap says so.
Part PaidPart(std::string name, base::Bytes view, base::Budget& budget);

}  // namespace day::unpack::document
