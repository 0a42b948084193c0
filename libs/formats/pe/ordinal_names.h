// The names behind well-known import ordinals.
#pragma once

#include <cstdint>
#include <string_view>

namespace day::formats::pe {

// The function that ws2_32.dll, wsock32.dll or oleaut32.dll exports under `ordinal`; empty if
// unknown. `library` is compared without regard to case, and what follows ".dll" in it does not
// matter.
std::string_view OrdinalName(std::string_view library, std::uint16_t ordinal);

}  // namespace day::formats::pe
