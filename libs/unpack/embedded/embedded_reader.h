// EmbeddedReader: files that lie inside others as they are: in programs' sections, pictures, texts,
// or behind the end of anything. PE programs, zip, RAR, 7z, cabinets, ARJ, the data of NSIS, AutoIt
// and InstallShield setups, PDF, ISO 9660 images, compound files, mails.
//
//   EmbeddedReader reader(file, {});
//   while (auto found = reader.Next()) { ...scan found->content... }
//
// What is found must look like a file of its kind beyond its first bytes (a PE's headers, a zip's
// directory or an entry that can be decoded, the checksums of RAR's, 7z's and ARJ's headers), so
// that programs which handle such files are not taken for ones that contain them (checks.h).
//
// Where a PE file ends is not always what its headers say, and a hash of the whole file needs the
// right end: it is given with each of the ends that are plausible (its headers', that of the
// section it lies in, the next PE's beginning, the file's), as long as they are near each other.
// What does not say where it ends is given to the end of the file.
//
// What another decoder gives of the same file as a view is not given again: see Claim().
//
// Limits: kFoundMax contents, kWorkRatioMax times the file to judge marks. Linear in the file, but
// for what is handed out. Ownership: contents are views into the file. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/unpack/embedded/checks.h"
#include "libs/unpack/embedded/marks.h"
#include "libs/unpack/inflate/inflate.h"

namespace day::unpack::embedded {

inline constexpr std::size_t kFoundMax = 256;
// Ends of a PE file farther behind the one that its headers say are not tried.
inline constexpr std::uint64_t kSlackBytesMax = 64 * 1024;
inline constexpr std::uint64_t kWorkRatioMax = 4;
inline constexpr std::uint64_t kWorkFreeBytes = 1024 * 1024;

struct Found {
  std::string name;  // "(embedded at 0x4de0)", with another end "(embedded at 0x4de0, 544 bytes)"
  base::Bytes content;
  Kind kind = Kind::kPe;
};

// What is looked for besides other archives.
struct Wanted {
  // Zips that begin here or behind are not: the whole file can be read as one.
  std::uint64_t zips_end = ~std::uint64_t{0};
  bool pdfs = true;      // not in a PDF file, which has all objects looked at
  bool programs = true;  // not in what a search for them has found; what is in them is passed over
  bool mails = true;     // not in texts, which are searched for encoded parts anyway
};

class EmbeddedReader {
 public:
  // Nothing is found at the start of the file itself. REQUIRES: the file outlives the reader.
  EmbeddedReader(base::Bytes file, Wanted wanted);

  std::optional<Found> Next();
  // These bytes of the file are opened by others: nothing that begins in them is given from now on.
  // Bytes that lie elsewhere are no matter.
  void Claim(base::Bytes view);
  // Whether that is so of something that Next() has given before.
  bool IsClaimed(const Found& found) { return IsClaimed(OffsetOf(found.content)); }
  // What Next() gave last could not be read whole: what begins in it is no longer taken for a part.
  void LastWasDamaged();
  // "limit embedded_max" or "limit embedded_work_max" once Next() has given nothing because of it;
  // else empty.
  std::string_view problem() const { return problem_; }

 private:
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
  };

  void Judge(const MarkPlace& mark);
  void AddPe(std::uint64_t at);
  void AddZip(std::uint64_t at);
  void AddMail(std::uint64_t at);
  void AddArchive(Kind kind, std::uint64_t at);
  std::optional<std::uint64_t> ZipSize(std::uint64_t at, std::uint64_t limit);
  bool IsOpenEnded(Kind kind) const { return is_open_[static_cast<std::size_t>(kind)]; }
  std::uint64_t SectionEnd(std::uint64_t at) const;
  std::uint64_t OffsetOf(base::Bytes content) const {
    return static_cast<std::uint64_t>(content.data() - file_.data());
  }
  bool IsClaimed(std::uint64_t at);

  base::Bytes file_;
  formats::pe::PeReader outer_;
  std::vector<std::uint64_t> section_ends_;  // rising
  Wanted wanted_;
  Purse purse_;
  std::uint64_t at_ = 1;                       // the search goes on here
  std::uint64_t behind_ = 0;                   // archives before this are inside the last one
  std::array<bool, kKindCount> is_open_ = {};  // one was given to the end of the file
  std::vector<Range> claimed_;
  bool is_sorted_ = true;
  std::vector<Found> pending_;  // in reverse order
  std::size_t found_ = 0;
  std::string_view problem_;
  std::uint64_t zip_directory_ = 0;  // the next central directory, and the next end of one
  std::uint64_t zip_end_ = 0;
  inflate::Inflater inflater_;
};

}  // namespace day::unpack::embedded
