// Walks a zip file (APPNOTE 6.3) and gives every entry that any extractor could find.
//
//   DAY_TRY_ASSIGN(ZipReader zip, ZipReader::Create(file));
//   while (std::optional<Entry> entry = zip.Next()) {
//     Extraction extraction = zip.Extract(*entry, budget, inflater, buffer);
//     ... extraction.content, extraction.gap ...
//   }
//
// A zip file says everything twice, and liars rely on tools believing one side only. So: first the
// entries of every central directory at the end of the file (zip64 too, with data in front
// allowed); an entry whose local header tells another method (or form of it) or size is given a
// second time, as the local header has it; then every local header in bytes that no entry has
// claimed (unlisted entries, a zip in front of a zip, files without a directory). A deflate stream
// ends where it ends, whatever sizes are declared; encrypted entries are opened if one of a few
// well-known passwords fits (libs/unpack/cipher); an encryption flag or a method that nobody knows
// is believed only if the plain data fails its checksum.
//
// Limits: kEntriesMax; memory is 16 bytes for each entry given. Next() costs linear time in all
// over the file; Extract() pays the Budget for every byte of content, stored entries included, so
// that overlapping entries cannot multiply work. Ownership: entries and stored contents are views
// into `file`, others into the caller's buffer. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/inflate/inflate.h"

namespace day::unpack::zip {

struct Header;  // zip_format.h

// Entries that one reader gives.
inline constexpr std::uint64_t kEntriesMax = 1'000'000;
// Central directories that one reader follows.
inline constexpr std::size_t kDirectoriesMax = 8;
// The problem() of a file of local headers alone.
inline constexpr std::string_view kNoDirectory = "damaged: no central directory";

// Passwords that one reader tries on AES entries; the Budget has a limit for all readers.
inline constexpr std::size_t kAesTriesMax = 45;

inline constexpr std::uint16_t kMethodStored = 0;
inline constexpr std::uint16_t kMethodShrink = 1;
inline constexpr std::uint16_t kMethodReduce1 = 2;
inline constexpr std::uint16_t kMethodReduce4 = 5;
inline constexpr std::uint16_t kMethodImplode = 6;
inline constexpr std::uint16_t kMethodDeflate = 8;
inline constexpr std::uint16_t kMethodDeflate64 = 9;
inline constexpr std::uint16_t kMethodBzip2 = 12;
inline constexpr std::uint16_t kMethodLzma = 14;
inline constexpr std::uint16_t kMethodZstdOld = 20;
inline constexpr std::uint16_t kMethodZstd = 93;
inline constexpr std::uint16_t kMethodXz = 95;
inline constexpr std::uint16_t kMethodPpmd = 98;
inline constexpr std::uint16_t kFlagEncrypted = 1 << 0;
inline constexpr std::uint16_t kFlagsImplode = 3 << 1;
inline constexpr std::uint16_t kFlagDescriptor = 1 << 3;

struct Entry {
  // Where the description comes from.
  enum class Origin : std::uint8_t {
    kDirectory,      // a central directory
    kConflict,       // the local header of such an entry, which says something else
    kUnlisted,       // a local header that no directory mentions
    kMissingHeader,  // listed, but there is no local header where the directory says: no data
  };
  Origin origin = Origin::kDirectory;
  std::string_view name;  // raw bytes, as written
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc32 = 0;
  bool has_crc32 = false;
  std::uint16_t time = 0;
  std::uint8_t aes_strength = 0;
  std::uint16_t aes_method = 0;
  bool is_directory = false;            // name ends in "/" and there is no data
  std::uint64_t compressed_size = 0;    // as declared
  std::uint64_t uncompressed_size = 0;  // as declared
  std::uint64_t header_offset = 0;      // of the local header
  std::uint64_t data_offset = 0;
  base::Bytes data;  // the most that may be its compressed data

  bool encrypted() const { return (flags & kFlagEncrypted) != 0; }
};

// What one entry holds. `content` may be there beside a gap: the beginning of a damaged stream.
struct Extraction {
  base::Bytes content;
  std::string gap;  // "", "encrypted", "unsupported: method 98 (PPMd)", "damaged: ...", "limit ..."
};

class ZipReader {
 public:
  // Of a split archive the file is all volumes, one after the other; where each starts tells what
  // the directory's offsets mean. REQUIRES: `volume_starts` outlive the reader.
  // Errors: kMalformed (neither a local header at the start nor a central directory at the end).
  static base::Result<ZipReader> Create(base::Bytes file,
                                        std::span<const std::uint64_t> volume_starts = {});

