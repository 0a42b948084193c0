#include "libs/unpack/hfsplus/btree.h"

#include <algorithm>

namespace day::unpack::hfsplus {
namespace {

using base::Endian;

constexpr std::uint64_t kDescriptorBytes = 14;
constexpr std::uint64_t kNodeBytesMin = 512;
constexpr std::uint8_t kLeaf = 0xFF;
constexpr std::uint64_t kStepsPerRecord = 30;

}  // namespace

Tree::Tree(base::Bytes image, const std::vector<parts::Extent>& extents, std::uint64_t size,
           base::Budget& budget) {
  if (size > kTreeBytesMax) {
    gap_ = "limit tree_bytes_max";
    size = kTreeBytesMax;
  }
  if (extents.size() == 1) {
    bytes_ = base::ClippedSlice(image, extents[0].offset, std::min(size, extents[0].size));
  } else {
    base::BudgetLimits limits;
    limits.file_bytes_max = limits.bytes_out_max = kTreeBytesMax;
    base::Budget purse(limits);
    parts::Sink sink(image.size(), purse, copy_);
    parts::WriteExtents(image, extents, size, sink);
    bytes_ = sink.content();
  }
  if (!budget.SpendSteps(extents.size() == 1 ? 1 : bytes_.size()).ok()) {
    bytes_ = {};
  }
  node_size_ = base::ReadAt<std::uint16_t>(bytes_, 32, Endian::kBig).value_or(0);
  first_leaf_ = base::ReadAt<std::uint32_t>(bytes_, 24, Endian::kBig).value_or(0);
  if (node_size_ < kNodeBytesMin || (node_size_ & (node_size_ - 1)) != 0) {
    gap_ = "damaged: a tree has no header";
    first_leaf_ = 0;
    node_size_ = kNodeBytesMin;
  }
  nodes_ = bytes_.size() / node_size_;
  Rewind();
}

void Tree::Rewind() {
  next_leaf_ = first_leaf_;
  visited_ = 0;
  record_ = records_ = 0;
}

// Where a record starts in its node: the offsets stand at the node's end, in reverse.
std::uint64_t Tree::Offset(unsigned index) const {
  const std::uint64_t at = std::uint64_t{index + 1} * 2;
  return at > leaf_.size()
             ? leaf_.size()
             : base::ReadAt<std::uint16_t>(leaf_, leaf_.size() - at, Endian::kBig).value_or(0);
}

std::optional<Record> Tree::Next(base::Budget& budget) {
  while (true) {
    if (!budget.SpendSteps(kStepsPerRecord).ok()) {
      gap_ = parts::LimitReason(base::Limit::kSteps);
      return std::nullopt;
    }
    if (record_ < records_) {
      const std::uint64_t start = Offset(record_);
      const std::uint64_t end = Offset(record_ + 1);
      ++record_;
      const auto key_size = base::ReadAt<std::uint16_t>(leaf_, start, Endian::kBig);
      if (!key_size || start + 2 + *key_size > end || end > leaf_.size()) {
        gap_ = "damaged: a record lies outside its node";
        continue;
      }
      const std::uint64_t data = start + (2 + std::uint64_t{*key_size} + 1) / 2 * 2;
      return Record{base::ClippedSlice(leaf_, start + 2, *key_size),
                    base::ClippedSlice(leaf_, data, end > data ? end - data : 0)};
    }
    if (next_leaf_ == 0) {
      return std::nullopt;
    }
    const auto node = base::Slice(bytes_, next_leaf_ * node_size_, node_size_);
    if (!node || std::to_integer<std::uint8_t>((*node)[8]) != kLeaf || ++visited_ > nodes_) {
      gap_ = "damaged: the chain of leaves is broken";
      next_leaf_ = 0;
      return std::nullopt;
    }
    leaf_ = *node;
    next_leaf_ = *base::ReadAt<std::uint32_t>(leaf_, 0, Endian::kBig);
    records_ = *base::ReadAt<std::uint16_t>(leaf_, 10, Endian::kBig);
    record_ = 0;
    records_ = std::min(records_, static_cast<unsigned>((node_size_ - kDescriptorBytes) / 2));
  }
}

}  // namespace day::unpack::hfsplus
