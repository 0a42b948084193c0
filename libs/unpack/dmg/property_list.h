// The few things that a disk image's property list (XML) is asked for. A scanner for tags, not an
// XML parser: entities stay as they are, and whatever is not understood is passed over.
// Thread safety: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::unpack::dmg {

struct NamedData {
  std::string_view name;
  std::string_view base64;
};

// Each <data> in the array behind <key>blkx</key>, with the last <string> behind a <key>Name</key>
// or CFName of the same dictionary. Linear in the text; at most `count_max`.
std::vector<NamedData> BlockTables(std::string_view text, std::size_t count_max);

// What the base64 digits of a text spell; white space between them is passed over. Nothing if there
// is anything else.
std::optional<std::string> DecodeLooseBase64(std::string_view text);

}  // namespace day::unpack::dmg
