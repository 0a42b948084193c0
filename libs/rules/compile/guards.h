// What the first bytes of a file are known to be in each partition, and what follows for
// conditions: uint16(0) == 0x5A4D is true for every file of kPe and false for every other.
//
// Pure functions; "possible" answers err on the side of true.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/match/pattern.h"
#include "libs/rules/compile/layout.h"
#include "libs/rules/module/module.h"

namespace day::rules::compile {

// The value of an integer read (Node::value of kReadInt) if every file of the partition has it.
std::optional<std::int64_t> KnownRead(Partition partition, std::int64_t width, std::int64_t offset);

// Whether some file of the partition may give `value` for that read.
bool ReadCanEqual(Partition partition, std::int64_t width, std::int64_t offset, std::int64_t value);

// Whether the string may match at `offset` of some file of the partition.
bool PatternCanMatchAt(Partition partition, const match::PatternSpec& spec, std::uint64_t offset);

// Whether fields of a module of this format may be defined in the partition.
bool FormatPossible(Partition partition, module::Format format);

}  // namespace day::rules::compile
