// The parts of ClamAV's body signatures, as data: what the readers of texts make and the builder of
// the database takes. docs/formats/clamav-signatures.md has the grammar.
//
//   pattern    "aabb*cc(dd|ee)": parts with gaps between; what one hexadecimal string says
//   subsignature  one or two patterns (ascii and wide), a byte comparison, a regex, a macro or an
//                 image hash
//   signature  a line of .db, .ndb or .ldb: subsignatures, logic over their counts, conditions
//
// Plain values. Thread safety: as for any value type.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/signatures/clamav/file_types.h"

namespace day::signatures::clamav {

// A byte of which the bits under `mask` are known.
struct MaskedByte {
  std::uint8_t value = 0;
  std::uint8_t mask = 0;
  bool operator==(const MaskedByte&) const = default;
};

enum class Test : std::uint8_t { kNone, kBoundary, kLine, kWord };  // none, (B), (L), (W)

struct Element {
  enum class Kind : std::uint8_t {
    kBytes,
    kChoices,  // (aa|bb); negated: bytes of that length that are none of them
    kTest,     // (B), (L) or (W) inside a part: it takes the bytes it looks at
  };
  Kind kind = Kind::kBytes;
  bool negated = false;
  Test test = Test::kNone;
  std::vector<MaskedByte> bytes;
  std::vector<std::vector<Element>> choices;
};

// A test at an end of a part, which takes no bytes.
struct Edge {
  Test test = Test::kNone;
  bool negated = false;
};

// One byte at a distance of min to max bytes from an end: aa[2-5]HEX.
struct FarByte {
  MaskedByte byte;
  std::uint32_t distance_min = 0;
  std::uint32_t distance_max = 0;
};

struct Part {
  std::vector<Element> elements;
  Edge left;
  Edge right;
  std::optional<FarByte> far_left;
  std::optional<FarByte> far_right;
  bool is_wide = false;  // each byte is followed by a zero: neighbours at ends are pairs
  // Bytes between the part before and this one; a maximum of 0 is no maximum.
  std::uint32_t gap_min = 0;
  std::uint32_t gap_max = 0;
};

struct Offset {
  enum class Kind : std::uint8_t {
    kAny,
    kAbsolute,
    kFromEnd,         // EOF-n
    kEntryPlus,       // EP+n
    kEntryMinus,      // EP-n
    kSection,         // Sx+n
    kLastSection,     // SL+n
    kInSection,       // SEx
    kVersionStrings,  // VI
    kMacro,           // $n$: the pattern is in macro group n and says nothing alone
  };
  Kind kind = Kind::kAny;
  std::uint32_t number = 0;   // n
  std::uint32_t section = 0;  // x
  std::uint32_t shift = 0;    // matches start in [offset, offset + shift]
};

struct Pattern {
  std::vector<Part> parts;  // at least one
  Offset offset;
};

// id(shift#options length#comparison[,comparison])
struct ByteCompare {
  enum class Base : std::uint8_t { kHex, kDecimal, kAuto, kBinary };
  struct Comparison {
    char op = '=';  // '<', '>' or '='
    std::uint64_t value = 0;
  };
  std::uint8_t id = 0;
  std::int64_t shift = 0;  // from the last match of `id`
  Base base = Base::kHex;
  bool little_endian = false;
  bool exact = false;
  std::uint32_t length = 0;
  std::vector<Comparison> comparisons;  // one or two
};

// [offset:]trigger/regex/flags
struct RegexTest {
  Offset offset;
  std::string trigger;  // logic over earlier ids
  std::string pattern;
  std::string flags;  // of "ismxAEUgre"
};

// ${min-max}group$: a pattern of the group starts min to max bytes behind the subsignature before.
struct MacroTest {
  std::uint32_t distance_min = 0;
  std::uint32_t distance_max = 0;
  std::uint32_t group = 0;
};

// fuzzy_img#hash: a picture of exactly this perceptual hash.
struct ImageTest {
  std::uint64_t hash = 0;
};

using PatternList = std::vector<Pattern>;
using Subsignature = std::variant<PatternList, ByteCompare, RegexTest, MacroTest, ImageTest>;

struct Range {
  std::uint32_t min = 0;
  std::uint32_t max = 0;
};

// What a signature asks of an object beside its bytes.
struct Conditions {
  std::uint8_t target = 0;
  std::optional<Range> file_size;
  std::optional<Range> entry_point;  // a file offset
  std::optional<Range> section_count;
  std::optional<ClamType> container;
  std::vector<ClamType> intermediates;  // innermost last
  // Icons of the program; both are empty if nothing is asked, else "*" is any.
  std::string icon_group1;
  std::string icon_group2;
  std::optional<ClamType> handler;  // no finding: the object is to be taken for this type
};

struct Signature {
  std::string name;
  Conditions conditions;
  std::string logic;  // "0" for .db and .ndb
  std::vector<Subsignature> subsignatures;
};

inline constexpr std::uint32_t kMacroGroupCount = 32;
inline constexpr std::size_t kSubsignatureCountMax = 64;
inline constexpr std::uint8_t kTargetMax = 14;

}  // namespace day::signatures::clamav
