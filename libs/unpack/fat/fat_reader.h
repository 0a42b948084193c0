// Walks a FAT12, FAT16 or FAT32 volume: every file of every folder, read along its chain of
// clusters.
//
// Long names where they are whole, else the short ones. Deleted entries and the volume's label are
// passed over. A folder that is reached twice is listed once; a chain that loops or breaks ends the
// file with "damaged: ...". Specification: Microsoft's "FAT32 File System Specification", 1.03.
// Limits: kFoldersMax, kFolderBytesMax; the Budget's steps for clusters and entries. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/extents.h"

namespace day::unpack::fat {

inline constexpr std::size_t kFoldersMax = 65'536;
// 65,536 entries of 32 bytes, as the specification has it.
inline constexpr std::uint64_t kFolderBytesMax = 2ull * 1024 * 1024;

class FatReader final : public parts::Archive {
 public:
  // Whether the boot sector describes a FAT volume that may lie in the image.
  static bool IsFat(base::Bytes image);

  // REQUIRES: `image` outlives the reader.
  explicit FatReader(base::Bytes image);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Folder {
    std::string path;
    std::uint32_t cluster = 0;
  };
  struct Chain {
    std::vector<parts::Extent> extents;
    std::string gap;
  };

  void Note(std::string_view problem);
  std::uint32_t NextCluster(std::uint32_t cluster) const;
  Chain Follow(std::uint32_t cluster, std::uint64_t size, base::Budget& budget) const;
  void OpenFolder(const Folder& folder, base::Budget& budget);
  void AddLongPart(base::Bytes entry);
  std::optional<parts::Member> Visit(base::Bytes entry, base::Budget& budget,
                                     inflate::OutputBuffer& buffer);

  base::Bytes image_;
  unsigned bits_ = 0;  // 12, 16 or 32
  std::uint64_t cluster_bytes_ = 0;
  std::uint64_t fat_ = 0;   // offsets in the image
  std::uint64_t root_ = 0;  // of FAT12 and FAT16
  std::uint64_t root_bytes_ = 0;
  std::uint64_t data_ = 0;
  std::uint64_t clusters_ = 0;
  std::vector<Folder> folders_;
  std::set<std::uint32_t> seen_;
  std::string path_;
  inflate::OutputBuffer listing_copy_;
  base::Bytes listing_;
  std::uint64_t at_ = 0;
  std::string long_name_;  // in UTF-16, what was read of it
  parts::SharingMeter sharing_;
  std::string problem_;
};

}  // namespace day::unpack::fat
