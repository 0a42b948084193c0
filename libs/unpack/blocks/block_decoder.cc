#include "libs/unpack/blocks/block_decoder.h"

#include <lz4.h>

#include <algorithm>
#include <limits>

#include "libs/unpack/blocks/lzfse.h"
#include "libs/unpack/blocks/lzo.h"
#include "libs/unpack/blocks/lzvn.h"
#include "libs/unpack/inflate/zlib.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::blocks {
namespace {

constexpr std::string_view kTooLong = "damaged: a block is longer than it may be";
constexpr std::string_view kNoMemory = "unsupported: no memory for the output";

// Every block has its own: a block that is too long must not look like a limit of the user's.
base::Budget PurseOf(std::uint64_t size_max) {
  base::BudgetLimits limits;
  limits.bytes_out_max = size_max;
  limits.file_bytes_max = size_max;
  limits.ratio_max = std::numeric_limits<std::uint64_t>::max();
  return base::Budget(limits);
}

bool IsSlow(Codec codec) {
  return codec == Codec::kLzma || codec == Codec::kXz || codec == Codec::kBzip2;
}

std::string DecodeLz4(base::Bytes packed, std::uint64_t size_max, inflate::OutputBuffer& out) {
  constexpr std::uint64_t kIntMax = std::numeric_limits<int>::max();
  if (packed.size() > kIntMax || size_max > kIntMax) {
    return "unsupported: LZ4 block above 2 GiB";
  }
  if (!out.Reserve(static_cast<std::size_t>(size_max))) {
    return std::string(kNoMemory);
  }
  const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()),
                                       reinterpret_cast<char*>(out.free().data()),
                                       static_cast<int>(packed.size()), static_cast<int>(size_max));
  if (size < 0) {
    return "damaged: invalid LZ4 data";
  }
  out.Commit(static_cast<std::size_t>(size));
  return {};
}

// Apple Data Compression: literals, and matches of two sizes.
std::string DecodeAdc(base::Bytes packed, base::Budget& purse, inflate::OutputBuffer& out) {
  parts::Sink sink(packed.size(), purse, out);
  base::ByteReader in(packed, base::Endian::kBig);
  while (sink.ok() && in.remaining() > 0) {
    const unsigned code = in.U8();
    if ((code & 0x80) != 0) {
      sink.Write(in.Take((code & 0x7F) + 1));
    } else if ((code & 0x40) != 0) {
      const unsigned distance = in.U16() + 1u;
      sink.CopyBack(distance, in.ok() ? (code & 0x3F) + 4 : 0);
    } else {
      const unsigned distance = ((code & 3) << 8 | in.U8()) + 1u;
      sink.CopyBack(distance, in.ok() ? (code >> 2) + 3 : 0);
    }
    if (!in.ok()) {
      sink.End(parts::kEndsTooEarly);
    }
  }
  return sink.gap();
}

std::string DecodeTo(void (*decode)(base::Bytes, parts::Sink&), base::Bytes packed,
                     base::Budget& purse, inflate::OutputBuffer& out) {
  parts::Sink sink(packed.size(), purse, out);
  decode(packed, sink);
  return sink.gap();
}

std::string DecodeStream(stream::Format format, base::Bytes packed, base::Budget& purse,
                         inflate::OutputBuffer& out) {
  return stream::Decode(format, packed, purse, out).gap;
}

}  // namespace

std::string BlockDecoder::DecodeZlib(base::Bytes packed, base::Budget& purse,
                                     inflate::OutputBuffer& out) {
  constexpr std::string_view kNoHeader = "damaged: no zlib header";
  if (packed.size() < inflate::kZlibHeaderBytes) {
    return std::string(kNoHeader);
  }
  const bool has_header = (std::to_integer<unsigned>(packed[0]) & 0x0F) == 8;
  std::string gap = inflate::InflateZlib(inflater_, packed, purse, out);
  return gap.empty() && !has_header ? std::string(kNoHeader) : gap;
}

std::string BlockDecoder::Decode(Codec codec, base::Bytes packed, std::uint64_t size_max,
                                 base::Budget& budget, inflate::OutputBuffer& out) {
  const std::uint64_t slow = IsSlow(codec) ? packed.size() * kStepsPerSlowByte : 0;
  if (!budget.SpendSteps(kStepsPerBlock + slow).ok()) {
    return parts::LimitReason(base::Limit::kSteps);
  }
  base::Budget purse = PurseOf(size_max);
  const std::size_t before = out.size();
  std::string gap;
  switch (codec) {
    case Codec::kStored:
      gap = packed.size() > size_max ? kTooLong : out.Append(packed) ? "" : kNoMemory;
      break;
    case Codec::kZlib:
      gap = DecodeZlib(packed, purse, out);
      break;
    case Codec::kLzma:
      gap = DecodeStream(stream::Format::kLzma, packed, purse, out);
      break;
    case Codec::kXz:
      gap = DecodeStream(stream::Format::kXz, packed, purse, out);
      break;
    case Codec::kLz4:
      gap = DecodeLz4(packed, size_max, out);
      break;
    case Codec::kZstd:
      gap = DecodeStream(stream::Format::kZstd, packed, purse, out);
      break;
    case Codec::kBzip2:
      gap = DecodeStream(stream::Format::kBzip2, packed, purse, out);
      break;
    case Codec::kAdc:
      gap = DecodeAdc(packed, purse, out);
      break;
    case Codec::kLzo:
      gap = DecodeTo(DecodeLzo1x, packed, purse, out);
      break;
    case Codec::kLzvn:
      gap = DecodeTo(DecodeLzvn, packed, purse, out);
      break;
    case Codec::kLzfse:
      gap = DecodeTo(DecodeLzfse, packed, purse, out);
      break;
  }
  if (!budget.SpendSteps((out.size() - before) * kStepsPerByte).ok()) {
    return parts::LimitReason(base::Limit::kSteps);
  }
  return gap.starts_with("limit ") && purse.exceeded() != base::Limit::kNone ? std::string(kTooLong)
                                                                             : gap;
}

}  // namespace day::unpack::blocks
