#include "libs/match/literal.h"

#include <algorithm>
#include <vector>

namespace day::match {
namespace {

// Longer literals offer a window at every fourth position only: neighbours share most bytes.
constexpr std::size_t kDenseWindowsSizeMax = 64;
constexpr std::size_t kSparseStride = 4;
constexpr std::uint8_t kCaseMask = 0xDF;

Atom Window(const LiteralSpec& spec, std::size_t start, std::uint8_t key) {
  Atom atom;
  atom.size = static_cast<std::uint8_t>(std::min(kAtomSizeMax, spec.bytes.size() - start));
  atom.anchor = static_cast<std::uint32_t>(start);
  for (std::size_t i = 0; i < atom.size; ++i) {
    const auto byte = static_cast<std::uint8_t>(spec.bytes[start + i]);
    const bool folded = spec.no_case && IsLetter(byte);
    atom.mask[i] = folded ? kCaseMask : 0xFF;
    atom.value[i] = static_cast<std::uint8_t>((byte & atom.mask[i]) ^ key);
  }
  return atom;
}

std::size_t DistinctBytes(const LiteralSpec& spec, std::size_t start, std::size_t size) {
  ByteSet set;
  for (std::size_t i = 0; i < size; ++i) {
    set.Add(static_cast<std::uint8_t>(spec.bytes[start + i]));
  }
  return static_cast<std::size_t>(set.Count());
}

// One choice: the window with the most variety, once for every key.
PartAtoms XorAtoms(const LiteralSpec& spec) {
  const std::size_t size = std::min(kAtomSizeMax, spec.bytes.size());
  std::size_t best = 0;
  for (std::size_t start = 0; start + size <= spec.bytes.size(); ++start) {
    if (DistinctBytes(spec, start, size) > DistinctBytes(spec, best, size)) {
      best = start;
    }
  }
  AtomChoice choice;
  for (unsigned key = spec.xor_range->min; key <= spec.xor_range->max; ++key) {
    choice.atoms.push_back(Window(spec, best, static_cast<std::uint8_t>(key)));
  }
  return {{std::move(choice)}};
}

bool EqualXored(const std::uint8_t* value, std::size_t size, const std::byte* data,
                std::uint8_t key) {
  for (std::size_t i = 0; i < size; ++i) {
    if (std::to_integer<std::uint8_t>(data[i]) != (value[i] ^ key)) {
      return false;
    }
  }
  return true;
}

// Whether the ASCII form of a wide literal stands at `offset` too: YARA then never tries the wide
// one.
bool AsciiFormMatches(const std::uint8_t* value, const std::uint8_t* mask, std::size_t size,
                      base::Bytes data, std::uint64_t offset, std::uint8_t key) {
  const std::size_t characters = size / 2;
  if (characters > data.size() - offset) {
    return false;
  }
  for (std::size_t i = 0; i < characters; ++i) {
    const auto byte = std::to_integer<std::uint8_t>(data[offset + i]);
    if (((byte ^ key) & mask[2 * i]) != value[2 * i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

void WriteLiteral(const LiteralSpec& spec, CodeWriter& writer, PartHeader& part) {
  std::vector<std::uint8_t> body;
  body.reserve(spec.bytes.size() * 2);
  for (const char c : spec.bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    body.push_back(spec.no_case && IsLetter(byte) ? byte & kCaseMask : byte);
  }
  for (const char c : spec.bytes) {
    body.push_back(spec.no_case && IsLetter(static_cast<std::uint8_t>(c)) ? kCaseMask : 0xFF);
  }
  part.type = PartType::kLiteral;
  part.width = spec.width;
  part.body_at = writer.Append(body);
  part.body_size = static_cast<std::uint32_t>(spec.bytes.size());
  if (spec.no_case) {
    part.flags |= kPartNoCase;
  }
  if (spec.shadowed) {
    part.flags |= kPartShadowed;
  }
  if (spec.xor_range != nullptr) {
    part.flags |= kPartXor;
    part.xor_min = spec.xor_range->min;
    part.xor_max = spec.xor_range->max;
  }
}

PartAtoms LiteralAtoms(const LiteralSpec& spec) {
  if (spec.xor_range != nullptr) {
    return XorAtoms(spec);
  }
  const std::size_t size = spec.bytes.size();
  const std::size_t last = size > kAtomSizeMax ? size - kAtomSizeMax : 0;
  const std::size_t stride = size <= kDenseWindowsSizeMax ? 1 : kSparseStride;
  const std::size_t wanted = last / stride + 1;
  const std::size_t step = stride * ((wanted + kChoicesPerPartMax - 1) / kChoicesPerPartMax);
  PartAtoms atoms;
  for (std::size_t start = 0; start <= last; start += step) {
    atoms.choices.push_back({{Window(spec, start, 0)}});
  }
  return atoms;
}

bool MatchLiteral(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                  Match& match) {
  const std::size_t size = part.body_size;
  if (offset > data.size() || size > data.size() - offset) {
    return false;
  }
  if ((part.flags & kPartFixedOffset) != 0 && part.fixed_offset != offset) {
    return false;
  }
  const std::uint8_t* value = CodeAt<std::uint8_t>(code, part.body_at);
  const std::uint8_t* mask = value + size;
  const std::byte* at = data.data() + offset;
  std::uint8_t key = 0;
  if ((part.flags & kPartXor) != 0) {
    key = std::to_integer<std::uint8_t>(at[0]) ^ value[0];
    if (key < part.xor_min || key > part.xor_max || !EqualXored(value, size, at, key)) {
      return false;
    }
  } else if (!EqualMasked(value, mask, size, at)) {
    return false;
  }
  if ((part.flags & kPartShadowed) != 0 && AsciiFormMatches(value, mask, size, data, offset, key)) {
    return false;
  }
  if ((part.flags & kPartFullWord) != 0 && !IsFullWord(data, offset, size, part.width == 2)) {
    return false;
  }
  match = {offset, static_cast<std::uint32_t>(size), key};
  return true;
}

}  // namespace day::match
