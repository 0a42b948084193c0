// Gives the partitions of a whole disk's image, by its tables: MBR with extended partitions, GPT,
// Apple's partition map.
//
// A partition is a view of the image, paid like anything else; what several tables name at the same
// place is given once. Specifications: UEFI, chapter 5; Apple's "Inside Macintosh: Devices".
// Limits: kPartitionsMax. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::disk {

inline constexpr std::size_t kPartitionsMax = 256;

class DiskReader final : public parts::Archive {
 public:
  // Whether the image starts with a table of partitions that fits it: at least one entry, none of
  // them outside. A boot sector of a file system is none.
  static bool IsDisk(base::Bytes image);

  // REQUIRES: `image` outlives the reader.
  explicit DiskReader(base::Bytes image) : image_(image) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Partition {
    std::string name;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  void Open();
  void ReadMbr();
  void ReadExtended(std::uint64_t first);
  bool ReadGpt();
  bool ReadAppleMap();
  void Add(std::string name, std::uint64_t offset, std::uint64_t size);

  base::Bytes image_;
  bool opened_ = false;
  std::vector<Partition> partitions_;
  std::size_t next_ = 0;
  std::string problem_;
};

}  // namespace day::unpack::disk
