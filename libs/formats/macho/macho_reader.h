// MachoReader: Mach-O images and universal ("fat") files, read the way YARA 4.5.8 reads them.
//
//   const MachoReader macho(file);
//   if (const MachoImage* image = macho.image()) { image->header().cputype ... }
//   for (std::uint64_t i = 0; i < macho.arch_count(); ++i) {
//   MachoImage::Parse(*macho.arch_bytes(i)) ... }
//
// Specification: Apple's <mach-o/loader.h>, <mach-o/fat.h>. YARA's reading is the contract where
// the two differ: an architecture's image is read whatever its magic number is; a fat file in the
// other byte order is read as a 64-bit one; LC_UNIXTHREAD's size is taken as little-endian.
//
// Security posture: untrusted input, bounds-checked. An image costs one walk over its load commands
// (at most kLoadCommandsMax) and keeps 8 bytes a segment (at most kSegmentsMax); sections and
// architectures are read when asked. MachoImage::Parse() pays the same for each architecture, and
// callers who ask for many keep them within a budget of load commands.
// Thread safety: const operations are safe. Views point into the file, which must outlive the
// reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::macho {

inline constexpr std::uint64_t kLoadCommandsMax = 1u << 22;
inline constexpr std::size_t kSegmentsMax = 1u << 20;
// Segments compared with addresses of LC_UNIXTHREAD commands, for one image.
inline constexpr std::uint64_t kEntrySearchStepsMax = 1u << 24;

inline constexpr std::uint32_t kMagic32 = 0xfeedface;
inline constexpr std::uint32_t kMagic32Swapped = 0xcefaedfe;
inline constexpr std::uint32_t kMagic64 = 0xfeedfacf;
inline constexpr std::uint32_t kMagic64Swapped = 0xcffaedfe;
inline constexpr std::uint32_t kFatMagic32 = 0xcafebabe;
inline constexpr std::uint32_t kFatMagic32Swapped = 0xbebafeca;
inline constexpr std::uint32_t kFatMagic64 = 0xcafebabf;
inline constexpr std::uint32_t kFatMagic64Swapped = 0xbfbafeca;

struct Header {
  std::uint32_t magic = 0;  // the first four bytes as a big-endian number
  std::uint32_t cputype = 0;
  std::uint32_t cpusubtype = 0;
  std::uint32_t filetype = 0;
  std::uint32_t ncmds = 0;
  std::uint32_t sizeofcmds = 0;
  std::uint32_t flags = 0;
  std::optional<std::uint32_t> reserved;  // only where the magic is not a 32-bit one
};

struct Segment {
  std::string_view segname;
  std::uint64_t vmaddr = 0;
  std::uint64_t vmsize = 0;
  std::uint64_t fileoff = 0;
  std::uint64_t fsize = 0;
  std::uint32_t maxprot = 0;
  std::uint32_t initprot = 0;
  std::uint32_t nsects = 0;
  std::uint32_t flags = 0;
  std::uint64_t section_count = 0;  // of nsects, those that fit in the command
};

struct Section {
  std::string_view sectname;
  std::string_view segname;
  std::uint64_t addr = 0;
  std::uint64_t size = 0;
  std::uint32_t offset = 0;
  std::uint32_t align = 0;
  std::uint32_t reloff = 0;
  std::uint32_t nreloc = 0;
  std::uint32_t flags = 0;
  std::uint32_t reserved1 = 0;
  std::uint32_t reserved2 = 0;
  std::optional<std::uint32_t> reserved3;  // only in 64-bit segments
};

// One image: a whole thin file, or one architecture of a fat one.
class MachoImage {
 public:
  // Nothing if `image` is shorter than a 64-bit header. The magic number is not looked at.
  static std::optional<MachoImage> Parse(base::Bytes image);

  // The header of an image without walking its commands.
  static std::optional<Header> ParseHeader(base::Bytes image);

  const Header& header() const { return header_; }
  // Segment commands met, with those too short to read.
  std::uint64_t segment_count() const { return segments_.size(); }
  // Nothing for a segment command too short to read. REQUIRES: i < segment_count().
  std::optional<Segment> segment(std::uint64_t i) const;
  // REQUIRES: i < segment_count() and j < segment(i)->section_count.
  Section section(std::uint64_t i, std::uint64_t j) const;

  // The last LC_MAIN's offset, or the last LC_UNIXTHREAD's address as an offset in the image,
  // whichever comes later. An address in no segment does not count.
  std::optional<std::uint64_t> entry_point() const { return entry_point_; }
  // The last LC_MAIN's.
  std::optional<std::uint64_t> stack_size() const { return stack_size_; }
  // Load commands walked to read this image.
  std::uint64_t commands_walked() const { return commands_walked_; }

 private:
  struct Command {
    std::uint64_t offset;
    std::uint32_t kind;
    bool operator==(const Command&) const = default;
  };

  explicit MachoImage(base::Bytes image, const Header& header);

  template <typename T>
  T Read(std::uint64_t offset) const {
    return base::ReadAt<T>(image_, offset, endian_).value_or(0);
  }
  void WalkCommands(std::vector<Command>& entry_commands);
  void FindEntry(const std::vector<Command>& entry_commands);
  std::optional<std::uint64_t> ThreadAddress(std::uint64_t offset) const;
  std::optional<std::uint64_t> OffsetOf(std::uint64_t address, std::uint64_t& steps) const;
  bool SegmentIs64(std::uint64_t i) const;

  base::Bytes image_;
  Header header_;
  base::Endian endian_;
  std::vector<std::uint64_t> segments_;  // offsets of their commands
  std::optional<std::uint64_t> entry_point_;
  std::optional<std::uint64_t> stack_size_;
  std::uint64_t commands_walked_ = 0;
};

struct Arch {
  std::uint32_t cputype = 0;
  std::uint32_t cpusubtype = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t align = 0;
};

struct FatHeader {
  std::uint32_t magic = 0;
  std::uint32_t nfat_arch = 0;
};

class MachoReader {
 public:
  explicit MachoReader(base::Bytes file);

  // A thin file's image; null for others.
  const MachoImage* image() const { return image_ ? &*image_ : nullptr; }

  // Nothing if the file is not a fat one.
  const std::optional<FatHeader>& fat_header() const { return fat_header_; }
  // 0 if the architectures that the header speaks of do not fit in the file.
  std::uint64_t arch_count() const { return arch_count_; }
  // REQUIRES: i < arch_count().
  Arch arch(std::uint64_t i) const;
  // One more than the last architecture that lies inside the file.
  std::uint64_t image_count() const { return image_count_; }
  // The bytes of architecture i; nothing if they do not lie inside the file.
  std::optional<base::Bytes> arch_bytes(std::uint64_t i) const;

 private:
  base::Bytes file_;
  std::optional<MachoImage> image_;
  std::optional<FatHeader> fat_header_;
  bool arch_is_32_ = false;
  std::uint64_t arch_count_ = 0;
  std::uint64_t image_count_ = 0;
};

}  // namespace day::formats::macho
