// ClamAV's names of file types, as conditions of logical signatures use them ("CL_TYPE_PDF").
//
// A type is the index of its name in this table, and the table's order is part of the database
// file's version. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace day::signatures::clamav {

using ClamType = std::uint16_t;

// The type of this name, or nothing if ClamAV's engine has none of it. Exact, as there.
std::optional<ClamType> TypeOfName(std::string_view name);
// Empty for a number that is no type.
std::string_view TypeName(ClamType type);
// The Target that objects of this type belong to beside 0, or 0 if there is none.
std::uint8_t TargetOfType(ClamType type);

}  // namespace day::signatures::clamav
