#include "libs/unpack/zip/overlap.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace day::unpack::zip {
namespace {

std::string Little(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i, value >>= 8) {
    out += static_cast<char>(value);
  }
  return out;
}

// Entries without compression and without names: where their local headers are, and how much data
// they have.
std::string Zip(const std::vector<std::pair<std::size_t, std::size_t>>& places) {
  std::string body;
  std::string listed;
  for (const auto& [offset, size] : places) {
    const std::string common =
        Little(20, 2) + Little(0, 8) + Little(0, 4) + Little(size, 4) + Little(size, 4);
    const std::string local = "PK\x03\x04" + common + Little(0, 4);
    body.resize(std::max(body.size(), offset + local.size() + size));
    body.replace(offset, local.size(), local);
    listed += "PK\x01\x02" + Little(20, 2) + common + Little(0, 14) + Little(offset, 4);
  }
  return body + listed + "PK\x05\x06" + Little(0, 4) + Little(places.size(), 2) +
         Little(places.size(), 2) + Little(listed.size(), 4) + Little(body.size(), 4) +
         Little(0, 2);
}

bool Overlaps(std::size_t entries, std::size_t distance, std::size_t size) {
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (std::size_t i = 0; i < entries; ++i) {
    places.emplace_back(i * distance, size);
  }
  return HasOverlappingEntries(base::AsBytes(Zip(places)));
}

TEST(OverlapTest, SixPairsAreTooMany) {
  EXPECT_FALSE(Overlaps(20, 100, 70));
  EXPECT_FALSE(Overlaps(20, 100, 72));  // two bytes are forgiven
  EXPECT_TRUE(Overlaps(20, 100, 73));
  EXPECT_FALSE(Overlaps(6, 100, 90));
  EXPECT_TRUE(Overlaps(7, 100, 90));
}

TEST(OverlapTest, TheSameEntryAgainIsNone) {
  EXPECT_FALSE(Overlaps(20, 0, 50));
  EXPECT_FALSE(HasOverlappingEntries(base::AsBytes(std::string_view("PK\x05\x06"))));
  EXPECT_FALSE(HasOverlappingEntries({}));
}

}  // namespace
}  // namespace day::unpack::zip
