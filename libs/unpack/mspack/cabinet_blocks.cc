#include "libs/unpack/mspack/cabinet_blocks.h"

namespace day::unpack::mspack {
namespace {

constexpr std::uint64_t kHeaderBytes = 36;
constexpr std::uint64_t kEntryBytes = 8;  // of a folder, and in front of a block

std::uint16_t At16(base::Bytes bytes, std::uint64_t at) {
  return base::ReadAt<std::uint16_t>(bytes, at).value_or(0);
}

// Words of 32 bits, and what is left of them in the other order.
std::uint32_t Sum(base::Bytes bytes, std::uint32_t sum) {
  base::ByteReader reader(bytes);
  while (reader.remaining() >= sizeof(sum)) {
    sum ^= reader.U32();
  }
  std::uint32_t rest = 0;
  while (reader.remaining() > 0) {
    rest = rest << 8 | reader.U8();
  }
  return sum ^ rest;
}

}  // namespace

CabinetBlocks::CabinetBlocks(base::Bytes cabinet)
    : cabinet_(cabinet), folder_at_(kHeaderBytes), folder_bytes_(kEntryBytes) {
  constexpr std::uint16_t kHasReserve = 4;
  constexpr std::size_t kTextBytesMax = 256;
  const std::uint16_t flags = At16(cabinet, 30);
  if ((flags & kHasReserve) != 0) {
    folder_bytes_ += At16(cabinet, 38) & 0xFFu;
    reserve_bytes_ = static_cast<unsigned>(At16(cabinet, 38)) >> 8;
    folder_at_ += 4 + std::uint64_t{At16(cabinet, 36)};
  }
  for (const unsigned bit : {1u, 1u, 2u, 2u}) {  // two names of the cabinet before, and behind
    folder_at_ +=
        (flags & bit) != 0 ? base::CStringAt(cabinet, folder_at_, kTextBytesMax).size() + 1 : 0;
  }
  folders_ = At16(cabinet, 26);
}

std::optional<CabinetBlocks::Block> CabinetBlocks::Next() {
  while (blocks_ == 0 || at_ >= cabinet_.size()) {
    const auto entry = base::Slice(cabinet_, folder_at_, kEntryBytes);
    if (folder_ >= folders_ || !entry) {
      return std::nullopt;
    }
    at_ = base::ReadAt<std::uint32_t>(*entry, 0).value_or(0);
    blocks_ = At16(*entry, 4);
    folder_at_ += folder_bytes_;
    unpacked_ = 0;
    ++folder_;
  }
  Block block;
  block.folder = folder_ - 1;
  block.unpacked = unpacked_;
  block.checksum = base::ReadAt<std::uint32_t>(cabinet_, at_).value_or(0);
  block.sizes = base::ClippedSlice(cabinet_, at_ + 4, 4);
  block.size = At16(block.sizes, 2);
  const std::uint64_t data = at_ + kEntryBytes + reserve_bytes_;
  block.data = base::ClippedSlice(cabinet_, data, At16(block.sizes, 0));
  block.end = data + At16(block.sizes, 0);
  at_ = block.end;
  unpacked_ += block.size;
  --blocks_;
  return block;
}

bool IsRight(const CabinetBlocks::Block& block) {
  return block.checksum == 0 || Sum(block.sizes, Sum(block.data, 0)) == block.checksum;
}

}  // namespace day::unpack::mspack
