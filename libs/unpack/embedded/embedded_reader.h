// EmbeddedReader: files that lie inside a program as they are: in its sections, its resources, or
// behind its end. PE programs, zip, RAR, 7z and cabinets. PE files are searched whole; of others
// only what the caller says, such as what lies behind an ELF file's end.
//
//   EmbeddedReader reader(file, {});
//   while (auto found = reader.Next()) { ...scan found->content... }
//
// What is found must look like a file of its kind beyond its first bytes (a PE's headers, a zip's
// directory, the checksum of a 7z's header), so that programs which handle such files are not taken
// for ones that contain them.
//
// Where a PE file ends is not always what its headers say, and a hash of the whole file needs the
// right end: it is given with each of the ends that are plausible (its headers', that of the
// section it lies in, the next PE's beginning, the file's), as long as they are near each other.
//
// Limits: kFoundMax contents. Linear in the file, but for what is handed out. Ownership: contents
// are views into the file. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::unpack::embedded {

inline constexpr std::size_t kFoundMax = 256;
// Ends of a PE file farther behind the one that its headers say are not tried.
inline constexpr std::uint64_t kSlackBytesMax = 64 * 1024;

struct Found {
  std::string name;  // "(embedded at 0x4de0)", with another end "(embedded at 0x4de0, 544 bytes)"
  base::Bytes content;
};

// What is looked for besides RAR, 7z and cabinets.
struct Wanted {
  bool zips = true;      // not where the whole file can be read as one
  bool programs = true;  // not in what a search for them has found; what is in them is passed over
};

class EmbeddedReader {
 public:
  // Finds nothing in a file that is no PE file. REQUIRES: the file outlives the reader.
  EmbeddedReader(base::Bytes file, Wanted wanted);
  // Searches from `begin` to the end of a file that is no PE file. Places in names are those in the
  // whole file. REQUIRES: as above.
  EmbeddedReader(base::Bytes file, Wanted wanted, std::uint64_t begin);

  std::optional<Found> Next();
  // "limit embedded_max" once Next() has given nothing because of kFoundMax; else empty.
  std::string_view problem() const { return problem_; }

 private:
  enum Kind : std::size_t { kPe, kZip, kRar, k7z, kCab };

  void AddPe(std::uint64_t at);
  std::optional<std::uint64_t> ZipSize(std::uint64_t at, std::uint64_t limit);
  void AddArchive(std::size_t kind, std::uint64_t at);
  std::uint64_t SectionEnd(std::uint64_t at) const;

  base::Bytes file_;
  formats::pe::PeReader outer_;
  std::vector<std::uint64_t> section_ends_;  // rising
  Wanted wanted_;
  std::uint64_t at_;            // the search goes on here
  std::uint64_t behind_ = 0;    // archives before this are inside the last one
  std::vector<Found> pending_;  // in reverse order
  std::size_t found_ = 0;
  std::string_view problem_;
  std::uint64_t zip_directory_ = 0;  // the next central directory, and the next end of one
  std::uint64_t zip_end_ = 0;
};

}  // namespace day::unpack::embedded
