// Files with files inside, put together here.
#include "libs/unpack/embedded/embedded_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/base/testing/fixture.h"

namespace day::unpack::embedded {
namespace {

using std::string_view_literals::operator""sv;

void Put(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[offset + i] = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

// A PE file of one section of `raw` bytes at 0x200.
std::string MakePe(std::size_t raw) {
  std::string pe(0x200 + raw, '\0');
  pe.replace(0, 2, "MZ");
  Put(pe, 0x3C, 0x40, 4);
  pe.replace(0x40, 2, "PE");
  Put(pe, 0x48, raw, 4);  // programs of several sizes have several times
  Put(pe, 0x44, 0x14C, 2);
  Put(pe, 0x46, 1, 2);
  Put(pe, 0x54, 224, 2);
  Put(pe, 0x58, 0x10B, 2);
  Put(pe, 0x58 + 60, 0x200, 4);
  Put(pe, 0x58 + 92, 16, 4);
  const std::size_t section = 0x58 + 224;
  Put(pe, section + 8, raw, 4);
  Put(pe, section + 12, 0x1000, 4);
  Put(pe, section + 16, raw, 4);
  Put(pe, section + 20, 0x200, 4);
  return pe;
}

std::string MakeCab() {
  std::string cab("MSCF\0\0\0\0", 8);
  cab.append(92, '\0');
  Put(cab, 8, 100, 4);
  Put(cab, 16, 44, 4);
  Put(cab, 24, 0x0103, 2);
  return cab;
}

struct Copy {
  std::string name;
  std::string content;
  Kind kind;
};

std::vector<Copy> All(const std::string& file, Wanted wanted = {}) {
  EmbeddedReader reader(base::AsBytes(file), wanted);
  std::vector<Copy> all;
  while (const auto found = reader.Next()) {
    all.push_back({found->name, std::string(base::AsText(found->content)), found->kind});
  }
  return all;
}

// What programs have that handle such files.
std::string Marks() {
  std::string marks = "PK\x03\x04 PK\x01\x02 PK\x05\x06 Rar!\x1A\x07";
  marks += "\0\0Rar!\x1A\x07\x01\0 7z\xBC\xAF\x27\x1C MSCF\0\0\0\0 PE\0\0MZ\0"sv;
  marks += "\x60\xEA\x1E\x01 %PDF-1.4\n%%EOF \x01\x43\x44\x30\x30\x31\x01 ";
  marks += "\1\0\0\0\xEF\xBE\xAD\xDENullsoftInst\0\0\0\0 InstallShield\0"sv;
  marks +=
      "\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9\x99\x4C\x53\x0A\x86\xD6\x48\x7D"
      "AU3!";
  return marks +
         "\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n";
}

TEST(Embedded, NothingInOrdinaryFiles) {
  std::string file = MakePe(0x400);
  const std::string marks = Marks();
  file.replace(0x280, marks.size(), marks);
  EXPECT_TRUE(All(file).empty());
  EXPECT_TRUE(All(marks).empty());
  EXPECT_TRUE(All("no program").empty());
  EXPECT_TRUE(All(std::string()).empty());
}

TEST(Embedded, ProgramInASectionWithBothEnds) {
  std::string file = MakePe(0x1000);
  const std::string inner = MakePe(0x100);
  file.replace(0x1200 - inner.size() - 0x20, inner.size(), inner);
  file += "overlay";
  const auto all = All(file);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "(embedded at 0xee0)");
  EXPECT_EQ(all[0].content, inner);
  EXPECT_EQ(all[1].content.size(), inner.size() + 0x20);
  EXPECT_EQ(all[1].name, "(embedded at 0xee0, 800 bytes)");
  EXPECT_EQ(all[2].content.size(), inner.size() + 0x27);
}

TEST(Embedded, WhatIsInProgramsIsPassedOverWhereTheyAreNotWanted) {
  const std::string cab = MakeCab();
  std::string inner = MakePe(0x400);
  inner.replace(0x300, cab.size(), cab);
  std::string file = MakePe(0x1000);
  file.replace(0x300, inner.size(), inner);
  file.replace(0x900, cab.size(), cab);
  const auto all = All(file, {.programs = false});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "(embedded at 0x900)");
}

TEST(Embedded, TooManyAreSaid) {
  std::string file = MakePe(0x1000);
  const std::string inner = MakePe(0x10);
  for (int i = 0; i < 300; ++i) {
    file += inner;
  }
  EmbeddedReader reader(base::AsBytes(file), {});
  std::size_t count = 0;
  while (reader.Next()) {
    EXPECT_EQ(reader.problem(), "");
    ++count;
  }
  EXPECT_EQ(count, kFoundMax);
  EXPECT_EQ(reader.problem(), "limit embedded_max");
}

TEST(Embedded, TheProgramItselfIsNotInside) {
  std::string file = MakePe(0x400);
  file.replace(0x300, 0x200, file.substr(0, 0x200));
  EXPECT_TRUE(All(file).empty());
}

TEST(Embedded, InOtherFiles) {
  const std::string inner = MakePe(0x100);
  const auto all =
      All("\x7F"
          "ELF" +
          inner);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "(embedded at 0x4)");
  EXPECT_EQ(all[0].content, inner);
  EXPECT_TRUE(All(inner).empty());  // the file itself is not in it
}

