// The B-trees in which HFS+ keeps its catalog, its further extents and its attributes: their leaf
// records, in the order of the chain of leaves.
// Only for the files of this folder. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/parts/extents.h"

namespace day::unpack::hfsplus {

inline constexpr std::uint64_t kTreeBytesMax = 256ull * 1024 * 1024;

struct Record {
  base::Bytes key;   // behind its length
  base::Bytes data;  // up to the end of the record
};

class Tree {
 public:
  // A tree in `extents` of the image. Reads the header; gap() says if that failed. Trees in one
  // piece are read where they lie, others are copied (paid in steps), at most kTreeBytesMax.
  Tree(base::Bytes image, const std::vector<parts::Extent>& extents, std::uint64_t size,
       base::Budget& budget);

  // The next record of the chain, or nothing at the end, which damage is, too: see gap().
  std::optional<Record> Next(base::Budget& budget);
  void Rewind();

  const std::string& gap() const { return gap_; }

 private:
  std::uint64_t Offset(unsigned index) const;

  inflate::OutputBuffer copy_;
  base::Bytes bytes_;
  std::uint64_t node_size_ = 0;
  std::uint64_t nodes_ = 0;
  std::uint64_t visited_ = 0;
  std::uint32_t first_leaf_ = 0;
  std::uint32_t next_leaf_ = 0;
  base::Bytes leaf_;
  unsigned record_ = 0;
  unsigned records_ = 0;
  std::string gap_;
};

}  // namespace day::unpack::hfsplus
