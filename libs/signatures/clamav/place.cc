#include "libs/signatures/clamav/place.h"

namespace day::signatures::clamav {
namespace {

std::optional<std::uint64_t> FirstOf(const Offset& offset, std::uint64_t size_bytes,
                                     const ProgramFacts& program) {
  using Kind = Offset::Kind;
  const std::uint64_t number = offset.number;
  switch (offset.kind) {
    case Kind::kFromEnd:
      return number <= size_bytes ? std::optional(size_bytes - number) : std::nullopt;
    case Kind::kEntryPlus:
      return program.entry_point + number;
    case Kind::kEntryMinus:
      return number <= program.entry_point ? std::optional(program.entry_point - number)
                                           : std::nullopt;
    case Kind::kSection:
    case Kind::kInSection:
      if (offset.section >= program.sections.size()) {
        return std::nullopt;
      }
      return program.sections[offset.section].offset + number;
    case Kind::kLastSection:
      return program.sections.empty() ? std::nullopt
                                      : std::optional(program.sections.back().offset + number);
    default:
      return number;
  }
}

}  // namespace

std::optional<Place> PlaceOf(const Offset& offset, std::uint64_t size_bytes,
                             const ProgramFacts& program, bool is_program_target) {
  using Kind = Offset::Kind;
  if (offset.kind == Kind::kAny || offset.kind == Kind::kMacro) {
    return Place{0, size_bytes};
  }
  if (offset.kind != Kind::kAbsolute && !program.parsed &&
      (is_program_target || offset.kind != Kind::kFromEnd)) {
    return std::nullopt;
  }
  if (offset.kind == Kind::kVersionStrings) {
    return program.version_strings.empty() ? std::nullopt
                                           : std::optional(Place{program.version_strings.front(),
                                                                 program.version_strings.back()});
  }
  const auto first = FirstOf(offset, size_bytes, program);
  if (!first) {
    return std::nullopt;
  }
  std::uint64_t length = offset.shift;
  if (offset.kind == Kind::kInSection) {
    length += program.sections[offset.section].size_bytes;
  }
  return Place{*first, *first + length};
}

}  // namespace day::signatures::clamav
