#include "libs/formats/pe/pe_reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "libs/base/testing/fixture.h"
#include "libs/formats/pe/debug.h"
#include "libs/formats/pe/exports.h"
#include "libs/formats/pe/imports.h"
#include "libs/formats/pe/ordinal_names.h"
#include "libs/formats/pe/resources.h"
#include "libs/formats/pe/rich_header.h"
#include "libs/formats/pe/version_info.h"

namespace day::formats::pe {
namespace {

using base::AsBytes;

template <typename T>
void Put(std::string& file, std::uint64_t offset, T value) {
  std::memcpy(file.data() + offset, &value, sizeof(value));
}

PeReader Open(const std::string& file) {
  base::Result<PeReader> pe = PeReader::Create(AsBytes(file));
  EXPECT_TRUE(pe.ok());
  return std::move(pe).value();
}

std::uint32_t NtOffset(const std::string& file) {
  return *base::ReadAt<std::uint32_t>(AsBytes(file), kNewHeaderPointerOffset);
}

std::uint64_t SectionHeader(const std::string& file) {
  const bool wide = Open(file).is_64bit();
  return NtOffset(file) + 24 + (wide ? kOptionalHeader64SizeBytes : kOptionalHeader32SizeBytes);
}

TEST(PeReader, ReadsHeadersOfBothKinds) {
  const std::string narrow_file = base::ReadFixture("pe/plain32.exe");
  const PeReader narrow = Open(narrow_file);
  EXPECT_FALSE(narrow.is_64bit());
  EXPECT_FALSE(narrow.is_dll());
  EXPECT_EQ(narrow.file_header().machine, 0x14C);
  EXPECT_EQ(narrow.optional_header().image_base, 0x400000u);
  EXPECT_EQ(narrow.optional_header().base_of_data, 0x2000u);
  EXPECT_EQ(narrow.optional_header().size_of_heap_commit, 0x1000u);
  const std::string wide_file = base::ReadFixture("pe/plain64.dll");
  const PeReader wide = Open(wide_file);
  EXPECT_TRUE(wide.is_64bit());
  EXPECT_TRUE(wide.is_dll());
  EXPECT_EQ(wide.optional_header().image_base, 0x140000000u);
  EXPECT_EQ(wide.optional_header().number_of_rva_and_sizes, 16u);
  ASSERT_EQ(wide.sections().size(), 1u);
  EXPECT_EQ(wide.sections()[0].name(), ".text");
  EXPECT_EQ(wide.EntryPointOffset(), 0x400u);
  EXPECT_EQ(wide.OverlayOffset(), wide_file.size() - 8);
  EXPECT_EQ(narrow.OverlayOffset(), std::nullopt);
}

TEST(PeReader, RefusesWhatIsNotWhollyThere) {
  const std::string file = base::ReadFixture("pe/plain64.dll");
  const std::size_t headers_end = NtOffset(file) + 24 + kOptionalHeader64SizeBytes;
  EXPECT_TRUE(PeReader::Create(AsBytes(file).first(headers_end)).ok());
  for (std::size_t size = 0; size < headers_end; ++size) {
    EXPECT_FALSE(PeReader::Create(AsBytes(file).first(size)).ok()) << size;
  }
  std::string wrong = file;
  Put<std::uint32_t>(wrong, kNewHeaderPointerOffset, 0x80000000);
  EXPECT_EQ(PeReader::Create(AsBytes(wrong)).error().kind, base::ErrorKind::kMalformed);
  wrong = file;
  wrong[NtOffset(file)] = 'Q';
  PeReader pe;
  EXPECT_FALSE(pe.Open(AsBytes(wrong)));
  EXPECT_TRUE(pe.Open(AsBytes(file)));
}

TEST(PeReader, MapsAddressesAsYaraDoes) {
  std::string file = base::ReadFixture("pe/plain32.exe");
  const std::uint64_t header = SectionHeader(file);
  EXPECT_EQ(Open(file).RvaToOffset(0), 0u);
  EXPECT_EQ(Open(file).RvaToOffset(file.size() - 1), file.size() - 1);
  EXPECT_EQ(Open(file).RvaToOffset(file.size()), std::nullopt);  // before the first section
  EXPECT_EQ(Open(file).RvaToOffset(0x1000), 0x400u);
  const std::uint32_t raw_size = Open(file).sections()[0].size_of_raw_data;
  EXPECT_EQ(Open(file).RvaToOffset(0x1000 + raw_size - 1), 0x400u + raw_size - 1);
  EXPECT_EQ(Open(file).RvaToOffset(0x1000 + raw_size), std::nullopt);
  EXPECT_EQ(Open(file).RvaToOffset(~std::uint64_t{0}), std::nullopt);
  // The raw pointer is rounded down to a sector.
  Put<std::uint32_t>(file, header + 20, 0x4FF);
  EXPECT_EQ(Open(file).RvaToOffset(0x1000), 0x400u);
  // A section header missing from the file takes every address away.
  Put<std::uint16_t>(file, NtOffset(file) + 6, 90);
  EXPECT_EQ(Open(file).RvaToOffset(0x1000), std::nullopt);
  EXPECT_EQ(Open(file).RvaToOffset(0), std::nullopt);
}

TEST(PeReader, OfOverlappingSectionsTheHighestCounts) {
  std::string file = base::ReadFixture("pe/plain32.exe");
  const std::uint64_t header = SectionHeader(file);
  Put<std::uint16_t>(file, NtOffset(file) + 6, 2);
  std::memcpy(file.data() + header + 40, file.data() + header, 40);
  Put<std::uint32_t>(file, header + 40 + 12, 0x1100);  // begins within the first
  Put<std::uint32_t>(file, header + 40 + 20, 0x200);
  const PeReader pe = Open(file);
  EXPECT_EQ(pe.RvaToOffset(0x10FF), 0x4FFu);
  EXPECT_EQ(pe.RvaToOffset(0x1100), 0x200u);
  EXPECT_EQ(pe.RvaToOffset(0x10FF), 0x4FFu);
}

TEST(PeReader, FullNamesComeFromTheStringTable) {
  std::string file = base::ReadFixture("pe/plain32.exe");
  const std::uint64_t header = SectionHeader(file);
  std::memcpy(file.data() + header, "/4\0\0\0\0\0\0", 8);
  EXPECT_EQ(Open(file).FullName(Open(file).sections()[0]), "/4");
  Put<std::uint32_t>(file, NtOffset(file) + 12, static_cast<std::uint32_t>(file.size()));
  file.append("\x10\0\0\0.debug_info\0", 16);
  const PeReader pe = Open(file);
  EXPECT_EQ(pe.sections()[0].name(), "/4");
  EXPECT_EQ(pe.FullName(pe.sections()[0]), ".debug_info");
  file.pop_back();  // without its zero the name is none
  EXPECT_EQ(Open(file).FullName(Open(file).sections()[0]), std::nullopt);
}

TEST(PeReader, ChecksumIsTheSumOfTheRest) {
  std::string file = base::ReadFixture("pe/plain32.exe");
  const std::uint64_t before = Open(file).CalculateChecksum();
  Put<std::uint32_t>(file, Open(file).checksum_offset(), 0x12345678);
  EXPECT_EQ(Open(file).CalculateChecksum(), before);  // its own field does not count
  file[0x200] = static_cast<char>(file[0x200] + 1);
  EXPECT_EQ(Open(file).CalculateChecksum(), before + 1);
}

TEST(Imports, NamesOrdinalsAndWhatIsLeftOut) {
  const std::string file = base::ReadFixture("pe/plain64.dll");
  const PeReader pe = Open(file);
  ImportTable imports;
  imports.ReadImports(pe);
  ASSERT_EQ(imports.libraries().size(), 2u);  // not bad|name.dll
  EXPECT_EQ(imports.libraries()[1].name, "WS2_32.dll");
  EXPECT_EQ(imports.functions().size(), 5u);
  const auto functions = imports.functions(imports.libraries()[1]);
  EXPECT_EQ(functions[0].name, "accept");
  EXPECT_EQ(functions[1].name, "WSAStartup");
  EXPECT_EQ(functions[2].name, "ord999");
  EXPECT_TRUE(imports.Contains("kernel32.DLL", "exitprocess"));
  EXPECT_FALSE(imports.Contains("kernel32.dll", "accept"));
  EXPECT_TRUE(imports.ContainsOrdinal("ws2_32.dll", 999));
  EXPECT_FALSE(imports.ContainsOrdinal("ws2_32.dll", -1));
  EXPECT_EQ(imports.CountFunctions("WS2_32.DLL"), 3u);
  EXPECT_EQ(imports.Find("ws2_32.dll", "ord999")->rva, functions[2].rva);
  std::string text;
  AppendImportHashText(imports, text);
  EXPECT_EQ(text,
            "kernel32.exitprocess,kernel32.getlasterror,ws2_32.accept,ws2_32.wsastartup,"
            "ws2_32.ord999");
  ImportTable delayed;
  delayed.ReadDelayedImports(pe);
  EXPECT_TRUE(delayed.Contains("USER32.dll", "MessageBoxA"));
  delayed.Clear();
  EXPECT_TRUE(delayed.libraries().empty());
}

TEST(Imports, OrdinalNames) {
  EXPECT_EQ(OrdinalName("wsock32.dll", 1), "accept");
  EXPECT_EQ(OrdinalName("OLEAUT32.DLL", 2), "SysAllocString");
  EXPECT_EQ(OrdinalName("oleaut32.dllx", 443), "UnRegisterTypeLibForUser");
  EXPECT_EQ(OrdinalName("oleaut32", 2), "");
  EXPECT_EQ(OrdinalName("kernel32.dll", 1), "");
}

TEST(Imports, TableThatPointsAtItselfEnds) {
  std::string file = base::ReadFixture("pe/plain32.exe");
  // Every word of the section is an address inside it: endless descriptors and thunks.
  for (std::size_t i = 0x400; i + 4 <= file.size(); i += 4) {
    Put<std::uint32_t>(file, i, 0x1000);
  }
  ImportTable imports;
  imports.ReadImports(Open(file));
  imports.ReadDelayedImports(Open(file));
  EXPECT_LE(imports.functions().size(), kImportCountMax);
}

TEST(Exports, NamesForwardersAndNameless) {
  const std::string file = base::ReadFixture("pe/plain64.dll");
  ExportTable exports;
  exports.Read(Open(file));
  EXPECT_EQ(exports.dll_name(), "fixture.dll");
  EXPECT_EQ(exports.timestamp(), 0x5E000000u);
  ASSERT_EQ(exports.functions().size(), 3u);
  EXPECT_EQ(exports.functions()[0].name, "RunMe");
  EXPECT_EQ(exports.functions()[0].ordinal, 5u);
  EXPECT_EQ(exports.functions()[0].offset, 0x400u);
  EXPECT_EQ(exports.functions()[1].name, std::nullopt);
  EXPECT_EQ(exports.functions()[2].name, "Forwarded");
  EXPECT_EQ(exports.functions()[2].forward_name, "OTHER.Target");
  EXPECT_EQ(exports.functions()[2].offset, std::nullopt);
  exports.Read(Open(base::ReadFixture("pe/plain32.exe")));
  EXPECT_TRUE(exports.functions().empty());
  EXPECT_EQ(exports.dll_name(), std::nullopt);
}

TEST(Resources, LeavesAndWhatTheyInherit) {
  const std::string file = base::ReadFixture("pe/plain32.exe");
  ResourceTable table;
  table.Read(Open(file));
  EXPECT_TRUE(table.has_root());
  EXPECT_EQ(table.timestamp(), 0x5F000000u);
  ASSERT_EQ(table.resources().size(), 2u);
  EXPECT_EQ(table.resources()[0].type.name, std::string_view("C\0U\0S\0T\0O\0M\0", 12));
  EXPECT_FALSE(table.resources()[0].language.has_number());
  EXPECT_EQ(table.resources()[1].type.number, kResourceTypeVersion);
  EXPECT_EQ(table.resources()[1].language.number, 1033);
}

TEST(Resources, TreeThatPointsAtItselfEnds) {
  std::string file = base::ReadFixture("pe/plain32.exe");
  const PeReader pe = Open(file);
  const std::uint64_t root = *pe.RvaToOffset(pe.directory(Directory::kResource).virtual_address);
  Put<std::uint16_t>(file, root + 12, 0);
  Put<std::uint16_t>(file, root + 14, 20);
  for (std::uint32_t i = 0; i < 20; ++i) {
    Put<std::uint32_t>(file, root + 16 + i * 8, 1);
    Put<std::uint32_t>(file, root + 20 + i * 8, 0x80000010u + 8 * (i % 2));
  }
  ResourceTable table;
  table.Read(Open(file));
  EXPECT_LE(table.resources().size(), kResourceCountMax);
}

TEST(VersionInfo, StringsInTheirOrder) {
  const std::string file = base::ReadFixture("pe/plain32.exe");
  const PeReader pe = Open(file);
  ResourceTable table;
  table.Read(pe);
  VersionInfo info;
  info.Add(pe, table.resources()[1].rva);
  ASSERT_EQ(info.size(), 3u);
  EXPECT_EQ(info.key(0), "CompanyName");
  EXPECT_EQ(info.value(0), "Daylight");
  EXPECT_EQ(info.value(2), "Again");
  info.Clear();
  info.Add(pe, table.resources()[0].rva);  // no version resource
  EXPECT_EQ(info.size(), 0u);
}

TEST(RichHeader, EntriesInTheClear) {
  const std::string file = base::ReadFixture("pe/plain32.exe");
  RichHeader rich;
  ASSERT_TRUE(rich.Read(Open(file)));
  EXPECT_EQ(rich.key(), 0x1B2A3948u);
  EXPECT_EQ(rich.offset(), 64u);
  ASSERT_EQ(rich.entry_count(), 2u);
  EXPECT_EQ(rich.entry(0).tool_id, 170);
  EXPECT_EQ(rich.entry(0).version, 30319);
  EXPECT_EQ(rich.entry(1).times, 12u);
  EXPECT_EQ(rich.clear_data().substr(0, 4), "DanS");
  EXPECT_EQ(rich.version_data().size(), 8u);
}

TEST(Debug, PathOfTheProgramDatabase) {
  const std::string file = base::ReadFixture("pe/plain32.exe");
  EXPECT_EQ(PdbPath(Open(file)), "c:\\fixtures\\fixture.pdb");
}

}  // namespace
}  // namespace day::formats::pe
