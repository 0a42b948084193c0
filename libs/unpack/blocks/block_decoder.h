// Decodes the blocks that images and installers pack one by one: zlib, xz, lzma-alone, zstd, bzip2,
// raw LZ4, ADC, LZO1X, LZVN, LZFSE.
//
//   const std::string gap = decoder.Decode(Codec::kZlib, packed, size_max, budget, out);
//
// What was decoded before damage is kept in `out`. The output is not paid as bytes of the Budget
// (blocks may hold parts of many objects): work is, as kStepsPerBlock, kStepsPerByte of output and
// kStepsPerSlowByte of input.
// `size_max` bounds the output; a block that would give more is damaged. Not thread-safe; use one
// decoder again and again.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::blocks {

inline constexpr std::uint64_t kStepsPerBlock = 5000;
inline constexpr std::uint64_t kStepsPerByte = 2;
// Of what is packed, for the codecs that are slow bit by bit: lzma, xz, bzip2.
inline constexpr std::uint64_t kStepsPerSlowByte = 8;

enum class Codec : std::uint8_t {
  kStored,
  kZlib,
  kLzma,
  kXz,
  kLz4,
  kZstd,
  kBzip2,
  kAdc,
  kLzo,
  kLzvn,
  kLzfse
};

class BlockDecoder {
 public:
  // Appends to `out`. Empty for success, else "damaged: ...", "unsupported: ...", "limit ...".
  std::string Decode(Codec codec, base::Bytes packed, std::uint64_t size_max, base::Budget& budget,
                     inflate::OutputBuffer& out);

 private:
  std::string DecodeZlib(base::Bytes packed, base::Budget& purse, inflate::OutputBuffer& out);

  inflate::Inflater inflater_;
};

}  // namespace day::unpack::blocks
