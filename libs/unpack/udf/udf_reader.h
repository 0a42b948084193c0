// Walks a UDF volume (ISO/IEC 13346 as OSTA UDF 1.02 to 2.60 use it): every file of every folder,
// with its named streams.
//
// Partitions may be physical, sparable (without its table of replaced sectors) or metadata ones; a
// virtual partition (write-once media) is "unsupported". An image that is ISO 9660 as well gives
// only those files that not every tree of its ISO side has in the same place: the others are given
// by the reader of ISO 9660, so that each file is given once and none is hidden from either.
// Deleted entries and links are passed over; a folder or file that is reached twice is given once.
//
// Limits: kFoldersMax, kFolderBytesMax; steps of the Budget for every entry and extent. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/udf/udf_volume.h"

namespace day::unpack::udf {

inline constexpr std::size_t kFoldersMax = 65'536;
inline constexpr std::uint64_t kFolderBytesMax = 16ull * 1024 * 1024;

class UdfReader final : public parts::Archive {
 public:
  // Whether the volume recognition sequence names UDF.
  static bool IsUdf(base::Bytes image);

  // REQUIRES: `image` outlives the reader. Looks at nothing before the first Next().
  explicit UdfReader(base::Bytes image) : image_(image) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Folder {
    std::string path;
    Location where;
  };

  void Note(std::string_view problem);
  void Open(base::Budget& budget);
  void Push(std::string path, Location where);
  void OpenFolder(const Folder& folder, base::Budget& budget);
  std::optional<parts::Member> NextEntry(base::Budget& budget, inflate::OutputBuffer& buffer);
  bool IsKnown(const FileEntry& entry) const;
  bool Pay(base::Budget& budget);

  base::Bytes image_;
  std::optional<Volume> volume_;
  std::map<std::uint64_t, std::uint64_t> iso_files_;  // offset -> size
  std::vector<Folder> folders_;
  std::set<std::uint64_t> seen_;
  std::string path_;  // of the folder that is being listed
  base::Bytes listing_;
  inflate::OutputBuffer listing_copy_;
  std::uint64_t at_ = 0;
  std::string problem_;
};

}  // namespace day::unpack::udf