void Add16(std::string& to, std::uint64_t value) { to += {char(value & 255), char(value >> 8)}; }
void Add32(std::string& to, std::uint64_t value) {
  Add16(to, value & 0xFFFF);
  Add16(to, value >> 16);
}

// One stored entry.
std::string MakeZip() {
  std::string fields("\x14\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
  Add32(fields, 5);
  Add32(fields, 5);
  Add16(fields, 1);
  Add16(fields, 0);
  const std::string local = "PK\x03\x04" + fields + "ahello";
  std::string zip =
      local + "PK\x01\x02" + fields.substr(0, 2) + fields + std::string(14, '\0') + "a";
  const std::size_t listed = zip.size() - local.size();
  zip += "PK\x05\x06" + std::string(8, '\0');
  Add32(zip, listed);
  Add32(zip, local.size());
  Add16(zip, 0);
  return zip;
}

TEST(Embedded, Zip) {
  const std::string zip = MakeZip();
  const auto all = All(MakePe(0x200) + zip + "tail" + zip);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].content, zip);
  EXPECT_EQ(all[1].content, zip);
  EXPECT_TRUE(All("x" + zip, {.zips_end = 1}).empty());
}

TEST(Embedded, ZipWithoutItsEnd) {
  const std::string zip = MakeZip();
  for (const std::size_t cut : {std::size_t{4}, std::size_t{22}, std::size_t{30}}) {
    const std::string file = "behind" + zip.substr(0, zip.size() - cut) + "more";
    const auto all = All(file);
    ASSERT_EQ(all.size(), 1u) << cut;
    EXPECT_EQ(all[0].content, std::string_view(file).substr(6));
  }
  // A directory that does not fit, and nothing behind the entry's data.
  std::string bad = zip;
  bad[zip.size() - 10] = '\x7F';
  bad[36] = 'x';
  EXPECT_TRUE(All("behind" + bad).empty());
}

TEST(Embedded, ZipEntryThatIsStored) {
  std::string entry(
      "PK\x03\x04\x0A\0\0\0\0\0\0\0\0\0\x86\xA6\x10\x36\x05\0\0\0\x05\0\0\0\x01\0\0\0ahello", 36);
  EXPECT_EQ(All("behind" + entry + "no record").size(), 1u);
  entry.back() = 'x';
  EXPECT_TRUE(All("behind" + entry + "no record").empty());
}

TEST(Embedded, ZipEntryThatInflates) {
  std::string entry("PK\x03\x04\x14\0\x08\0\x08\0", 10);
  entry.append(16, '\0');
  entry.append(std::string("\x01\0\0\0a", 5));
  const std::string block("\x01\x05\0\xFA\xFFhello", 10);  // stored, the last
  const auto all = All("behind" + entry + block + "PK\x07\x08");
  EXPECT_EQ(all.size(), 1u);
  EXPECT_TRUE(All("behind" + entry + block).empty());
  EXPECT_TRUE(All("behind" + entry + "\xFF\xFF\xFF noise").empty());
}

TEST(Embedded, Fixtures) {
  const std::size_t program = 1024;  // in front of the data of installers
  struct Case {
    const char* file;
    std::size_t begin;
    Kind kind;
    bool is_sized;
  };
  for (const Case& c : {Case{"rar29.rar", 0, Kind::kRar, true},
                        {"stored4.rar", 0, Kind::kRar, true},
                        {"stored5.rar", 0, Kind::kRar, true},
                        {"lzma2.7z", 0, Kind::k7z, true},
                        {"mszip.cab", 0, Kind::kCab, true},
                        {"m1.arj", 0, Kind::kArj, true},
                        {"encrypted.arj", 0, Kind::kArj, true},
                        {"nsis_zlib.exe", program, Kind::kNsis, false},
                        {"nsis_lzma_solid.exe", program, Kind::kNsis, false},
                        {"autoit5.exe", program, Kind::kAutoit, false},
                        {"autoit6.exe", program, Kind::kAutoit, false},
                        {"is_stream.exe", program + 18, Kind::kInstallshield, false}}) {
    const std::string inner = base::ReadFixture(std::string("packages/") + c.file).substr(c.begin);
    const auto all = All("\x7F junk " + inner + " more");
    ASSERT_GE(all.size(), 1u) << c.file;
    EXPECT_EQ(all[0].kind, c.kind) << c.file;
    EXPECT_EQ(all[0].content, c.is_sized ? inner : inner + " more") << c.file;
    for (std::size_t size = 0; size < std::min<std::size_t>(inner.size(), 300); ++size) {
      (void)All("x" + inner.substr(0, size));
    }
  }
}

TEST(Embedded, WhatIsBehindOneArchiveIsFound) {
  const std::string rar("Rar!\x1A\x07\0\xCF\x90\x73\0\0\x0D\0\0\0\0\0\0\0", 20);
  const auto all = All(MakePe(0x200) + rar + "junk" + MakeCab() + MakeZip());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].kind, Kind::kRar);
  EXPECT_EQ(all[1].kind, Kind::kCab);
  EXPECT_EQ(all[2].kind, Kind::kZip);
}

