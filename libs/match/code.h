// The layout of CompiledPattern::code, shared by those who write it and those who run it.
//
//   PatternHeader | PartHeader[part_count] | Gap[element_count - 1] | bodies of the parts
//
// All offsets are in bytes from the start of the code and multiples of 8. The code is trusted (see
// program.h), so reading it is not bounds-checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/pattern.h"

namespace day::match {

enum class PartType : std::uint32_t { kLiteral, kSegments, kAutomaton };

enum PartFlag : std::uint32_t {
  kPartNoCase = 1,
  kPartFullWord = 2,
  kPartXor = 4,
  kPartFixedOffset = 8,
  kPartGreedy = 16,
  kPartRawWord = 64,   // fullword looks at single bytes although the part is wide
  kPartShadowed = 32,  // a wide literal that is not looked at where its ASCII form matches
  kPartRanked = 128,   // a literal with its place in YARA's order; never with kPartXor
};

enum PatternFlag : std::uint32_t {
  kPatternChained = 1,
  kPatternLongest = 2,  // of several matches at an offset the longest stays
  kPatternOrdered = 8,  // the one found first stays, or last with kPatternLongest
  kPatternByPart = 4,   // the one of the first part stays; otherwise the shortest
};

struct PatternHeader {
  std::uint32_t part_count = 0;
  std::uint32_t element_count = 0;  // links of the chain, 1 if it is none
  std::uint32_t flags = 0;
  std::uint32_t gaps_at = 0;
};

struct PartHeader {
  PartType type = PartType::kLiteral;
  std::uint32_t flags = 0;
  std::uint32_t element = 0;
  std::uint32_t width = 1;  // bytes a character: 2 for wide
  std::uint32_t xor_min = 0;  // kPartRanked: where in the literal YARA's atom ends
  std::uint32_t xor_max = 0;  // kPartRanked: the rank among atoms that end there
  std::uint64_t fixed_offset = 0;
  std::uint32_t body_at = 0;
  std::uint32_t body_size = 0;
};

// Between the end of one link of a chain and the start of the next.
struct Gap {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

using Code = std::span<const std::uint64_t>;

template <typename T>
const T* CodeAt(Code code, std::size_t offset_bytes) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(code.data()) + offset_bytes);
}

inline const PatternHeader& HeaderOf(Code code) { return *CodeAt<PatternHeader>(code, 0); }
inline const PartHeader& PartOf(Code code, std::uint32_t part) {
  return CodeAt<PartHeader>(code, sizeof(PatternHeader))[part];
}

// Appends values to a code, each aligned to 8 bytes.
class CodeWriter {
 public:
  explicit CodeWriter(std::vector<std::uint64_t>& code) : code_(code) {}

  std::uint32_t size() const { return static_cast<std::uint32_t>(code_.size() * 8); }

  template <typename T>
  std::uint32_t Append(std::span<const T> values) {
    const std::uint32_t at = size();
    code_.resize(code_.size() + (values.size_bytes() + 7) / 8, 0);
    if (!values.empty()) {
      std::memcpy(reinterpret_cast<char*>(code_.data()) + at, values.data(), values.size_bytes());
    }
    return at;
  }
  template <typename T>
  std::uint32_t Append(const std::vector<T>& values) {
    return Append(std::span<const T>(values));
  }
  template <typename T>
  void Put(std::uint32_t at, const T& value) {
    std::memcpy(reinterpret_cast<char*>(code_.data()) + at, &value, sizeof(T));
  }

 private:
  std::vector<std::uint64_t>& code_;
};

// Whether (data[i] & mask[i]) == value[i] for all i < size.
inline bool EqualMasked(const std::uint8_t* value, const std::uint8_t* mask, std::size_t size,
                        const std::byte* data) {
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t v;
    std::uint64_t m;
    std::uint64_t d;
    std::memcpy(&v, value + i, 8);
    std::memcpy(&m, mask + i, 8);
    std::memcpy(&d, data + i, 8);
    if ((d & m) != v) {
      return false;
    }
  }
  for (; i < size; ++i) {
    if ((std::to_integer<std::uint8_t>(data[i]) & mask[i]) != value[i]) {
      return false;
    }
  }
  return true;
}

inline bool IsAlnum(std::byte b) {
  const auto c = std::to_integer<unsigned>(b);
  const unsigned lower = c | 0x20;
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}
inline bool IsLetter(std::uint8_t c) {
  const unsigned lower = c | 0x20u;
  return lower >= 'a' && lower <= 'z';
}

// fullword: no letter or digit on either side; for wide no (letter or digit, 0) pair. "_" is no
// word character here.
inline bool IsFullWord(base::Bytes data, std::uint64_t start, std::uint64_t length, bool wide) {
  const std::uint64_t end = start + length;
  if (wide) {
    if (start >= 2 && data[start - 1] == std::byte{0} && IsAlnum(data[start - 2])) {
      return false;
    }
    return !(end + 1 < data.size() && data[end + 1] == std::byte{0} && IsAlnum(data[end]));
  }
  if (start >= 1 && IsAlnum(data[start - 1])) {
    return false;
  }
  return !(end < data.size() && IsAlnum(data[end]));
}

}  // namespace day::match