  // Whether a central directory ends this file, whatever it starts with (self-extracting programs).
  static bool HasDirectory(base::Bytes file);
  // Where the first local header stands that such a directory lists, and from where on the reader
  // looks for unlisted ones if the file starts with something else. The file's size if none does.
  static std::uint64_t FirstHeader(base::Bytes file);

  // Further passwords to try on encrypted entries. REQUIRES: they outlive the reader.
  void SetPasswords(std::span<const std::string> passwords) { passwords_ = passwords; }

  // The next entry, or nothing at the end.
  std::optional<Entry> Next();

  // The content of the entry that Next() gave last. `buffer` is appended to, not cleared.
  Extraction Extract(const Entry& entry, base::Budget& budget, inflate::Inflater& inflater,
                     inflate::OutputBuffer& buffer);

  // What is wrong with the archive itself ("damaged: no central directory"), or empty. Complete
  // after Next() has returned nothing.
  std::string_view problem() const { return problem_; }

 private:
  struct Region {
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct Directory {
    std::uint64_t offset = 0;   // of its first record
    std::uint64_t entries = 0;  // as declared
    std::uint64_t base = 0;     // what local header offsets are relative to
  };

  explicit ZipReader(base::Bytes file) : file_(file) {}
  void FindDirectories();
  void AddDirectory(std::uint64_t record_offset);
  std::optional<Entry> NextListed();
  std::optional<Header> FindLocal(const Header& central, const Directory& directory,
                                  std::uint64_t& offset) const;
  std::optional<Entry> ReadRecord(const Directory& directory);
  std::optional<Entry> NextUnlisted();
  void StartUnlisted();
  bool IsClaimed(std::uint64_t offset) const;
  void Claim(const Entry& entry, std::uint64_t end);
  Extraction ExtractDeflated(const Entry& entry, base::Budget& budget, inflate::Inflater& inflater,
                             inflate::OutputBuffer& buffer);
  Extraction ExtractStream(const Entry& entry, base::Budget& budget, inflate::OutputBuffer& buffer);
  Extraction ExtractToSink(const Entry& entry, base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<Extraction> ExtractEncrypted(const Entry& entry, base::Budget& budget,
                                             inflate::Inflater& inflater,
                                             inflate::OutputBuffer& buffer);
  // What `password` makes of the entry; nothing if it is not the right one, or if nobody can say.
  std::optional<Extraction> ExtractWith(const Entry& entry, std::string_view password,
                                        base::Budget& budget, inflate::Inflater& inflater,
                                        inflate::OutputBuffer& buffer);
  bool DecryptWith(const Entry& entry, std::string_view password, base::Budget& budget,
                   Entry& plain);
  void ClaimStream(const Entry& entry, std::uint64_t size);
  Extraction ExtractStored(const Entry& entry, base::Budget& budget);
  std::optional<Extraction> ExtractDespiteFlags(const Entry& entry, base::Budget& budget,
                                                inflate::Inflater& inflater,
                                                inflate::OutputBuffer& buffer);

  base::Bytes file_;
  std::span<const std::uint64_t> volume_starts_;
  std::vector<Directory> directories_;
  std::size_t directory_ = 0;        // the one being read
  std::uint64_t record_offset_ = 0;  // its next record
  std::uint64_t records_read_ = 0;
  std::optional<Entry> conflict_;  // to be given next
  std::vector<Region> claimed_;    // one for each entry given; the last one may still change
  bool unlisted_started_ = false;
  std::size_t region_ = 0;  // first claimed region that may end after the cursor
  std::size_t regions_sorted_ = 0;
  std::uint64_t cursor_ = 0;  // where the search for unlisted headers goes on
  std::uint64_t entries_given_ = 0;
  std::vector<std::byte> plain_;  // the decrypted data of the entry extracted last
  std::size_t aes_tries_ = 0;
  std::span<const std::string> passwords_;
  std::string problem_;
};

}  // namespace day::unpack::zip
