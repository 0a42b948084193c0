// The Merkle tree of RFC 6962, section 2.1: its hashes, its roots, and proofs about it.
//
// Nodes are named by (level, index): level 0 holds the leaves' hashes, node (level, index) is the
// hash over the leaves [index << level, (index + 1) << level). Only complete nodes have a name.
// No I/O: proofs are made from a NodeSource (libs/tlog/tile.h has one that reads tiles).
// Untrusted proofs may be given to the Verify functions: they do at most 128 hashes and never read
// outside. Thread safety: free functions are safe, a CompactRange is a value.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/hash.h"

namespace day::tlog {

using Hash = crypto::Sha256Digest;

// Sizes of trees are below 2^63, as signed numbers of other implementations are.
inline constexpr std::uint64_t kTreeSizeMax = (std::uint64_t{1} << 63) - 1;
// Hashes in any proof: more cannot belong to a tree of at most kTreeSizeMax leaves.
inline constexpr std::size_t kProofHashesMax = 63;

// SHA-256(0x00 || entry).
Hash LeafHash(base::Bytes entry);
// SHA-256(0x01 || left || right).
Hash NodeHash(const Hash& left, const Hash& right);
// The root of the tree without leaves: SHA-256 of nothing.
const Hash& EmptyRoot();

// The right edge of a tree, as little as is needed to append to it and know its root: one hash for
// each bit that is set in its size, largest subtree first. At most 63 hashes.
class CompactRange {
 public:
  CompactRange() = default;
  // A range stored earlier. Errors: kMalformed if `hashes` is not one for each set bit of `size`,
  // or size is above kTreeSizeMax.
  static base::Result<CompactRange> Create(std::uint64_t size, std::vector<Hash> hashes);

  std::uint64_t size() const { return size_; }
  const std::vector<Hash>& hashes() const { return hashes_; }

  // Appends one leaf. REQUIRES: size() < kTreeSizeMax.
  void Append(const Hash& leaf_hash);
  // Appends one leaf and tells every node that became complete, leaf first.
  template <typename F>
  void Append(const Hash& leaf_hash, F&& on_node) {
    Hash hash = leaf_hash;
    on_node(std::uint32_t{0}, size_, hash);
    std::uint32_t level = 0;
    for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
      hash = NodeHash(hashes_.back(), hash);
      hashes_.pop_back();
      ++level;
      on_node(level, size_ >> level, hash);
    }
    hashes_.push_back(hash);
    ++size_;
  }
  Hash Root() const;

  bool operator==(const CompactRange&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> hashes_;
};

// Where the hashes of complete nodes come from. Errors: the source's own.
class NodeSource {
 public:
  virtual ~NodeSource() = default;
  virtual base::Result<Hash> Node(std::uint32_t level, std::uint64_t index) = 0;
};

// Nodes from the leaves of a tree, or from its right edge as it once was and the leaves since: all
// that a proof of one of those leaves needs. Computed when they are asked for: a whole proof takes
// about as many hashes as there are leaves. Errors: kInvalidUse for a node that is not complete, or
// lies within the edge.
class LeafNodes : public NodeSource {
 public:
  // The leaves outlive the object.
  explicit LeafNodes(std::span<const Hash> leaves) : leaves_(leaves) {}
  LeafNodes(CompactRange before, std::span<const Hash> leaves)
      : before_(std::move(before)), leaves_(leaves) {}
  base::Result<Hash> Node(std::uint32_t level, std::uint64_t index) override;

 private:
  CompactRange before_;
  std::span<const Hash> leaves_;  // from before_.size() on
};

// The range of the tree of `size` leaves. Errors: the source's; kInvalidUse if size is too large.
base::Result<CompactRange> RangeFromNodes(NodeSource& source, std::uint64_t size);

// PATH(index, D[size]) of RFC 6962, 2.1.1, leaf's sibling first.
// Errors: kInvalidUse unless index < size <= kTreeSizeMax; the source's.
base::Result<std::vector<Hash>> MakeInclusionProof(NodeSource& source, std::uint64_t index,
                                                   std::uint64_t size);
// PROOF(old_size, D[size]) of RFC 6962, 2.1.2; empty if old_size is 0 or size.
// Errors: kInvalidUse unless old_size <= size <= kTreeSizeMax; the source's.
base::Result<std::vector<Hash>> MakeConsistencyProof(NodeSource& source, std::uint64_t old_size,
                                                     std::uint64_t size);

// Whether the tree of `size` leaves with root `root` has the leaf at `index`.
// Errors: kMalformed, in words, if that is not proved.
base::Status VerifyInclusion(std::span<const Hash> proof, std::uint64_t index, std::uint64_t size,
                             const Hash& leaf_hash, const Hash& root);
// Whether the tree (old_size, old_root) is a prefix of the tree (size, root). The proof must be
// empty if old_size is 0 (old_root must be EmptyRoot() then) or if the sizes are equal. Errors:
// kMalformed if that is not proved.
base::Status VerifyConsistency(std::span<const Hash> proof, std::uint64_t old_size,
                               const Hash& old_root, std::uint64_t size, const Hash& root);

}  // namespace day::tlog
