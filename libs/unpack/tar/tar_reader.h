// Walks a tar file: v7, ustar (POSIX.1-1988), GNU and pax (POSIX.1-2001) headers, mixed as they
// come.
//
//   DAY_TRY_ASSIGN(TarReader tar, TarReader::Create(file));
//   while (std::optional<Entry> entry = tar.Next()) {
//     ... entry->data is the content, unless entry->is_sparse() ...
//   }
//
// Tolerant, because extractors are: signed and unsigned header sums, base-256 sizes, archives
// behind the end of an archive, a wrong header sum if the block still has the ustar magic, and
// after damage the next block that is a header. Links and devices have no content; a hard link with
// a size is believed to have some unless a header follows at once. Sparse files (GNU old format,
// 0.0, 0.1 and 1.0) give the stored pieces in `data` and their places in `segments`; ExpandSparse()
// puts them together.
//
// Limits: kNameBytesMax, kPaxBytesMax, kSparseSegmentsMax. Next() costs linear time in all over the
// file; entries never overlap, so content is never larger than the file. Ownership: names are
// copies (they may be put together), data are views into `file`. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::unpack::tar {

// Longer names are cut off.
inline constexpr std::size_t kNameBytesMax = 64 * 1024;
// Longer pax headers are read up to here.
inline constexpr std::size_t kPaxBytesMax = 1024 * 1024;
// A sparse file with more segments is given unexpanded.
inline constexpr std::size_t kSparseSegmentsMax = 100'000;

inline constexpr std::uint64_t kBlockBytes = 512;

// A stored piece of a sparse file: where it goes in the whole.
struct Segment {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Entry {
  enum class Kind : std::uint8_t { kFile, kDirectory, kOther };  // kOther: links, devices, pipes
  Kind kind = Kind::kFile;
  std::string name;
  char type = '0';                  // the type flag as written
  std::uint64_t header_offset = 0;  // of the header that the data follows
  std::uint64_t size = 0;           // of the stored data, as declared
  base::Bytes data;                 // the stored data; shorter than size if the file ends first
  std::vector<Segment> segments;    // sparse files: where data's bytes go, in order
  std::uint64_t real_size = 0;      // sparse files: size of the whole, as declared
  std::string gap;                  // "" or "damaged: ..."

  bool is_sparse() const { return !segments.empty(); }
};

class TarReader {
 public:
  // Errors: kMalformed (the first block is no header).
  static base::Result<TarReader> Create(base::Bytes file);

  // Whether the first block is a header, in constant time.
  static bool IsTar(base::Bytes file);

  // The next entry, or nothing at the end.
  std::optional<Entry> Next();

  // What lies behind the last entry's data: zero blocks, as a rule. Complete after Next() has
  // returned nothing.
  base::Bytes trailing() const { return base::ClippedSlice(file_, entries_end_, file_.size()); }

  // What is wrong with the archive itself, or empty. Complete after Next() has returned nothing.
  std::string_view problem() const { return problem_; }

 private:
  // What extension headers say about the next entry (or, global ones, about all).
  struct Extension {
    std::optional<std::string> name;
    std::optional<std::uint64_t> size;
    std::vector<Segment> segments;
    std::optional<std::uint64_t> real_size;
    bool map_in_data = false;                     // GNU sparse 1.0
    std::optional<std::uint64_t> pending_offset;  // GNU sparse 0.0: waits for its numbytes
  };

  explicit TarReader(base::Bytes file) : file_(file) {}
  bool FindHeader(base::Bytes& header);
  base::Bytes TakeData(std::uint64_t size);
  void ReadPax(base::Bytes data, Extension& extension);
  static void ApplyPax(std::string_view key, std::string_view value, Extension& extension);
  Entry MakeEntry(base::Bytes header, std::uint64_t header_offset);
  void ReadOldSparseMap(base::Bytes header, Entry& entry);
  static void ReadSparseMapInData(Entry& entry);

  base::Bytes file_;
  std::uint64_t offset_ = 0;
  std::uint64_t entries_end_ = 0;
  Extension global_;
  Extension next_;
  bool archive_ended_ = false;  // zero blocks were seen: what follows may be anything
  std::string problem_;
};

// Puts a sparse file together: zeros, and each segment's bytes in its place. Segments outside
// `whole`, or without data, are cut off. REQUIRES: whole.size() == entry.real_size.
void ExpandSparse(const Entry& entry, std::span<std::byte> whole);

}  // namespace day::unpack::tar
