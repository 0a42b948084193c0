#include "libs/unpack/zip/overlap.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "libs/unpack/zip/zip_reader.h"

namespace day::unpack::zip {
namespace {

constexpr std::uint64_t kToleratedBytes = 2;

struct Place {
  std::uint64_t begin = 0;
  std::uint64_t header_size = 0;
  std::uint64_t data_size = 0;
  bool operator==(const Place&) const = default;
};

}  // namespace

bool HasOverlappingEntries(base::Bytes file) {
  auto reader = ZipReader::Create(file);
  if (!reader.ok()) {
    return false;
  }
  std::vector<Place> places;
  while (const auto entry = reader->Next()) {
    if (entry->origin == Entry::Origin::kUnlisted) {
      break;
    }
    if (entry->origin == Entry::Origin::kDirectory) {
      places.push_back({entry->header_offset, entry->data_offset - entry->header_offset,
                        std::min(entry->compressed_size, std::uint64_t{file.size()})});
    }
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.begin < b.begin; });
  std::size_t overlaps = 0;
  for (std::size_t i = 1; i < places.size(); ++i) {
    const Place& before = places[i - 1];
    const std::uint64_t end = before.begin + before.header_size + before.data_size;
    if (places[i].begin + kToleratedBytes >= end) {
      continue;
    }
    ++overlaps;
    if (overlaps > kOverlapsMax && places[i] != before) {
      return true;
    }
  }
  return false;
}

}  // namespace day::unpack::zip
