#include "libs/rules/modules/elf/elf_module.h"

#include <cstdint>
#include <optional>
#include <string>

#include "libs/formats/elf/elf_reader.h"
#include "libs/rules/module/schema.h"
#include "libs/rules/modules/elf/symbol_hashes.h"

namespace day::rules::modules::elf {
namespace {

using formats::elf::Dynamic;
using formats::elf::ElfReader;
using formats::elf::Section;
using formats::elf::Segment;
using formats::elf::Symbol;
using formats::elf::SymbolTable;
using module::Argument;
using module::Array;
using module::Constant;
using module::Field;
using module::Function;
using module::Index;
using module::Integer;
using module::IntegerValue;
using module::Kind;
using module::String;
using module::Struct;
using module::Value;

// Ids of the members of one array stand together: Get() relies on it.
enum Id : std::uint16_t {
  kType = 1,
  kMachine,
  kEntryPoint,
  kNumberOfSections,
  kSectionOffset,
  kSectionEntrySize,
  kNumberOfSegments,
  kSegmentOffset,
  kSegmentEntrySize,
  kDynamicEntries,
  kSymtabEntries,
  kDynsymEntries,
  kSections,
  kSegments,
  kDynamic,
  kSymtab,
  kDynsym,
  kTelfhash,
  kImportMd5,
  kSectionFirst = 100,
  kSectionName = kSectionFirst,
  kSectionType,
  kSectionFlags,
  kSectionAddress,
  kSectionSize,
  kSectionFileOffset,
  kSegmentFirst = 200,
  kSegmentType = kSegmentFirst,
  kSegmentFlags,
  kSegmentFileOffset,
  kSegmentVirtualAddress,
  kSegmentPhysicalAddress,
  kSegmentFileSize,
  kSegmentMemorySize,
  kSegmentAlignment,
  kDynamicFirst = 300,
  kDynamicType = kDynamicFirst,
  kDynamicValue,
  kSymtabFirst = 400,
  kDynsymFirst = 500,
};

// Members of a symbol, counted from kSymtabFirst or kDynsymFirst.
enum SymbolMember : std::uint16_t {
  kSymbolName,
  kSymbolValue,
  kSymbolSize,
  kSymbolType,
  kSymbolBind,
  kSymbolIndex,
  kSymbolMembers,
};

constexpr std::uint16_t SymtabId(SymbolMember member) {
  return static_cast<std::uint16_t>(std::uint16_t{kSymtabFirst} + member);
}
constexpr std::uint16_t DynsymId(SymbolMember member) {
  return static_cast<std::uint16_t>(std::uint16_t{kDynsymFirst} + member);
}

constexpr Field kSectionMembers[] = {
    Integer("type", kSectionType),       Integer("flags", kSectionFlags),
    Integer("address", kSectionAddress), String("name", kSectionName),
    Integer("size", kSectionSize),       Integer("offset", kSectionFileOffset),
};
constexpr Field kSectionElement[] = {Struct("", kSectionMembers)};
constexpr Field kSegmentMembers[] = {
    Integer("type", kSegmentType),
    Integer("flags", kSegmentFlags),
    Integer("offset", kSegmentFileOffset),
    Integer("virtual_address", kSegmentVirtualAddress),
    Integer("physical_address", kSegmentPhysicalAddress),
    Integer("file_size", kSegmentFileSize),
    Integer("memory_size", kSegmentMemorySize),
    Integer("alignment", kSegmentAlignment),
};
constexpr Field kSegmentElement[] = {Struct("", kSegmentMembers)};
constexpr Field kDynamicMembers[] = {
    Integer("type", kDynamicType),
    Integer("val", kDynamicValue),
};
constexpr Field kDynamicElement[] = {Struct("", kDynamicMembers)};
constexpr Field kSymtabMembers[] = {
    String("name", SymtabId(kSymbolName)),  Integer("value", SymtabId(kSymbolValue)),
    Integer("size", SymtabId(kSymbolSize)), Integer("type", SymtabId(kSymbolType)),
    Integer("bind", SymtabId(kSymbolBind)), Integer("shndx", SymtabId(kSymbolIndex)),
};
constexpr Field kSymtabElement[] = {Struct("", kSymtabMembers)};
constexpr Field kDynsymMembers[] = {
    String("name", DynsymId(kSymbolName)),  Integer("value", DynsymId(kSymbolValue)),
    Integer("size", DynsymId(kSymbolSize)), Integer("type", DynsymId(kSymbolType)),
    Integer("bind", DynsymId(kSymbolBind)), Integer("shndx", DynsymId(kSymbolIndex)),
};
constexpr Field kDynsymElement[] = {Struct("", kDynsymMembers)};

constexpr Field kFields[] = {
    Constant("ET_NONE", 0),
    Constant("ET_REL", 1),
    Constant("ET_EXEC", 2),
    Constant("ET_DYN", 3),
    Constant("ET_CORE", 4),
    Constant("EM_NONE", 0),
    Constant("EM_M32", 1),
    Constant("EM_SPARC", 2),
    Constant("EM_386", 3),
    Constant("EM_68K", 4),
    Constant("EM_88K", 5),
    Constant("EM_860", 7),
    Constant("EM_MIPS", 8),
    Constant("EM_MIPS_RS3_LE", 10),
    Constant("EM_PPC", 20),
    Constant("EM_PPC64", 21),
    Constant("EM_ARM", 40),
    Constant("EM_X86_64", 62),
    Constant("EM_AARCH64", 183),
    Constant("SHT_NULL", 0),
    Constant("SHT_PROGBITS", 1),
    Constant("SHT_SYMTAB", 2),
    Constant("SHT_STRTAB", 3),
    Constant("SHT_RELA", 4),
    Constant("SHT_HASH", 5),
    Constant("SHT_DYNAMIC", 6),
    Constant("SHT_NOTE", 7),
    Constant("SHT_NOBITS", 8),
    Constant("SHT_REL", 9),
    Constant("SHT_SHLIB", 10),
    Constant("SHT_DYNSYM", 11),
    Constant("SHF_WRITE", 1),
    Constant("SHF_ALLOC", 2),
    Constant("SHF_EXECINSTR", 4),
    Integer("type", kType),
    Integer("machine", kMachine),
    Integer("entry_point", kEntryPoint),
    Integer("number_of_sections", kNumberOfSections),
    Integer("sh_offset", kSectionOffset),
    Integer("sh_entry_size", kSectionEntrySize),
    Integer("number_of_segments", kNumberOfSegments),
    Integer("ph_offset", kSegmentOffset),
    Integer("ph_entry_size", kSegmentEntrySize),
    Array("sections", kSections, kSectionElement),
    Constant("PT_NULL", 0),
    Constant("PT_LOAD", 1),
    Constant("PT_DYNAMIC", 2),
    Constant("PT_INTERP", 3),
    Constant("PT_NOTE", 4),
    Constant("PT_SHLIB", 5),
    Constant("PT_PHDR", 6),
    Constant("PT_TLS", 7),
    Constant("PT_GNU_EH_FRAME", 1685382480),
    Constant("PT_GNU_STACK", 1685382481),
    Constant("DT_NULL", 0),
    Constant("DT_NEEDED", 1),
    Constant("DT_PLTRELSZ", 2),
    Constant("DT_PLTGOT", 3),
    Constant("DT_HASH", 4),
    Constant("DT_STRTAB", 5),
    Constant("DT_SYMTAB", 6),
    Constant("DT_RELA", 7),
    Constant("DT_RELASZ", 8),
    Constant("DT_RELAENT", 9),
    Constant("DT_STRSZ", 10),
    Constant("DT_SYMENT", 11),
    Constant("DT_INIT", 12),
    Constant("DT_FINI", 13),
    Constant("DT_SONAME", 14),
    Constant("DT_RPATH", 15),
    Constant("DT_SYMBOLIC", 16),
    Constant("DT_REL", 17),
    Constant("DT_RELSZ", 18),
    Constant("DT_RELENT", 19),
    Constant("DT_PLTREL", 20),
    Constant("DT_DEBUG", 21),
    Constant("DT_TEXTREL", 22),
    Constant("DT_JMPREL", 23),
    Constant("DT_BIND_NOW", 24),
    Constant("DT_INIT_ARRAY", 25),
    Constant("DT_FINI_ARRAY", 26),
    Constant("DT_INIT_ARRAYSZ", 27),
    Constant("DT_FINI_ARRAYSZ", 28),
    Constant("DT_RUNPATH", 29),
    Constant("DT_FLAGS", 30),
    Constant("DT_ENCODING", 32),
    Constant("STT_NOTYPE", 0),
    Constant("STT_OBJECT", 1),
    Constant("STT_FUNC", 2),
    Constant("STT_SECTION", 3),
    Constant("STT_FILE", 4),
    Constant("STT_COMMON", 5),
    Constant("STT_TLS", 6),
    Constant("STB_LOCAL", 0),
    Constant("STB_GLOBAL", 1),
    Constant("STB_WEAK", 2),
    Constant("PF_X", 1),
    Constant("PF_W", 2),
    Constant("PF_R", 4),
    Array("segments", kSegments, kSegmentElement),
    Integer("dynamic_section_entries", kDynamicEntries),
    Array("dynamic", kDynamic, kDynamicElement),
    Integer("symtab_entries", kSymtabEntries),
    Array("symtab", kSymtab, kSymtabElement),
    Integer("dynsym_entries", kDynsymEntries),
    Array("dynsym", kDynsym, kDynsymElement),
    Function("telfhash", kTelfhash, "", Kind::kString),
    Function("import_md5", kImportMd5, "", Kind::kString),
};
constexpr Field kRoot = Struct("elf", kFields);

Value TextValue(const std::optional<std::string_view>& text) {
  return text ? Value::String(*text) : Value::Undefined();
}

Value CountValue(const std::optional<std::uint64_t>& count) {
  return count ? IntegerValue(*count) : Value::Undefined();
}

std::optional<std::uint64_t> CountOf(const std::optional<SymbolTable>& table) {
  return table ? std::optional(table->count) : std::nullopt;
}

Value HeaderValue(const ElfReader& elf, std::uint16_t id) {
  const formats::elf::Header& header = elf.header();
  switch (id) {
    case kType:
      return IntegerValue(header.type);
    case kMachine:
      return IntegerValue(header.machine);
    case kEntryPoint:
      return CountValue(elf.entry_point());
    case kNumberOfSections:
      return IntegerValue(header.section_count);
    case kSectionOffset:
      return IntegerValue(header.section_offset);
    case kSectionEntrySize:
      return IntegerValue(header.section_entry_size);
    case kNumberOfSegments:
      return IntegerValue(header.segment_count);
    case kSegmentOffset:
      return IntegerValue(header.segment_offset);
    case kSegmentEntrySize:
      return IntegerValue(header.segment_entry_size);
    case kDynamicEntries:
      return CountValue(elf.dynamic_entries());
    case kSymtabEntries:
      return CountValue(CountOf(elf.symtab()));
    case kDynsymEntries:
      return CountValue(CountOf(elf.dynsym()));
    default:
      return Value::Undefined();
  }
}

Value SectionValue(const ElfReader& elf, std::uint16_t id, std::uint64_t i) {
  if (i >= elf.section_count()) {
    return Value::Undefined();
  }
  const Section section = elf.section(i);
  switch (id) {
    case kSectionName:
      return TextValue(elf.section_name(i));
    case kSectionType:
      return IntegerValue(section.type);
    case kSectionFlags:
      return IntegerValue(section.flags);
    case kSectionAddress:
      return IntegerValue(section.address);
    case kSectionSize:
      return IntegerValue(section.size);
    default:
      return IntegerValue(section.offset);
  }
}

Value SegmentValue(const ElfReader& elf, std::uint16_t id, std::uint64_t i) {
  if (i >= elf.segment_count()) {
    return Value::Undefined();
  }
  const Segment segment = elf.segment(i);
  switch (id) {
    case kSegmentType:
      return IntegerValue(segment.type);
    case kSegmentFlags:
      return IntegerValue(segment.flags);
    case kSegmentFileOffset:
      return IntegerValue(segment.offset);
    case kSegmentVirtualAddress:
      return IntegerValue(segment.virtual_address);
    case kSegmentPhysicalAddress:
      return IntegerValue(segment.physical_address);
    case kSegmentFileSize:
      return IntegerValue(segment.file_size);
    case kSegmentMemorySize:
      return IntegerValue(segment.memory_size);
    default:
      return IntegerValue(segment.alignment);
  }
}

Value DynamicValue(const ElfReader& elf, std::uint16_t id, std::uint64_t i) {
  if (i >= elf.dynamic_count()) {
    return Value::Undefined();
  }
  const Dynamic entry = elf.dynamic(i);
  return IntegerValue(id == kDynamicType ? entry.type : entry.value);
}

Value SymbolValue(const ElfReader& elf, const std::optional<SymbolTable>& table,
                  std::uint16_t member, std::uint64_t i) {
  if (!table || i >= table->count) {
    return Value::Undefined();
  }
  const Symbol symbol = elf.symbol(*table, i);
  switch (member) {
    case kSymbolName:
      return TextValue(symbol.name);
    case kSymbolValue:
      return IntegerValue(symbol.value);
    case kSymbolSize:
      return IntegerValue(symbol.size);
    case kSymbolType:
      return IntegerValue(symbol.type);
    case kSymbolBind:
      return IntegerValue(symbol.bind);
    default:
      return IntegerValue(symbol.section_index);
  }
}

class ElfInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override {
    file_ = input.data;
    parsed_ = false;
    elf_.reset();
    telfhash_.reset();
    import_md5_.reset();
  }

  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    const ElfReader* elf = Elf();
    if (elf == nullptr) {
      return Value::Undefined();
    }
    if (id < kSectionFirst) {
      return HeaderValue(*elf, id);
    }
    if (indices.empty() || indices[0].number < 0) {
      return Value::Undefined();
    }
    const auto i = static_cast<std::uint64_t>(indices[0].number);
    if (id < kSegmentFirst) {
      return SectionValue(*elf, id, i);
    }
    if (id < kDynamicFirst) {
      return SegmentValue(*elf, id, i);
    }
    if (id < kSymtabFirst) {
      return DynamicValue(*elf, id, i);
    }
    if (id < kDynsymFirst) {
      return SymbolValue(*elf, elf->symtab(), static_cast<std::uint16_t>(id - kSymtabFirst), i);
    }
    return SymbolValue(*elf, elf->dynsym(), static_cast<std::uint16_t>(id - kDynsymFirst), i);
  }

  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index>) override {
    const ElfReader* elf = Elf();
    if (elf == nullptr) {
      return 0;  // YARA's arrays exist, empty, on every file
    }
    switch (id) {
      case kSections:
        return elf->section_count();
      case kSegments:
        return elf->segment_count();
      case kDynamic:
        return elf->dynamic_count();
      case kSymtab:
        return CountOf(elf->symtab()).value_or(0);
      case kDynsym:
        return CountOf(elf->dynsym()).value_or(0);
      default:
        return std::nullopt;
    }
  }

  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t) override {
    return {};
  }

  Value Call(std::uint16_t id, std::span<const Index>, std::span<const Argument>) override {
    const ElfReader* elf = Elf();
    if (elf == nullptr) {
      return Value::Undefined();
    }
    std::optional<std::optional<std::string>>& hash = id == kTelfhash ? telfhash_ : import_md5_;
    if (!hash) {
      hash = id == kTelfhash ? Telfhash(*elf) : ImportMd5(*elf);
    }
    return *hash ? Value::String(**hash) : Value::Undefined();
  }

 private:
  const ElfReader* Elf() {
    if (!parsed_) {
      parsed_ = true;
      elf_ = ElfReader::Parse(file_);
    }
    return elf_ ? &*elf_ : nullptr;
  }

  base::Bytes file_;
  bool parsed_ = false;
  std::optional<ElfReader> elf_;
  // Outer: computed; inner: defined.
  std::optional<std::optional<std::string>> telfhash_;
  std::optional<std::optional<std::string>> import_md5_;
};

}  // namespace

std::unique_ptr<module::Module> CreateElfModule() {
  return module::MakeModule(kRoot, module::Format::kElf,
                            [] { return std::make_unique<ElfInstance>(); });
}

}  // namespace day::rules::modules::elf
