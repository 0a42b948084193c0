#include "libs/tlog/merkle.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace day::tlog {
namespace {

using base::ErrorKind;
using base::MakeError;

// A subtree that proofs are made of: complete nodes [begin, end) of leaves, end - begin arbitrary.
// Its hash is folded from the complete nodes it is made of.
base::Result<Hash> RangeHash(NodeSource& source, std::uint64_t begin, std::uint64_t end) {
  std::vector<Hash> parts;
  for (std::uint64_t at = begin; at < end;) {
    // In every subtree of RFC 6962 `begin` is a multiple of the largest power of two inside, so the
    // sizes of the parts fall from left to right.
    const auto level = static_cast<std::uint32_t>(std::bit_width(end - at) - 1);
    DAY_TRY_ASSIGN(const Hash hash, source.Node(level, at >> level));
    parts.push_back(hash);
    at += std::uint64_t{1} << level;
  }
  Hash hash = parts.back();
  for (std::size_t i = parts.size() - 1; i-- > 0;) {
    hash = NodeHash(parts[i], hash);
  }
  return hash;
}

// The largest power of two smaller than n. REQUIRES: n > 1.
std::uint64_t SplitPoint(std::uint64_t n) { return std::bit_floor(n - 1); }

base::Error NotProved(const char* what) { return MakeError(ErrorKind::kMalformed, what); }

}  // namespace

Hash LeafHash(base::Bytes entry) {
  thread_local crypto::Sha256Hasher hasher;
  constexpr std::byte kPrefix{0x00};
  hasher.Reset();
  hasher.Update({&kPrefix, 1});
  hasher.Update(entry);
  return hasher.Finish();
}

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<std::byte, 65> message;
  message[0] = std::byte{0x01};
  std::memcpy(&message[1], left.data(), left.size());
  std::memcpy(&message[33], right.data(), right.size());
  return crypto::Sha256(message);
}

const Hash& EmptyRoot() {
  static const Hash root = crypto::Sha256({});
  return root;
}

base::Result<CompactRange> CompactRange::Create(std::uint64_t size, std::vector<Hash> hashes) {
  if (size > kTreeSizeMax) {
    return MakeError(ErrorKind::kMalformed, "tree size is above 2^63 - 1");
  }
  if (hashes.size() != static_cast<std::size_t>(std::popcount(size))) {
    return MakeError(ErrorKind::kMalformed, "compact range has the wrong number of hashes");
  }
  CompactRange range;
  range.size_ = size;
  range.hashes_ = std::move(hashes);
  return range;
}

void CompactRange::Append(const Hash& leaf_hash) {
  Append(leaf_hash, [](std::uint32_t, std::uint64_t, const Hash&) {});
}

Hash CompactRange::Root() const {
  if (hashes_.empty()) {
    return EmptyRoot();
  }
  Hash hash = hashes_.back();
  for (std::size_t i = hashes_.size() - 1; i-- > 0;) {
    hash = NodeHash(hashes_[i], hash);
  }
  return hash;
}

base::Result<CompactRange> RangeFromNodes(NodeSource& source, std::uint64_t size) {
  if (size > kTreeSizeMax) {
    return MakeError(ErrorKind::kInvalidUse, "tree size is above 2^63 - 1");
  }
  std::vector<Hash> hashes;
  std::uint64_t at = 0;
  while (at < size) {
    const auto level = static_cast<std::uint32_t>(std::bit_width(size - at) - 1);
    DAY_TRY_ASSIGN(const Hash hash, source.Node(level, at >> level));
    hashes.push_back(hash);
    at += std::uint64_t{1} << level;
  }
  return CompactRange::Create(size, std::move(hashes));
}

base::Result<Hash> LeafNodes::Node(std::uint32_t level, std::uint64_t index) {
  const std::uint64_t edge = before_.size();
  const std::uint64_t size = edge + leaves_.size();
  if (level >= 63 || index >= size >> level) {
    return MakeError(ErrorKind::kInvalidUse, "no such node");
  }
  const std::uint64_t begin = index << level;
  const std::uint64_t end = (index + 1) << level;
  if (begin >= edge) {
    CompactRange range;
    for (const Hash& leaf : leaves_.subspan(begin - edge, end - begin)) {
      range.Append(leaf);
    }
    return range.Root();
  }
  if (end > edge) {
    DAY_TRY_ASSIGN(const Hash left, Node(level - 1, 2 * index));
    DAY_TRY_ASSIGN(const Hash right, Node(level - 1, 2 * index + 1));
    return NodeHash(left, right);
  }
  // The edge is one node for each bit of its size, the largest first.
  std::uint64_t at = 0;
  for (const Hash& hash : before_.hashes()) {
    const std::uint64_t width = std::bit_floor(edge - at);
    if (at == begin && width == end - begin) {
      return hash;
    }
    at += width;
  }
  return MakeError(ErrorKind::kInvalidUse, "a node within what is only known by its edge");
}

