// Walks an HFS+ or HFSX volume: every file of the catalog with its resource fork, compressed files
// (decmpfs) unpacked.
//
// A volume in an HFS wrapper is found. Forks of more than eight runs get them from the tree of
// further extents. decmpfs is zlib, LZVN, LZFSE or stored, in the attribute or in the resource
// fork. Resource forks are given as "name/..namedfork/rsrc". Plain HFS is
// "unsupported". Damaged parts of trees are passed over, and problem() says so. Content lies where
// the catalog says; the journal is not replayed.
//
// Specification: Apple's Technical Note TN1150. Limits: kFoldersMax, kFurtherExtentsMax,
// kCompressedMax; the Budget's steps for every record. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/unpack/blocks/block_decoder.h"
#include "libs/unpack/hfsplus/btree.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::hfsplus {

inline constexpr std::size_t kFoldersMax = 100'000;
inline constexpr std::size_t kFurtherExtentsMax = 100'000;
inline constexpr std::size_t kCompressedMax = 200'000;
inline constexpr int kDepthMax = 64;  // of folders in a path; deeper paths lose their start

class HfsPlusReader final : public parts::Archive {
 public:
  // Whether a volume header, plain or wrapped, or that of plain HFS is where it should be.
  static bool IsHfsPlus(base::Bytes image);

  // REQUIRES: `image` outlives the reader. Looks at nothing before the first Next().
  explicit HfsPlusReader(base::Bytes image) : image_(image), sharing_(image.size()) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Fork {
    std::uint64_t size = 0;
    std::vector<parts::Extent> extents;
  };
  struct Folder {
    std::uint32_t parent = 0;
    std::string name;
  };

  void Note(std::string_view problem);
  void Open(base::Budget& budget);
  void AddRuns(base::Bytes runs, std::vector<parts::Extent>& out) const;
  Fork ReadFork(base::Bytes data, std::uint64_t offset, std::uint32_t file,
                std::uint8_t kind) const;
  void ReadFurtherExtents(base::Bytes header, base::Budget& budget);
  void ReadFolders(base::Budget& budget);
  void ReadAttributes(base::Bytes header, base::Budget& budget);
  std::string PathOf(std::uint32_t parent, std::string_view name) const;
  parts::Member Unpack(std::string name, std::string_view attribute, const Fork& resource,
                       base::Budget& budget, inflate::OutputBuffer& buffer);
  void UnpackResource(const Fork& resource, std::uint64_t size, parts::Sink& sink,
                      base::Budget& budget);
  void UnpackBlock(blocks::Codec codec, base::Bytes packed, std::uint64_t size_max,
                   parts::Sink& sink, base::Budget& budget);
  // Valid until the next call.
  base::Bytes ReadResource(const Fork& resource, base::Budget& budget);
  void UnpackZlibResource(base::Bytes fork, std::uint64_t size, parts::Sink& sink,
                          base::Budget& budget);
  void UnpackResource(blocks::Codec codec, base::Bytes fork, std::uint64_t size, parts::Sink& sink,
                      base::Budget& budget);
  void UnpackBlock(base::Bytes packed, std::uint64_t size_max, parts::Sink& sink,
                   base::Budget& budget);

  base::Bytes image_;
  base::Bytes volume_;
  bool opened_ = false;
  std::uint64_t block_size_ = 0;
  std::unique_ptr<Tree> catalog_;
  std::map<std::uint64_t, std::vector<parts::Extent>> further_;  // by (file, kind of fork)
  std::map<std::uint32_t, Folder> folders_;
  std::map<std::uint32_t, std::string> compressed_;       // by file: the decmpfs attribute
  std::optional<std::pair<std::string, Fork>> resource_;  // to be given next
  blocks::BlockDecoder decoder_;
  inflate::OutputBuffer block_;
  inflate::OutputBuffer fork_copy_;
  parts::SharingMeter sharing_;
  std::string problem_;
};

}  // namespace day::unpack::hfsplus