TEST(Embedded, Pdf) {
  const std::string pdf = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
  const auto all = All("junk" + pdf + pdf);
  ASSERT_EQ(all.size(), 1u);  // the second is in the first
  EXPECT_EQ(all[0].content, pdf + pdf);
  EXPECT_TRUE(All("junk" + pdf, {.pdfs = false}).empty());
}

TEST(Embedded, Ole2) {
  std::string ole("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
  ole.resize(3000);
  Put(ole, 26, 3, 2);
  Put(ole, 28, 0xFFFE, 2);
  Put(ole, 30, 9, 2);
  Put(ole, 44, 1, 4);
  Put(ole, 48, 1, 4);
  Put(ole, 1024 + 66, 5, 1);
  const std::string behind(100'000, 'x');
  for (const std::string before : {"1234", "some text\n"}) {
    const auto all = All(before + ole + behind);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].content, (ole + behind).substr(0, 129 * 512));
  }
  EXPECT_EQ(All("1234" + ole)[0].content, ole);
  for (const std::size_t at : {26, 28, 30, 44, 48, 1024 + 66}) {
    std::string bad = ole;
    bad[at] = 0;
    EXPECT_TRUE(All("1234" + bad).empty()) << at;
  }
}

// What says of itself that it is longer than the file, or whose checksum is wrong.
TEST(Embedded, DamagedArchives) {
  const auto read = [](const char* name) {
    return base::ReadFixture(std::string("packages/") + name);
  };
  const std::string cab = read("mszip.cab");
  for (const std::size_t at : {8, 12, 17, 21, 24, 27, 29}) {  // one byte of what is checked
    std::string bad = cab;
    bad[at] = '\x55';
    const auto all = All("junk" + bad);
    ASSERT_EQ(all.size(), 1u) << at;
    EXPECT_EQ(all[0].content, bad);
  }
  EXPECT_EQ(All("junk" + cab.substr(0, cab.size() - 9))[0].kind, Kind::kCab);
  for (const auto& [name, at] : {std::pair("lzma2.7z", 8u), std::pair("m1.arj", 4u + 20)}) {
    std::string bad = read(name);
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    const auto all = All("junk" + bad);
    ASSERT_EQ(all.size(), 1u) << name;
    EXPECT_EQ(all[0].content, bad);
  }
}

// The section says that it ends inside the archive.
TEST(Embedded, ArchivesAreNotCutWhereSectionsEnd) {
  const std::string cab = MakeCab();
  const auto all = All(MakePe(0x200).substr(0, MakePe(0x200).size() - 40) + cab);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, cab);
}

TEST(Embedded, Iso9660) {
  std::string disc(18 * 2048, '\0');
  disc.replace(0x8000, 7,
               "\x01"
               "CD001\x01");
  disc.replace(0x8800, 7,
               "\xFF"
               "CD001\x01");
  Put(disc, 0x8000 + 80, 18, 4);
  disc[0x8000 + 87] = 18;
  Put(disc, 0x8000 + 128, 2048, 2);
  const auto all = All("junk" + disc + "tail");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, disc);
  EXPECT_TRUE(All(disc).empty());
  disc[0x8800 + 1] = 'X';
  EXPECT_TRUE(All("junk" + disc).empty());
}

TEST(Embedded, Mail) {
  const std::string mail =
      "From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n";
  const auto all = All("junk\xFF\n" + mail);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, mail);
  EXPECT_TRUE(All("junk\xFF\n" + mail, {.mails = false}).empty());
}

TEST(Embedded, WhatOthersGiveIsNotGiven) {
  const std::string cab = MakeCab();
  const std::string file = "junk" + cab + cab;
  EmbeddedReader reader(base::AsBytes(file), {});
  reader.Claim(base::AsBytes(cab));  // lies elsewhere
  reader.Claim(base::AsBytes(file).subspan(2, 4));
  const auto found = reader.Next();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "(embedded at 0x68)");
  EXPECT_FALSE(reader.Next());
}

// Each mark again and again, with as much behind it as passes the first look.
TEST(Embedded, MarksAloneCostLittle) {
  const std::string arj("\x60\xEA\x20\x0A\x1E\0\0\0\0\0\x02", 11);
  const std::string entry(
      "PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a\x06", 32);
  for (const std::string& mark : {std::string("MZ"), std::string("PK\x03\x04"), arj, entry,
                                  std::string("Rar!\x1A\x07\x01\0", 8), std::string("%PDF-1.4"),
                                  std::string("\nMIME-Version: ")}) {
    std::string file;
    while (file.size() < 1'000'000) {
      file += mark;
    }
    EmbeddedReader reader(base::AsBytes(file), {});
    EXPECT_FALSE(reader.Next()) << mark;
    EXPECT_TRUE(reader.problem().empty() || reader.problem() == "limit embedded_work_max");
  }
}

}  // namespace
}  // namespace day::unpack::embedded
