#include "libs/formats/macho/macho_reader.h"

#include <algorithm>
#include <cstddef>

namespace day::formats::macho {
namespace {

constexpr std::uint64_t kHeaderSize32 = 28;
constexpr std::uint64_t kHeaderSize64 = 32;
constexpr std::uint64_t kCommandSize = 8;
constexpr std::uint64_t kSegmentSize32 = 56;
constexpr std::uint64_t kSegmentSize64 = 72;
constexpr std::uint64_t kSectionSize32 = 68;
constexpr std::uint64_t kSectionSize64 = 80;
constexpr std::uint64_t kThreadCommandSize = 16;
constexpr std::uint64_t kMainCommandSize = 24;
constexpr std::uint64_t kFatHeaderSize = 8;
constexpr std::uint64_t kArchSize32 = 20;
constexpr std::uint64_t kArchSize64 = 32;
constexpr std::size_t kNameSize = 16;

constexpr std::uint32_t kCommandSegment = 0x1;
constexpr std::uint32_t kCommandUnixThread = 0x5;
constexpr std::uint32_t kCommandSegment64 = 0x19;
constexpr std::uint32_t kCommandMain = 0x80000028;

bool Is32(std::uint32_t magic) { return magic == kMagic32 || magic == kMagic32Swapped; }

bool IsBigEndian(std::uint32_t magic) {
  return magic == kMagic32 || magic == kMagic64 || magic == kFatMagic32 || magic == kFatMagic64;
}

// Where a processor's thread state holds the program counter.
struct ThreadState {
  std::uint32_t cputype;
  std::uint32_t size;
  std::uint32_t counter_offset;
  bool is_64;
};

constexpr ThreadState kThreadStates[] = {
    {.cputype = 0x00000006, .size = 72, .counter_offset = 68, .is_64 = false},    // 68000: pc
    {.cputype = 0x0000000d, .size = 136, .counter_offset = 124, .is_64 = false},  // 88000: xip
    {.cputype = 0x0000000e, .size = 76, .counter_offset = 4, .is_64 = false},     // SPARC: pc
    {.cputype = 0x00000012, .size = 160, .counter_offset = 0, .is_64 = false},    // PowerPC: srr0
    {.cputype = 0x00000007, .size = 64, .counter_offset = 40, .is_64 = false},    // x86: eip
    {.cputype = 0x0000000c, .size = 68, .counter_offset = 60, .is_64 = false},    // ARM: pc
    {.cputype = 0x01000007, .size = 168, .counter_offset = 128, .is_64 = true},   // x86-64: rip
    {.cputype = 0x0100000c, .size = 268, .counter_offset = 256, .is_64 = true},   // ARM64: pc
    {.cputype = 0x01000012, .size = 304, .counter_offset = 0, .is_64 = true},     // PowerPC64: srr0
};

}  // namespace

std::optional<Header> MachoImage::ParseHeader(base::Bytes image) {
  if (image.size() < kHeaderSize64) {
    return std::nullopt;
  }
  Header header;
  header.magic = base::ReadAt<std::uint32_t>(image, 0, base::Endian::kBig).value_or(0);
  base::ByteReader reader(image.subspan(4),
                          IsBigEndian(header.magic) ? base::Endian::kBig : base::Endian::kLittle);
  header.cputype = reader.U32();
  header.cpusubtype = reader.U32();
  header.filetype = reader.U32();
  header.ncmds = reader.U32();
  header.sizeofcmds = reader.U32();
  header.flags = reader.U32();
  if (!Is32(header.magic)) {
    header.reserved = reader.U32();
  }
  return header;
}

MachoImage::MachoImage(base::Bytes image, const Header& header)
    : image_(image),
      header_(header),
      endian_(IsBigEndian(header.magic) ? base::Endian::kBig : base::Endian::kLittle) {}

std::optional<MachoImage> MachoImage::Parse(base::Bytes image) {
  const std::optional<Header> header = ParseHeader(image);
  if (!header) {
    return std::nullopt;
  }
  MachoImage parsed(image, *header);
  std::vector<Command> entry_commands;
  parsed.WalkCommands(entry_commands);
  parsed.FindEntry(entry_commands);
  return parsed;
}

void MachoImage::WalkCommands(std::vector<Command>& entry_commands) {
  std::uint64_t offset = Is32(header_.magic) ? kHeaderSize32 : kHeaderSize64;
  const std::uint64_t count_max = std::min<std::uint64_t>(header_.ncmds, kLoadCommandsMax);
  for (; commands_walked_ < count_max; ++commands_walked_) {
    const std::uint64_t rest = image_.size() - offset;
    if (rest < kCommandSize) {
      return;
    }
    const auto kind = Read<std::uint32_t>(offset);
    const auto size = Read<std::uint32_t>(offset + 4);
    if (rest < size || size < kCommandSize) {
      return;
    }
    if (kind == kCommandSegment || kind == kCommandSegment64) {
      if (segments_.size() >= kSegmentsMax) {
        return;
      }
      segments_.push_back(offset);
    } else if (kind == kCommandUnixThread || kind == kCommandMain) {
      entry_commands.push_back({offset, kind});
    }
    offset += size;
  }
}

bool MachoImage::SegmentIs64(std::uint64_t i) const {
  return Read<std::uint32_t>(segments_[static_cast<std::size_t>(i)]) == kCommandSegment64;
}

std::optional<Segment> MachoImage::segment(std::uint64_t i) const {
  const std::uint64_t offset = segments_[static_cast<std::size_t>(i)];
  const bool is_64 = SegmentIs64(i);
  const std::uint64_t header_size = is_64 ? kSegmentSize64 : kSegmentSize32;
  const std::uint64_t section_size = is_64 ? kSectionSize64 : kSectionSize32;
  if (image_.size() - offset < header_size) {
    return std::nullopt;
  }
  base::ByteReader reader(image_.subspan(static_cast<std::size_t>(offset)), endian_);
  reader.Skip(4);
  const std::uint32_t command_size = reader.U32();
  reader.Skip(kNameSize);
  const auto word = [&]() -> std::uint64_t { return is_64 ? reader.U64() : reader.U32(); };
  Segment segment;
  segment.segname = base::CStringAt(image_, offset + kCommandSize, kNameSize);
  segment.vmaddr = word();
  segment.vmsize = word();
  segment.fileoff = word();
  segment.fsize = word();
  segment.maxprot = reader.U32();
  segment.initprot = reader.U32();
  segment.nsects = reader.U32();
  segment.flags = reader.U32();
  const std::uint64_t room = command_size < header_size ? 0 : command_size - header_size;
  segment.section_count = std::min<std::uint64_t>(segment.nsects, room / section_size);
  return segment;
}

Section MachoImage::section(std::uint64_t i, std::uint64_t j) const {
  const bool is_64 = SegmentIs64(i);
  const std::uint64_t offset =
      segments_[static_cast<std::size_t>(i)] +
      (is_64 ? kSegmentSize64 + j * kSectionSize64 : kSegmentSize32 + j * kSectionSize32);
  base::ByteReader reader(image_, endian_);
  reader.Seek(offset + 2 * kNameSize);
  Section section;
  section.sectname = base::CStringAt(image_, offset, kNameSize);
  section.segname = base::CStringAt(image_, offset + kNameSize, kNameSize);
  section.addr = is_64 ? reader.U64() : reader.U32();
  section.size = is_64 ? reader.U64() : reader.U32();
  section.offset = reader.U32();
  section.align = reader.U32();
  section.reloff = reader.U32();
  section.nreloc = reader.U32();
  section.flags = reader.U32();
  section.reserved1 = reader.U32();
  section.reserved2 = reader.U32();
  if (is_64) {
    section.reserved3 = reader.U32();
  }
  return section;
}

void MachoImage::FindEntry(const std::vector<Command>& entry_commands) {
  // From the last command backwards: the first that counts is the one that YARA sets last.
  std::uint64_t steps = 0;
  for (auto command = entry_commands.rbegin(); command != entry_commands.rend(); ++command) {
    if (entry_point_ && stack_size_) {
      return;
    }
    if (command->kind == kCommandMain) {
      if (image_.size() - command->offset < kMainCommandSize) {
        continue;
      }
      if (!entry_point_) {
        entry_point_ = Read<std::uint64_t>(command->offset + 8);
      }
      if (!stack_size_) {
        stack_size_ = Read<std::uint64_t>(command->offset + 16);
      }
    } else if (!entry_point_) {
      const std::optional<std::uint64_t> address = ThreadAddress(command->offset);
      entry_point_ = address ? OffsetOf(*address, steps) : std::nullopt;
    }
  }
}

std::optional<std::uint64_t> MachoImage::ThreadAddress(std::uint64_t offset) const {
  const std::uint64_t rest = image_.size() - offset;
  if (rest < kThreadCommandSize) {
    return std::nullopt;
  }
  // YARA does not swap this size in big-endian files.
  const auto size_field =
      base::ReadAt<std::uint32_t>(image_, offset + 4, base::Endian::kLittle).value_or(0);
  const std::uint64_t command_size = std::min<std::uint64_t>(rest, size_field);
  if (command_size < kThreadCommandSize) {
    return std::nullopt;
  }
  for (const ThreadState& state : kThreadStates) {
    if (state.cputype != header_.cputype) {
      continue;
    }
    if (command_size - kThreadCommandSize < state.size) {
      return std::nullopt;
    }
    const std::uint64_t at = offset + kThreadCommandSize + state.counter_offset;
    return state.is_64 ? Read<std::uint64_t>(at) : Read<std::uint32_t>(at);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> MachoImage::OffsetOf(std::uint64_t address,
                                                  std::uint64_t& steps) const {
  for (std::uint64_t i = 0; i < segment_count(); ++i) {
    if (++steps > kEntrySearchStepsMax) {
      return std::nullopt;
    }
    const std::optional<Segment> candidate = segment(i);
    if (candidate && address >= candidate->vmaddr &&
        address < candidate->vmaddr + candidate->vmsize) {
      return candidate->fileoff + (address - candidate->vmaddr);
    }
  }
  return std::nullopt;
}

MachoReader::MachoReader(base::Bytes file) : file_(file) {
  const std::optional<std::uint32_t> magic =
      base::ReadAt<std::uint32_t>(file, 0, base::Endian::kBig);
  if (!magic) {
    return;
  }
  if (Is32(*magic) || *magic == kMagic64 || *magic == kMagic64Swapped) {
    image_ = MachoImage::Parse(file);
    return;
  }
  if ((*magic != kFatMagic32 && *magic != kFatMagic32Swapped && *magic != kFatMagic64 &&
       *magic != kFatMagic64Swapped) ||
      file.size() < kFatHeaderSize) {
    return;
  }
  arch_is_32_ = *magic == kFatMagic32;
  fat_header_ =
      FatHeader{.magic = *magic,
                .nfat_arch = base::ReadAt<std::uint32_t>(file, 4, base::Endian::kBig).value_or(0)};
  const std::uint64_t arch_size = arch_is_32_ ? kArchSize32 : kArchSize64;
  if (fat_header_->nfat_arch <= (file.size() - kFatHeaderSize) / arch_size) {
    arch_count_ = fat_header_->nfat_arch;
  }
  image_count_ = arch_count_;
  while (image_count_ > 0 && !arch_bytes(image_count_ - 1)) {
    --image_count_;
  }
}

Arch MachoReader::arch(std::uint64_t i) const {
  base::ByteReader reader(file_, base::Endian::kBig);
  reader.Seek(kFatHeaderSize + i * (arch_is_32_ ? kArchSize32 : kArchSize64));
  Arch arch;
  arch.cputype = reader.U32();
  arch.cpusubtype = reader.U32();
  arch.offset = arch_is_32_ ? reader.U32() : reader.U64();
  arch.size = arch_is_32_ ? reader.U32() : reader.U64();
  arch.align = reader.U32();
  return arch;
}

std::optional<base::Bytes> MachoReader::arch_bytes(std::uint64_t i) const {
  if (i >= arch_count_) {
    return std::nullopt;
  }
  const Arch wanted = arch(i);
  return base::Slice(file_, wanted.offset, wanted.size);
}

}  // namespace day::formats::macho
