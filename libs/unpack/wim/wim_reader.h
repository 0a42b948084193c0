// Opens Windows images (.wim, .esd, .swm): every stream of the lookup table, named by the images'
// folders where these can be read.
//
// Streams are stored, XPRESS, LZX or LZMS, by themselves or in solid resources; those that lie in
// another part of a split image are "unsupported". A stream that many files share is given once,
// under one of their paths. Hashes are not checked.
//
// Specification: Microsoft's "Windows Imaging File Format". Limits: kNamesMax; the Budget's steps
// for entries and chunks. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/wim/packed_resource.h"

namespace day::unpack::wim {

inline constexpr std::size_t kNamesMax = 100'000;
inline constexpr std::uint64_t kMetadataBytesMax = 64ull * 1024 * 1024;

class WimReader final : public parts::Archive {
 public:
  // Whether the magic number, plain or pipable, starts the file.
  static bool IsWim(base::Bytes file);

  // REQUIRES: `file` outlives the reader. Looks at nothing before the first Next().
  explicit WimReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Resource {
    std::uint8_t flags = 0;
    std::uint64_t packed_size = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  static Resource ReadResource(base::Bytes bytes, std::uint64_t offset);
  void Note(std::string_view problem);
  void Open(base::Budget& budget);
  void ReadNames(const Resource& metadata, base::Budget& budget);
  void WalkNames(base::Bytes metadata, base::Budget& budget);
  bool ReadEntryName(base::Bytes metadata, std::uint64_t at, const std::string& path,
                     std::string& own_path);
  void Write(const Resource& resource, parts::Sink& sink, base::Budget& budget);
  void OpenSolids(std::uint64_t at, base::Budget& budget);
  void WriteSolid(const Resource& stream, parts::Sink& sink, base::Budget& budget);

  base::Bytes file_;
  bool opened_ = false;
  Packing packing_ = Packing::kNone;
  std::uint64_t chunk_size_ = 0;
  std::uint16_t part_ = 0;
  inflate::OutputBuffer table_copy_;
  base::Bytes table_;
  std::uint64_t at_ = 0;
  std::map<std::string, std::string, std::less<>> names_;  // by hash
  bool in_solid_run_ = false;
  std::vector<PackedResource> solids_;  // of the run that is being read
  std::string problem_;
};

}  // namespace day::unpack::wim
