// What a pattern is: a text, hex or regular-expression string of a rule, parsed but not compiled.
//
// A match of a pattern is a pair (offset, length). Which pairs are reported (semantics of
// YARA 4.5.8):
//   - every offset at which the pattern matches, overlapping ones included, one match an offset;
//   - at one offset: greedy regexes the longest over all paths, ungreedy regexes and hex the
//   shortest;
//   - text: at one offset the ASCII form is tried before the wide one, then xor.
// See docs in libs/match/README.md for what each modifier means.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"

namespace day::match {

// 256 bits: the bytes a class accepts.
class ByteSet {
 public:
  constexpr void Add(std::uint8_t byte) { words_[byte >> 6] |= std::uint64_t{1} << (byte & 63); }
  constexpr void AddRange(std::uint8_t first, std::uint8_t last) {
    for (unsigned b = first; b <= last; ++b) {
      Add(static_cast<std::uint8_t>(b));
    }
  }
  constexpr bool Has(std::uint8_t byte) const { return (words_[byte >> 6] >> (byte & 63)) & 1; }
  constexpr void Negate() {
    for (std::uint64_t& word : words_) {
      word = ~word;
    }
  }
  constexpr ByteSet& operator|=(const ByteSet& other) {
    for (int i = 0; i < 4; ++i) {
      words_[i] |= other.words_[i];
    }
    return *this;
  }
  constexpr bool operator==(const ByteSet&) const = default;
  constexpr int Count() const {
    int count = 0;
    for (const std::uint64_t word : words_) {
      count += __builtin_popcountll(word);
    }
    return count;
  }

 private:
  std::uint64_t words_[4] = {0, 0, 0, 0};
};

inline constexpr std::uint32_t kUnbounded = 0xFFFFFFFF;

// A regular expression over bytes, as a flat tree: nodes refer to others by index; the root is
// last. Hex strings use the same tree (masked bytes are kMasked, jumps are repeats of kAny).
struct RegexTree {
  enum class Op : std::uint8_t {
    kEmpty,           // matches the empty text
    kByte,            // one byte equal to `value`
    kMasked,          // one byte b with (b & mask) == value; `negated` for hex ~
    kClass,           // one byte in sets[set]
    kAny,             // one byte; not '\n' unless dot_all
    kConcat,          // children in order
    kAlternate,       // one of the children; order has no meaning
    kRepeat,          // children[0], min..max times (max may be kUnbounded)
    kStart,           // ^ : start of the data
    kEnd,             // $ : end of the data
    kWordBoundary,    // \b
    kNotWordBoundary  // \B
  };
  struct Node {
    Op op = Op::kEmpty;
    std::uint8_t value = 0;
    std::uint8_t mask = 0xFF;
    bool negated = false;
    std::uint32_t set = 0;
    std::uint32_t min = 0;
    std::uint32_t max = 0;
    std::vector<std::uint32_t> children;
  };
  std::vector<Node> nodes;
  std::vector<ByteSet> sets;  // already closed under case if no_case, and then negated if negated
  bool greedy = true;         // hex strings and regexes with lazy quantifiers: false
  bool dot_all = false;       // hex strings: true
  bool no_case = false;       // from /i or `nocase`; kByte letters match both cases
};

struct XorRange {
  std::uint8_t min = 0;
  std::uint8_t max = 255;
};

// One string of a rule with its modifiers.
struct PatternSpec {
  enum class Kind : std::uint8_t { kText, kHex, kRegex };

  Kind kind = Kind::kText;
  std::string text;  // kText: the bytes
  RegexTree tree;    // kHex, kRegex
  bool no_case = false;
  bool ascii = true;
  bool wide = false;
  bool full_word = false;
  std::optional<XorRange> xor_range;
  // Alphabets of 64 bytes when the modifier is present, else empty.
  std::string base64_alphabet;
  std::string base64_wide_alphabet;
  // Set when the only use of the string is `$a at CONSTANT`: it is looked for there alone.
  std::optional<std::uint64_t> fixed_offset;
};

// One match. xor_key is 0 unless found through the xor modifier.
struct Match {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint8_t xor_key = 0;

  bool operator==(const Match&) const = default;
};

// Matches of one pattern in one file beyond this are not recorded (YR_MAX_STRING_MATCHES).
inline constexpr std::uint64_t kMatchesMax = 1'000'000;
// How far a regular expression looks forward and backward from its atom (YR_RE_SCAN_LIMIT).
inline constexpr std::uint32_t kRegexScanMax = 4096;

}  // namespace day::match
