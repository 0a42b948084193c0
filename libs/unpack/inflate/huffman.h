// Decoding tables for deflate's canonical Huffman codes (RFC 1951, 3.2.2).
//
// A table is looked up with the next bits of the stream, lowest bit first. Codes longer than the
// primary index lead to a subtable. What a symbol means (a literal, a base with extra bits) is
// stored in the entry itself, so decoding a symbol is one load, rarely two.
//
// Entry, from bit 0: bits to consume (5) | unused | number of extra bits or, in a pointer, index
// bits of the subtable (4, from bit 8) | flags (4, from bit 12) | value, base or subtable position
// (16).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace day::unpack::inflate {

inline constexpr std::uint32_t kEntryLiteral = 1u << 12;
inline constexpr std::uint32_t kEntryEndOfBlock = 1u << 13;
inline constexpr std::uint32_t kEntrySubtable = 1u << 14;
inline constexpr std::uint32_t kEntryInvalid = 1u << 15;
inline constexpr std::uint32_t kEntryExceptional =
    kEntryEndOfBlock | kEntrySubtable | kEntryInvalid;

constexpr std::uint32_t EntryBits(std::uint32_t entry) { return entry & 31; }
constexpr std::uint32_t EntryExtra(std::uint32_t entry) { return (entry >> 8) & 15; }
constexpr std::uint32_t EntryValue(std::uint32_t entry) { return entry >> 16; }

inline constexpr unsigned kCodeBitsMax = 15;
inline constexpr unsigned kLiteralTableBits = 11;
inline constexpr unsigned kDistanceTableBits = 8;
inline constexpr unsigned kLengthCodeTableBits = 7;
inline constexpr std::size_t kLiteralSymbolsMax = 288;
inline constexpr std::size_t kDistanceSymbolsMax = 32;
inline constexpr std::size_t kLengthCodeSymbols = 19;
// The largest tables that complete codes of these sizes need are 2342 and 402 entries; BuildTable
// checks the bound all the same.
inline constexpr std::size_t kLiteralTableSize = 2400;
inline constexpr std::size_t kDistanceTableSize = 416;
inline constexpr std::size_t kLengthCodeTableSize = 128;

enum class Alphabet : std::uint8_t { kLiterals, kDistances, kLengthCodes };

// Fills `table` for the code whose symbol i has lengths[i] bits (0: unused). False if the lengths
// are no prefix code, or an incomplete one. As every decoder in use does, one single code of one
// bit is accepted in the literal and distance alphabets, and so is a code without symbols: every
// use of it is then invalid. REQUIRES: lengths <= kCodeBitsMax; table has the size named above.
bool BuildTable(std::span<const std::uint8_t> lengths, Alphabet alphabet, unsigned primary_bits,
                std::span<std::uint32_t> table);

}  // namespace day::unpack::inflate
