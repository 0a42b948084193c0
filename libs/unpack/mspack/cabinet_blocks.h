// The blocks of data that a cabinet's folders list ([MS-CAB] 2.1 to 2.4), as far as they lie in the
// file, whatever else is damaged. Each costs constant time; hostile folders may list the same bytes
// many times. Ownership: views into the cabinet. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"

namespace day::unpack::mspack {

class CabinetBlocks {
 public:
  struct Block {
    unsigned folder;         // from 0
    std::uint64_t unpacked;  // where what it holds begins in the folder's bytes
    std::uint16_t size;      // of that
    std::uint64_t end;       // in the cabinet; may lie behind the file's end
    std::uint32_t checksum;  // as it says; 0: none
    base::Bytes sizes;       // two fields that the checksum covers beside the data
    base::Bytes data;
  };

  // Nothing is read of what is no cabinet.
  explicit CabinetBlocks(base::Bytes cabinet);

  std::optional<Block> Next();

 private:
  base::Bytes cabinet_;
  std::uint64_t folder_at_ = 0;  // the entry of the next folder
  std::uint64_t folder_bytes_ = 0;
  std::uint64_t reserve_bytes_ = 0;  // of a block
  unsigned folders_ = 0;
  unsigned folder_ = 0;  // folders that were begun
  unsigned blocks_ = 0;  // left in this one
  std::uint64_t at_ = 0;
  std::uint64_t unpacked_ = 0;
};

// Whether it has no checksum, or the right one. Linear in its data.
bool IsRight(const CabinetBlocks::Block& block);

}  // namespace day::unpack::mspack
