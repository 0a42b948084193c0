// The chains of small packed blocks in which squashfs keeps inodes, folders and tables.
// Only for the files of this folder. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/unpack/blocks/block_decoder.h"

namespace day::unpack::squashfs {

inline constexpr std::uint64_t kMetadataBytes = 8192;

// Where something stands: a block's offset in the image, an offset in what it unpacks to.
struct Place {
  std::uint64_t block = 0;
  std::uint64_t offset = 0;
};

class Metadata {
 public:
  // REQUIRES: `image` outlives this.
  Metadata(base::Bytes image, blocks::Codec codec) : image_(image), codec_(codec) {}

  // The next `size` bytes, which may go on in the following blocks; the place moves behind them.
  // Nothing for damage or a limit: then gap() says which. Valid until the next call.
  // REQUIRES: size <= kMetadataBytes * 2.
  std::optional<base::Bytes> Take(Place& place, std::uint64_t size, base::Budget& budget);

  const std::string& gap() const { return gap_; }

 private:
  struct Block {
    std::string content;
    std::uint64_t end = 0;  // offset of the next block
  };

  const Block* Load(std::uint64_t offset, base::Budget& budget);

  base::Bytes image_;
  blocks::Codec codec_;
  blocks::BlockDecoder decoder_;
  std::map<std::uint64_t, Block> cache_;
  inflate::OutputBuffer scratch_;
  std::string taken_;
  std::string gap_;
};

}  // namespace day::unpack::squashfs
