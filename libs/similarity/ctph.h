// Context-triggered piecewise hashes, as ssdeep 2.14 computes and compares them (J. Kornblum:
// "Identifying almost identical files using context triggered piecewise hashing", 2006): the bytes
// are cut where a rolling hash says so, and each piece gives one letter. Thread safety: pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::similarity {

struct CtphDigest {
  std::uint64_t block_size = 0;  // 3 times a power of two; about the length of a piece
  std::string pieces;            // at most 64 letters
  std::string double_pieces;     // at most 32 letters: the same with twice the block size
};

CtphDigest CtphOf(base::Bytes data);

// "48:letters:letters".
std::string CtphText(const CtphDigest& digest);

// The same, read; what ssdeep prints behind a comma is to be cut off before. Nothing if it is no
// digest.
std::optional<CtphDigest> ParseCtph(std::string_view text);

// 0: nothing in common, to 100: the same.
unsigned CtphScore(const CtphDigest& a, const CtphDigest& b);

}  // namespace day::similarity
