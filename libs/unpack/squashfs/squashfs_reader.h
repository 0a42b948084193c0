// Walks a squashfs 4 image: every file of every folder, from its blocks and its part of a fragment.
//
// Links and devices are passed over. Blocks are gzip, xz, lzma, lzo, lz4 or zstd; versions
// before 4 are "unsupported". A folder that is reached twice is given once, and problem() says so;
// a damaged folder or inode costs what hangs on it, and problem() says so. Bytes behind the image
// that are not all zeros are given as "(trailing data)".
//
// Specification: Linux's Documentation/filesystems/squashfs and the format's public description.
// Limits: kFoldersMax; steps of the Budget for every block and every entry. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/squashfs/metadata.h"

namespace day::unpack::squashfs {

inline constexpr std::size_t kFoldersMax = 65'536;
inline constexpr std::uint64_t kStepsPerEntry = 200;

class SquashfsReader final : public parts::Archive {
 public:
  // Whether the magic number, of either byte order, starts the image.
  static bool IsSquashfs(base::Bytes image);

  // REQUIRES: `image` outlives the reader.
  explicit SquashfsReader(base::Bytes image);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Folder {
    std::string path;
    std::uint64_t inode = 0;
  };
  struct File {
    std::uint64_t size = 0;
    std::uint64_t data = 0;  // offset of the first block
    std::uint32_t fragment = 0;
    std::uint32_t fragment_offset = 0;
    Place block_sizes;
  };
  // The folder that is being listed.
  struct Listing {
    std::string path;
    Place place;
    std::uint64_t bytes_left = 0;
    std::uint32_t run_left = 0;   // entries until the next header
    std::uint32_t run_block = 0;  // of the inodes of these entries
  };
  struct Entry {
    std::string name;
    std::uint64_t inode = 0;
  };

  void Open();
  void Note(std::string_view problem);
  bool OpenFolder(const Folder& folder, base::Budget& budget);
  std::optional<Entry> NextEntry(base::Budget& budget);
  std::optional<base::Bytes> TakeListed(std::uint64_t size, base::Budget& budget);
  std::optional<parts::Member> Visit(const Entry& entry, base::Budget& budget,
                                     inflate::OutputBuffer& buffer);
  std::optional<File> ReadInode(std::uint64_t inode, base::Budget& budget);
  void WriteFile(File file, parts::Sink& sink, base::Budget& budget);
  void WriteBlock(std::uint64_t offset, std::uint32_t size_word, std::uint64_t size,
                  parts::Sink& sink, base::Budget& budget);
  void WriteTail(const File& file, std::uint64_t size, parts::Sink& sink, base::Budget& budget);
  std::optional<parts::Member> TrailingData(base::Budget& budget);

  base::Bytes image_;
  blocks::Codec codec_ = blocks::Codec::kZlib;
  std::uint32_t block_size_ = 0;
  std::uint32_t fragments_ = 0;
  std::uint64_t inode_table_ = 0;
  std::uint64_t folder_table_ = 0;
  std::uint64_t fragment_table_ = 0;
  std::uint64_t bytes_used_ = 0;
  std::unique_ptr<Metadata> metadata_;  // null: nothing to walk
  blocks::BlockDecoder decoder_;
  inflate::OutputBuffer block_;
  inflate::OutputBuffer fragment_block_;
  std::uint64_t fragment_held_ = ~std::uint64_t{0};  // the offset of what fragment_block_ holds
  std::vector<Folder> folders_;                      // still to be listed
  std::set<std::uint64_t> seen_;
  Listing listing_;
  bool trailing_given_ = false;
  std::string problem_;
};

}  // namespace day::unpack::squashfs
