#include "libs/rules/modules/macho/macho_module.h"

#include <optional>
#include <unordered_map>

#include "libs/formats/macho/macho_reader.h"
#include "libs/rules/module/schema.h"
#include "libs/rules/modules/macho/macho_schema.h"

namespace day::rules::modules::macho {
namespace {

using formats::macho::Arch;
using formats::macho::Header;
using formats::macho::MachoImage;
using formats::macho::MachoReader;
using formats::macho::Section;
using formats::macho::Segment;
using module::Argument;
using module::Index;
using module::IntegerValue;
using module::Value;

template <typename T>
Value OptionalValue(const std::optional<T>& value) {
  return value ? IntegerValue(*value) : Value::Undefined();
}

Value HeaderValue(const Header& header, std::uint16_t id) {
  switch (id) {
    case kMagic:
      return IntegerValue(header.magic);
    case kCpuType:
      return IntegerValue(header.cputype);
    case kCpuSubtype:
      return IntegerValue(header.cpusubtype);
    case kFileType:
      return IntegerValue(header.filetype);
    case kCommandCount:
      return IntegerValue(header.ncmds);
    case kCommandsSize:
      return IntegerValue(header.sizeofcmds);
    case kFlags:
      return IntegerValue(header.flags);
    default:
      return OptionalValue(header.reserved);
  }
}

Value SegmentValue(const Segment& segment, std::uint16_t id) {
  switch (id) {
    case kSegmentName:
      return Value::String(segment.segname);
    case kSegmentAddress:
      return IntegerValue(segment.vmaddr);
    case kSegmentMemorySize:
      return IntegerValue(segment.vmsize);
    case kSegmentOffset:
      return IntegerValue(segment.fileoff);
    case kSegmentFileSize:
      return IntegerValue(segment.fsize);
    case kSegmentMaxProtection:
      return IntegerValue(segment.maxprot);
    case kSegmentInitialProtection:
      return IntegerValue(segment.initprot);
    case kSegmentSectionCount:
      return IntegerValue(segment.nsects);
    default:
      return IntegerValue(segment.flags);
  }
}

Value SectionValue(const Section& section, std::uint16_t id) {
  switch (id) {
    case kSectionName:
      return Value::String(section.sectname);
    case kSectionSegmentName:
      return Value::String(section.segname);
    case kSectionAddress:
      return IntegerValue(section.addr);
    case kSectionSize:
      return IntegerValue(section.size);
    case kSectionOffset:
      return IntegerValue(section.offset);
    case kSectionAlign:
      return IntegerValue(section.align);
    case kSectionRelocationsOffset:
      return IntegerValue(section.reloff);
    case kSectionRelocationCount:
      return IntegerValue(section.nreloc);
    case kSectionFlags:
      return IntegerValue(section.flags);
    case kSectionReserved1:
      return IntegerValue(section.reserved1);
    case kSectionReserved2:
      return IntegerValue(section.reserved2);
    default:
      return OptionalValue(section.reserved3);
  }
}

Value ArchValue(const Arch& arch, std::uint16_t id) {
  switch (id) {
    case kArchCpuType:
      return IntegerValue(arch.cputype);
    case kArchCpuSubtype:
      return IntegerValue(arch.cpusubtype);
    case kArchOffset:
      return IntegerValue(arch.offset);
    case kArchSize:
      return IntegerValue(arch.size);
    default:
      return IntegerValue(arch.align);
  }
}

std::optional<Segment> SegmentAt(const MachoImage& image, const Index& index) {
  const auto i = static_cast<std::uint64_t>(index.number);
  return index.number >= 0 && i < image.segment_count() ? image.segment(i) : std::nullopt;
}

// A field of an image; `indices` are those below it.
Value ImageValue(const MachoImage& image, std::uint16_t id, std::span<const Index> indices) {
  switch (id) {
    case kSegmentCount:
      return IntegerValue(image.segment_count());
    case kEntryPoint:
      return OptionalValue(image.entry_point());
    case kStackSize:
      return OptionalValue(image.stack_size());
    default:
      break;
  }
  if (id < kSegmentFirst) {
    return HeaderValue(image.header(), id);
  }
  const std::optional<Segment> segment =
      indices.empty() ? std::nullopt : SegmentAt(image, indices[0]);
  if (!segment) {
    return Value::Undefined();
  }
  if (id < kSectionFirst) {
    return SegmentValue(*segment, id);
  }
  if (indices.size() < 2 || indices[1].number < 0 ||
      static_cast<std::uint64_t>(indices[1].number) >= segment->section_count) {
    return Value::Undefined();
  }
  return SectionValue(image.section(static_cast<std::uint64_t>(indices[0].number),
                                    static_cast<std::uint64_t>(indices[1].number)),
                      id);
}

std::optional<std::uint64_t> ImageLength(const MachoImage& image, std::uint16_t id,
                                         std::span<const Index> indices) {
  if (id == kSegments) {
    // Commands at the very end may be too short to be elements.
    std::uint64_t count = image.segment_count();
    while (count > 0 && !image.segment(count - 1)) {
      --count;
    }
    return count;
  }
  const std::optional<Segment> segment =
      indices.empty() ? std::nullopt : SegmentAt(image, indices[0]);
  return segment ? std::optional(segment->section_count) : std::nullopt;
}

class MachoInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override {
    file_ = input.data;
    reader_.reset();
    images_.clear();
    commands_walked_ = 0;
  }

  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    const MachoReader& reader = Reader();
    if (id < kImageEnd) {
      return reader.image() != nullptr ? ImageValue(*reader.image(), id, indices)
                                       : Value::Undefined();
    }
    if (id < kFatMagic) {
      return FileValue(static_cast<std::uint16_t>(id - kInFile), indices);
    }
    if (!reader.fat_header()) {
      return Value::Undefined();
    }
    if (id == kFatMagic) {
      return IntegerValue(reader.fat_header()->magic);
    }
    if (id == kFatArchCount) {
      return IntegerValue(reader.fat_header()->nfat_arch);
    }
    if (indices.empty() || indices[0].number < 0 ||
        static_cast<std::uint64_t>(indices[0].number) >= reader.arch_count()) {
      return Value::Undefined();
    }
    return ArchValue(reader.arch(static_cast<std::uint64_t>(indices[0].number)), id);
  }

  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index> indices) override {
    const MachoReader& reader = Reader();
    switch (id) {
      case kSegments:
        return reader.image() != nullptr ? ImageLength(*reader.image(), id, indices) : 0;
      case kSections:
        return reader.image() != nullptr ? ImageLength(*reader.image(), id, indices) : std::nullopt;
      case kFatArch:
        return reader.arch_count();
      case kFile:
        return reader.image_count();
      default:
        return FileLength(static_cast<std::uint16_t>(id - kInFile), indices);
    }
  }

  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t) override {
    return {};
  }

  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    const MachoReader& reader = Reader();
    const std::int64_t cputype = arguments[0].value.integer;
    std::optional<std::int64_t> cpusubtype;
    if (arguments.size() > 1) {
      cpusubtype = arguments[1].value.integer;
    }
    return id == kFileIndexForArch || id == kFileIndexForSubtype
               ? FileIndex(reader, cputype, cpusubtype)
               : EntryPoint(reader, cputype, cpusubtype);
  }

 private:
  const MachoReader& Reader() {
    if (!reader_) {
      reader_.emplace(file_);
      if (reader_->image() != nullptr) {
        commands_walked_ = reader_->image()->commands_walked();
      }
    }
    return *reader_;
  }

  // The parsed architecture; null if there is no such file, or the budget is spent.
  const MachoImage* Image(std::uint64_t i) {
    if (const auto found = images_.find(i); found != images_.end()) {
      return found->second ? &*found->second : nullptr;
    }
    const std::optional<base::Bytes> bytes = Reader().arch_bytes(i);
    if (!bytes || commands_walked_ >= kCommandsWalkedMax) {
      return nullptr;
    }
    if (images_.size() >= kImagesKeptMax) {
      images_.clear();
    }
    const std::optional<MachoImage>& image =
        images_.emplace(i, MachoImage::Parse(*bytes)).first->second;
    commands_walked_ += image ? image->commands_walked() + 1 : 1;
    return image ? &*image : nullptr;
  }

  Value FileValue(std::uint16_t id, std::span<const Index> indices) {
    if (indices.empty() || indices[0].number < 0) {
      return Value::Undefined();
    }
    const auto i = static_cast<std::uint64_t>(indices[0].number);
    if (id <= kReserved) {
      const std::optional<Header> header = ArchHeader(Reader(), i);
      return header ? HeaderValue(*header, id) : Value::Undefined();
    }
    const MachoImage* image = Image(i);
    return image != nullptr ? ImageValue(*image, id, indices.subspan(1)) : Value::Undefined();
  }

  std::optional<std::uint64_t> FileLength(std::uint16_t id, std::span<const Index> indices) {
    if (indices.empty() || indices[0].number < 0 ||
        !Reader().arch_bytes(static_cast<std::uint64_t>(indices[0].number))) {
      return std::nullopt;
    }
    const MachoImage* image = Image(static_cast<std::uint64_t>(indices[0].number));
    if (image == nullptr) {
      return id == kSegments ? std::optional<std::uint64_t>(0) : std::nullopt;
    }
    return ImageLength(*image, id, indices.subspan(1));
  }

  static std::optional<Header> ArchHeader(const MachoReader& reader, std::uint64_t i) {
    const std::optional<base::Bytes> bytes = reader.arch_bytes(i);
    return bytes ? MachoImage::ParseHeader(*bytes) : std::nullopt;
  }

  static Value FileIndex(const MachoReader& reader, std::int64_t cputype,
                         std::optional<std::int64_t> cpusubtype) {
    for (std::uint64_t i = 0; i < reader.image_count(); ++i) {
      const std::optional<Header> header = ArchHeader(reader, i);
      if (header && header->cputype == cputype &&
          (!cpusubtype || header->cpusubtype == *cpusubtype)) {
        return IntegerValue(i);
      }
    }
    return Value::Undefined();
  }

  Value EntryPoint(const MachoReader& reader, std::int64_t cputype,
                   std::optional<std::int64_t> cpusubtype) {
    for (std::uint64_t i = 0; i < reader.arch_count(); ++i) {
      const Arch arch = reader.arch(i);
      if (arch.cputype != cputype || (cpusubtype && arch.cpusubtype != *cpusubtype)) {
        continue;
      }
      const MachoImage* image = Image(i);
      const std::uint64_t entry = image != nullptr
                                      ? image->entry_point().value_or(module::kUndefinedPattern)
                                      : module::kUndefinedPattern;
      if (cpusubtype && entry == module::kUndefinedPattern) {
        return Value::Undefined();
      }
      return IntegerValue(arch.offset + entry);
    }
    return Value::Undefined();
  }

  base::Bytes file_;
  std::optional<MachoReader> reader_;
  std::unordered_map<std::uint64_t, std::optional<MachoImage>> images_;
  std::uint64_t commands_walked_ = 0;
};

}  // namespace

std::unique_ptr<module::Module> CreateMachoModule() {
  return module::MakeModule(Schema(), module::Format::kOther,
                            [] { return std::make_unique<MachoInstance>(); });
}

}  // namespace day::rules::modules::macho
