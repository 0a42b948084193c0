// The volume structures of UDF: where partitions lie and how their blocks become bytes of the
// image. Only for the files of this folder. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/unpack/parts/extents.h"

namespace day::unpack::udf {

// Descriptors of one volume's sequence that are looked at.
inline constexpr std::uint64_t kSequenceSectorsMax = 4096;
inline constexpr std::uint32_t kPartitionMapsMax = 8;
// Runs of one file's allocation; a more scattered file is cut with "limit extents_max".
inline constexpr std::size_t kExtentsMax = 100'000;
inline constexpr std::uint64_t kWorkPerEntryMax = 1'000'000;

enum class Tag : std::uint16_t {
  kAnchor = 2,
  kPointer = 3,
  kPartition = 5,
  kLogicalVolume = 6,
  kTerminator = 8,
  kFileSet = 256,
  kFileIdentifier = 257,
  kAllocationExtent = 258,
  kFileEntry = 261,
  kExtendedFileEntry = 266,
};
bool HasTag(base::Bytes bytes, Tag tag);

// A block of a partition, as long allocation descriptors name it.
struct Location {
  std::uint32_t size = 0;  // bytes, with the kind of the extent in the two highest bits
  std::uint32_t block = 0;
  std::uint16_t partition = 0;
};
Location ReadLong(base::Bytes bytes, std::uint64_t offset);

struct FileEntry {
  std::uint8_t kind = 0;  // 4: folder, 5: file, ...
  std::uint64_t size = 0;
  std::vector<parts::Extent> extents;
  Location streams;  // the folder of named streams, or size 0
  std::string gap;   // why the extents are not whole
};

class Volume {
 public:
  // Reads the anchor and the sequences; gap() is not empty if that fails.
  explicit Volume(base::Bytes image);

  const std::string& gap() const { return gap_; }
  Location root() const { return root_; }

  // The bytes of an entry at a place, or nothing if there is none.
  std::optional<FileEntry> ReadEntry(Location where);

  // Descriptors and extents looked at since the last call: the caller pays for them.
  std::uint64_t TakeWork() { return std::exchange(work_, 0); }

 private:
  struct Partition {
    std::uint64_t start = 0;  // in the image
    // Of a metadata partition: its blocks lie in these, one after the other.
    std::vector<parts::Extent> pieces;
    bool is_metadata = false;
    std::uint32_t metadata_block = 0;
    std::uint16_t base = 0;
    std::string gap;  // why it cannot be read
  };
  struct Physical {
    std::uint16_t number = 0;
    std::uint64_t start = 0;
  };

  bool ReadAnchor(std::uint64_t sector);
  void ReadSequence(std::uint64_t offset, std::uint64_t size);
  void ReadLogicalVolume(base::Bytes descriptor);
  void ResolveMaps();
  bool ReadFileSet();
  // Where bytes of a partition lie; false if they do not.
  bool Append(std::uint16_t partition, std::uint64_t block, std::uint64_t size,
              std::vector<parts::Extent>& out);
  base::Bytes BlockAt(std::uint16_t partition, std::uint32_t block);
  void ReadAllocation(base::Bytes descriptors, unsigned form, std::uint16_t partition,
                      FileEntry& entry);

  base::Bytes image_;
  std::uint64_t sector_size_ = 2048;
  std::uint64_t block_size_ = 2048;
  std::vector<Physical> physical_;
  std::vector<Partition> partitions_;   // by the number in the map
  std::vector<std::uint16_t> numbers_;  // of the physical partition behind each
  Location file_set_;
  Location root_;
  bool has_volume_ = false;
  std::uint64_t work_ = 0;
  std::string gap_;
};

}  // namespace day::unpack::udf
