// The naive twin of libs/tlog/merkle.h: RFC 6962, section 2.1, word for word, recursive and slow.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "libs/tlog/merkle.h"
#include "libs/tlog/tile.h"

namespace day::tlog::testing {

Hash NaiveRoot(std::span<const Hash> leaf_hashes);
std::vector<Hash> NaivePath(std::uint64_t index, std::span<const Hash> leaf_hashes);
std::vector<Hash> NaiveConsistency(std::uint64_t old_size, std::span<const Hash> leaf_hashes);

// The leaf hashes of "entry 0", "entry 1", ...
std::vector<Hash> NumberedLeaves(std::size_t count);

// Every tile of the tree of these leaves, by path; hashes of level l + 1 from full tiles of level
// l.
std::map<std::string, std::string> NaiveTiles(std::span<const Hash> leaf_hashes);

}  // namespace day::tlog::testing
