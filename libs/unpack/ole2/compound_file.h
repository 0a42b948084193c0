// A compound file (OLE 2 structured storage): storages and streams in a file of sectors.
//
//   DAY_TRY_ASSIGN(CompoundFile file, CompoundFile::Open(bytes));
//   for (std::size_t i = 0; i < file.entries().size(); ++i) {
//     const StreamContent stream = file.Read(i, size_max, buffer);
//     ... stream.content, stream.gap ...
//   }
//
// Specification: [MS-CFB], versions 3 and 4. Tolerant, because Office is: a header's numbers are
// believed only as far as the file bears them out; entries that no tree reaches are given as well;
// a chain that leaves the file, loops or ends too early gives what came before, and a gap.
//
// Limits: kEntriesMax directory entries, kDepthMax levels in a path (deeper ones are left out of
// the name, not of the entries). Opening costs time linear in the FAT's and the directory's
// sectors; reading a stream is linear in its sectors, and a chain that loops ends within twice its
// loop. Memory: 4 bytes for each sector of FAT, directory, MiniFAT and mini stream, and the
// entries. Ownership: contents are views into `file` (if their sectors follow each other) or
// `buffer`. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::ole2 {

inline constexpr std::size_t kEntriesMax = 200'000;
inline constexpr std::size_t kDepthMax = 32;
inline constexpr std::uint32_t kNoEntry = 0xFFFFFFFF;

struct Entry {
  enum class Kind : std::uint8_t { kUnused, kRoot, kStorage, kStream };
  Kind kind = Kind::kUnused;
  std::string name;                 // as stored, in UTF-8: it may start with a control character
  std::uint32_t parent = kNoEntry;  // the storage around it, the root at last
  bool is_listed = false;           // a tree leads to it
  std::uint32_t start = 0;
  std::uint64_t size = 0;
};

struct StreamContent {
  base::Bytes content;
  bool is_whole = true;  // else it was cut at size_max
  std::string gap;       // "" or "damaged: ..."
};

class CompoundFile {
 public:
  // Errors: kMalformed (no compound file), kTruncated (not even a directory).
  static base::Result<CompoundFile> Open(base::Bytes file);

  // The directory as it is: unused entries have a place too.
  const std::vector<Entry>& entries() const { return entries_; }

  // At most size_max bytes of a stream. Overwrites `buffer`. REQUIRES: index < entries().size().
  StreamContent Read(std::size_t index, std::uint64_t size_max,
                     inflate::OutputBuffer& buffer) const;

  // "Storage/Stream", with the control characters of names as "[1]".
  std::string PathOf(std::size_t index) const;

  // What lies behind the last sector in use.
  base::Bytes trailing() const;

  // Whether the header or a chain of sectors is wrong: what a stream seems to hold may not be what
  // it held. Goes through all chains.
  bool IsDamaged() const;

  // What is wrong with the file itself, or empty.
  std::string_view problem() const { return problem_; }

 private:
  // Sectors that lie one behind the other, as bytes in the file.
  struct Run {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  struct Chain {
    std::vector<Run> runs;
    std::string_view problem;
  };

  explicit CompoundFile(base::Bytes file) : file_(file) {}
  void ReadFatSectors();
  void ReadDirectory();
  // Where the trees of the directory go on from an entry.
  struct Links {
    std::uint32_t left = kNoEntry;
    std::uint32_t right = kNoEntry;
    std::uint32_t child = kNoEntry;
  };
  void ReadMiniStream();
  void WalkTrees(const std::vector<Links>& links);

  std::uint64_t SectorOffset(std::uint32_t sector) const {
    return (std::uint64_t{sector} + 1) << sector_shift_;
  }
  std::uint32_t NextSector(std::uint32_t sector) const;
  std::uint32_t NextMiniSector(std::uint32_t sector) const;
  std::vector<std::uint32_t> SectorsOf(std::uint32_t start, std::string_view& problem) const;
  bool AddRun(std::uint64_t offset, std::uint64_t size, std::vector<Run>& runs) const;
  Chain ChainOf(std::uint32_t start, std::uint64_t size) const;
  Chain MiniChainOf(std::uint32_t start, std::uint64_t size) const;
  void NoteProblem(std::string_view problem);

  base::Bytes file_;
  std::uint32_t sector_shift_ = 9;
  std::uint32_t mini_shift_ = 6;
  std::uint64_t mini_cutoff_ = 4096;
  std::uint64_t sector_count_ = 0;
  bool has_large_sizes_ = false;            // version 4
  std::vector<std::uint32_t> fat_sectors_;  // sector i of the FAT lies in sector fat_sectors_[i]
  std::vector<std::uint32_t> mini_fat_sectors_;  // the same for the MiniFAT
  std::vector<std::uint32_t> mini_sectors_;      // sectors of the mini stream
  std::vector<Entry> entries_;
  std::string problem_;
};

}  // namespace day::unpack::ole2