base::Result<std::vector<Hash>> MakeInclusionProof(NodeSource& source, std::uint64_t index,
                                                   std::uint64_t size) {
  if (index >= size || size > kTreeSizeMax) {
    return MakeError(ErrorKind::kInvalidUse, "no leaf of that index in a tree of that size");
  }
  std::vector<Hash> proof;  // made root first, then turned round
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + SplitPoint(end - begin);
    const bool left = index < middle;
    DAY_TRY_ASSIGN(const Hash hash, RangeHash(source, left ? middle : begin, left ? end : middle));
    proof.push_back(hash);
    (left ? end : begin) = middle;
  }
  return std::vector<Hash>(proof.rbegin(), proof.rend());
}

base::Result<std::vector<Hash>> MakeConsistencyProof(NodeSource& source, std::uint64_t old_size,
                                                     std::uint64_t size) {
  if (old_size > size || size > kTreeSizeMax) {
    return MakeError(ErrorKind::kInvalidUse, "the old tree is larger than the new one");
  }
  std::vector<Hash> proof;  // made root first, then turned round
  if (old_size == 0 || old_size == size) {
    return proof;
  }
  // SUBPROOF(m, D[n], b): walk down to where the old tree ends.
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  bool old_root_known = true;  // b: the subtree begins where the old tree does
  while (old_size != end) {
    const std::uint64_t middle = begin + SplitPoint(end - begin);
    const bool left = old_size <= middle;
    DAY_TRY_ASSIGN(const Hash hash, RangeHash(source, left ? middle : begin, left ? end : middle));
    proof.push_back(hash);
    old_root_known = old_root_known && left;
    (left ? end : begin) = middle;
  }
  if (!old_root_known) {
    DAY_TRY_ASSIGN(const Hash hash, RangeHash(source, begin, end));
    proof.push_back(hash);
  }
  return std::vector<Hash>(proof.rbegin(), proof.rend());
}

// RFC 9162, 2.1.3.2, which gives the verification that RFC 6962 leaves to the reader.
base::Status VerifyInclusion(std::span<const Hash> proof, std::uint64_t index, std::uint64_t size,
                             const Hash& leaf_hash, const Hash& root) {
  if (index >= size || size > kTreeSizeMax) {
    return NotProved("inclusion proof: the index is outside the tree");
  }
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (last == 0) {
      return NotProved("inclusion proof: too long");
    }
    if ((node & 1) != 0 || node == last) {
      hash = NodeHash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) {
    return NotProved("inclusion proof: too short");
  }
  if (hash != root) {
    return NotProved("inclusion proof: the computed root differs from the checkpoint's");
  }
  return base::OkStatus();
}

// RFC 9162, 2.1.4.2.
base::Status VerifyConsistency(std::span<const Hash> proof, std::uint64_t old_size,
                               const Hash& old_root, std::uint64_t size, const Hash& root) {
  if (old_size > size || size > kTreeSizeMax) {
    return NotProved("consistency proof: the old tree is larger than the new one");
  }
  if (old_size == 0 || old_size == size) {
    if (!proof.empty()) {
      return NotProved("consistency proof: must be empty");
    }
    if (old_size == size ? old_root != root : old_root != EmptyRoot()) {
      return NotProved("consistency proof: the roots differ");
    }
    return base::OkStatus();
  }
  // If the old tree is one complete subtree its root begins the path, and is left out of the proof.
  std::size_t next = 0;
  const bool complete = std::has_single_bit(old_size);
  if (!complete && proof.empty()) {
    return NotProved("consistency proof: too short");
  }
  const Hash first = complete ? old_root : proof[next++];
  std::uint64_t node = old_size - 1;
  std::uint64_t last = size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  Hash old_hash = first;
  Hash new_hash = first;
  for (; next < proof.size(); ++next) {
    if (last == 0) {
      return NotProved("consistency proof: too long");
    }
    if ((node & 1) != 0 || node == last) {
      old_hash = NodeHash(proof[next], old_hash);
      new_hash = NodeHash(proof[next], new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, proof[next]);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) {
    return NotProved("consistency proof: too short");
  }
  if (old_hash != old_root || new_hash != root) {
    return NotProved("consistency proof: the computed roots differ from the checkpoints'");
  }
  return base::OkStatus();
}

}  // namespace day::tlog
