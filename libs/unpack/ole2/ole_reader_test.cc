#include "libs/unpack/ole2/ole_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/officecrypt/testing/encrypter.h"
#include "libs/unpack/ole2/testing/compound_writer.h"
#include "libs/unpack/vba/testing/vba_writer.h"

namespace day::unpack::ole2 {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

struct Walk {
  std::map<std::string, std::string> contents;
  std::map<std::string, std::string> gaps;
  std::map<std::string, document::PartKind> kinds;
  std::set<std::string> encrypted;
  std::string problem;
  base::Limit exceeded = base::Limit::kNone;
};

Walk WalkAll(const std::string& file, const base::BudgetLimits& limits = {},
             const std::vector<std::string>& passwords = {}) {
  Walk walk;
  auto reader = OleReader::Create(base::AsBytes(file));
  EXPECT_TRUE(reader.ok());
  if (!reader.ok()) {
    return walk;
  }
  reader->SetPasswords(passwords);
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader->Next(budget, inflater, buffer)) {
    EXPECT_FALSE(part->name.empty());
    EXPECT_TRUE(part->has_content || !part->gap.empty()) << part->name;
    if (part->has_content) {
      walk.contents[part->name] = std::string(base::AsText(part->content));
    }
    if (!part->gap.empty()) {
      walk.gaps[part->name] = part->gap;
    }
    walk.kinds[part->name] = part->kind;
    if (part->is_encrypted) {
      walk.encrypted.insert(part->name);
    }
    if (!budget.SpendFile().ok() || budget.exceeded() == base::Limit::kBytesOut) {
      break;
    }
  }
  walk.problem = std::string(reader->problem());
  walk.exceeded = budget.exceeded();
  return walk;
}

// As a store of zlib would have it, without compression.
std::string StoredZlib(const std::string& text) {
  std::string out = "\x78\x9C\x01";
  const auto size = static_cast<unsigned>(text.size());
  out += {static_cast<char>(size & 0xFF), static_cast<char>(size >> 8)};
  out += {static_cast<char>(~size & 0xFF), static_cast<char>((~size >> 8) & 0xFF)};
  return out + text;
}

std::string Bytes32(std::uint64_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}
std::string Bytes16(std::uint64_t value) { return Bytes32(value).substr(0, 2); }

std::string Utf16(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += {c, '\0'};
  }
  return out;
}

TEST(OleReaderTest, GivesStreamsOfBothVersionsWithTheirPaths) {
  for (const int version : {3, 4}) {
    CompoundWriter writer(version);
    writer.AddStream("small", "a small stream");
    writer.AddStream("Storage/Inner/large", std::string(100'000, 'x') + "end");
    writer.AddStream("Storage/\1CompObj", "with a control character");
    const Walk walk = WalkAll(writer.Build());
    EXPECT_EQ(walk.problem, "");
    EXPECT_THAT(walk.gaps, IsEmpty());
    EXPECT_THAT(walk.contents, SizeIs(3));
    EXPECT_EQ(walk.contents.at("small"), "a small stream");
    EXPECT_EQ(walk.contents.at("Storage/Inner/large"), std::string(100'000, 'x') + "end");
    EXPECT_EQ(walk.contents.at("Storage/[1]CompObj"), "with a control character");
  }
}

TEST(OleReaderTest, StreamsThatNoTreeListsAreGiven) {
  CompoundWriter writer;
  writer.AddStream("listed", "one");
  writer.AddUnlistedStream("hidden", "two");
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("(unlisted)/hidden"), "two");
}

TEST(OleReaderTest, WhatFollowsTheLastSectorIsGiven) {
  CompoundWriter writer;
  writer.AddStream("stream", "one");
  const std::string file = writer.Build();
  EXPECT_THAT(WalkAll(file).contents, Not(Contains(Key("(trailing data)"))));
  const Walk walk = WalkAll(file + std::string(300, '\0') + "behind");
  EXPECT_THAT(walk.contents.at("(trailing data)"), HasSubstr("behind"));
}

TEST(OleReaderTest, PackagesHoldFiles) {
  CompoundWriter writer;
  // Names are compared without their case: Windows opens this one.
  writer.AddStream("ObjectPool/_1/\1oLE10nATIVE", PackageStream("a.exe", "the file"));
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("ObjectPool/_1/[1]oLE10nATIVE//a.exe"), "the file");
}

TEST(OleReaderTest, ObjectsThatAreNoPackageAreGivenWithoutTheirLength) {
  CompoundWriter writer;
  writer.AddStream("\1Ole10Native", Bytes32(8) + "MZ bytes");
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("[1]Ole10Native//(native data)"), "MZ bytes");
}

TEST(OleReaderTest, ACutPackageIsAGap) {
  CompoundWriter writer;
  std::string package = PackageStream("a.exe", "the whole file");
  package.resize(package.size() - 5);
  writer.AddStream("\1Ole10Native", package);
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("[1]Ole10Native//a.exe"), "the whole");
  EXPECT_EQ(walk.gaps.at("[1]Ole10Native//a.exe"), "damaged: the object is cut");
}

TEST(OleReaderTest, PowerPointObjectsAndPicturesAreDecompressed) {
  const std::string inner = "an OLE storage";
  const std::string object = Bytes32(inner.size()) + StoredZlib(inner);
  const std::string plain = "\xD0\xCF\x11\xE0 not compressed";
  const std::string png =
      Bytes16(0x6E00) + Bytes16(0xF01E) + Bytes32(17 + 7) + std::string(17, 'u') + "picture";
  CompoundWriter writer;
  writer.AddStream("PowerPoint Document", "junk" + Bytes16(0x0010) + Bytes16(0x1011) +
                                              Bytes32(object.size()) + object + Bytes16(0) +
                                              Bytes16(0x1011) + Bytes32(plain.size()) + plain);
  writer.AddStream("Pictures", png);
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("PowerPoint Document//object 1"), inner);
  EXPECT_EQ(walk.contents.at("PowerPoint Document//object 2"), plain);
  EXPECT_EQ(walk.contents.at("Pictures//picture 1"), "picture");
}

TEST(OleReaderTest, AMadeUpPictureHidesNoObject) {
  const std::string object = "\xD0\xCF\x11\xE0 not compressed";
  CompoundWriter writer;
  writer.AddStream("PowerPoint Document", Bytes16(0x6E00) + Bytes16(0xF01E) + Bytes32(0x7FFFFFFF) +
                                              std::string(40, 'u') + Bytes16(0) + Bytes16(0x1011) +
                                              Bytes32(object.size()) + object);
  EXPECT_EQ(WalkAll(writer.Build()).contents.at("PowerPoint Document//object 2"), object);
}

TEST(OleReaderTest, EncryptedDocumentsSaySo) {
  std::string word = "\xEC\xA5" + std::string(8, '\0') + Bytes16(0x0100) + std::string(100, 'x');
  CompoundWriter writer;
  writer.AddStream("EncryptionInfo", "info");
  writer.AddStream("EncryptedPackage", "cipher");
  writer.AddStream("WordDocument", word);
  writer.AddStream("Workbook", Bytes16(0x0809) + Bytes16(4) + Bytes32(0x00050600) +
                                   Bytes16(0x002F) + Bytes16(2) + "xx");
  writer.AddStream("PowerPoint Document", "slides");
  writer.AddStream("Current User", std::string(12, '\0') + Bytes32(0xF3D1C4DF));
  const Walk walk = WalkAll(writer.Build());
  EXPECT_THAT(walk.gaps, ElementsAre(Pair("EncryptedPackage", "encrypted: unknown method"),
                                     Pair("PowerPoint Document", "encrypted: damaged header"),
                                     Pair("WordDocument", "encrypted: damaged header"),
                                     Pair("Workbook", "encrypted: unknown method")));
  EXPECT_THAT(walk.encrypted, SizeIs(4));
  EXPECT_EQ(walk.contents.at("EncryptedPackage"), "cipher");
}

TEST(OleReaderTest, PackagesAreOpenedWithKnownAndToldPasswords) {
  for (const char* password : {"VelvetSweatshop", "told", "unknown"}) {
    const auto streams = officecrypt::EncryptAgile("the document", password, "SHA512", 256, 50);
    CompoundWriter writer;
    writer.AddStream("EncryptionInfo", streams.info);
    writer.AddStream("EncryptedPackage", streams.package);
    const Walk walk = WalkAll(writer.Build(), {}, {"told"});
    EXPECT_EQ(walk.contents.at("EncryptedPackage"), streams.package);
    EXPECT_THAT(walk.encrypted, ElementsAre("EncryptedPackage"));
    if (password == std::string("unknown")) {
      EXPECT_THAT(walk.gaps, ElementsAre(Pair("EncryptedPackage", "encrypted")));
    } else {
      EXPECT_EQ(walk.contents.at("EncryptedPackage//(decrypted)"), "the document");
      EXPECT_THAT(walk.gaps, IsEmpty());
    }
  }
}

// Written by LibreOffice, or read by it: tests/fixtures/documents/make_locked.py.
TEST(OleReaderTest, WhatOthersLockedIsOpened) {
  const std::string text = "The quick brown fox";
  for (const auto& [file, stream] :
       {std::pair("rc4.xls", "Workbook"), std::pair("rc4.doc", "WordDocument"),
        std::pair("xor.doc", "WordDocument")}) {
    const Walk walk = WalkAll(base::ReadFixture(std::string("documents/") + file));
    EXPECT_THAT(walk.gaps, IsEmpty()) << file;
    std::string plain = walk.contents.at(std::string(stream) + "//(decrypted)");
    plain.erase(std::remove(plain.begin(), plain.end(), '\0'), plain.end());  // Word's is UTF-16
    EXPECT_NE(plain.find(text), std::string::npos) << file;
  }
  const Walk walk = WalkAll(base::ReadFixture("documents/standard.xlsx"));
  EXPECT_THAT(walk.contents.at("EncryptedPackage//(decrypted)"), HasSubstr("xl/workbook.xml"));
}

TEST(OleReaderTest, MacroSheetsAreReadInDecryptedWorkbooks) {
  const std::string sheet = Bytes16(0x0809) + Bytes16(16) + Bytes16(0x0600) + Bytes16(0x0040) +
                            std::string(12, '\0') + Bytes16(0x0204) + Bytes16(13) + Bytes16(0) +
                            Bytes16(0) + Bytes16(0) + Bytes16(4) + '\0' + "calc";
  CompoundWriter writer;
  writer.AddStream("Workbook", officecrypt::EncryptWorkbook(sheet, officecrypt::Lock::kCryptoApi128,
                                                            "VelvetSweatshop"));
  const Walk walk = WalkAll(writer.Build());
  EXPECT_THAT(walk.gaps, IsEmpty());
  EXPECT_THAT(walk.contents.at("Workbook//(decrypted)//(macro) sheets.txt"), HasSubstr("calc"));
  EXPECT_EQ(walk.kinds.at("Workbook//(decrypted)//(macro) sheets.txt"),
            document::PartKind::kXlmMacro);
}

TEST(OleReaderTest, ObjectsAreFoundInDecryptedDocuments) {
  const auto record = [](const std::string& data) {
    return Bytes16(0) + Bytes16(0x1011) + Bytes32(data.size()) + data;
  };
  const auto slides = officecrypt::EncryptPresentation(
      record("slide"), record("\xD0\xCF\x11\xE0 object"), "picture", "told");
  const auto word = officecrypt::EncryptWord(
      {std::string(100, 'w'), std::string(300, 't'),
       Bytes16(0x6E00) + Bytes16(0xF01E) + Bytes32(17 + 4) + std::string(17, 'u') + "blip"},
      officecrypt::Lock::kRc4, "told");
  CompoundWriter writer;
  writer.AddStream("Current User", slides.user);
  writer.AddStream("PowerPoint Document", slides.document);
  writer.AddStream("Pictures", slides.pictures);
  writer.AddStream("Inner/Data", word.data);
  writer.AddStream("Inner/WordDocument", word.document);
  writer.AddStream("Inner/1Table", word.table);
  writer.AddStream("Inner/0Table", "not in use");
  const std::string file = writer.Build();
  const Walk walk = WalkAll(file, {}, {"told"});
  EXPECT_THAT(walk.gaps, IsEmpty());
  EXPECT_THAT(walk.encrypted, SizeIs(5));
  EXPECT_EQ(walk.contents.at("PowerPoint Document//(decrypted)//object 1"),
            "\xD0\xCF\x11\xE0 object");
  EXPECT_EQ(walk.contents.at("Pictures//(decrypted)//picture 1"), "picture");
  EXPECT_EQ(walk.contents.at("Inner/Data//(decrypted)//picture 1"), "blip");
  EXPECT_EQ(walk.contents.at("Inner/WordDocument//(decrypted)").substr(68), std::string(32, 'w'));
  const Walk locked = WalkAll(file);
  EXPECT_THAT(locked.gaps, SizeIs(5));
}

TEST(OleReaderTest, ModulesComeAsSource) {
  const vba::ModuleText module = {"Module1", vba::PcodeLiteral("calc.exe"),
                                  "Attribute VB_Name = \"Module1\"\r\nSub AutoOpen()\r\n"
                                  "Shell \"calc.exe\"\r\nEnd Sub\r\n"};
  CompoundWriter writer;
  writer.AddStream("Macros/VBA/Module1", vba::ModuleStream(module));
  writer.AddStream("Macros/VBA/dir", vba::DirStream({module}));
  writer.AddStream("Macros/VBA/_VBA_PROJECT", "names");
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("Macros/VBA/(macro) Module1.bas"), module.source);
  EXPECT_EQ(walk.kinds.at("Macros/VBA/(macro) Module1.bas"), document::PartKind::kVbaMacro);
  EXPECT_THAT(walk.contents, Not(Contains(Key("Macros/VBA/(macro) Module1 p-code.txt"))));
}

TEST(OleReaderTest, StompedModulesShowWhatTheirPcodeSays) {
  for (const char* source : {"Attribute VB_Name = \"Module1\"\r\n' nothing here\r\n", ""}) {
    const vba::ModuleText module = {"Module1", vba::PcodeLiteral("powershell -enc AAAA"), source};
    CompoundWriter writer;
    writer.AddStream("Macros/VBA/Module1", vba::ModuleStream(module));
    writer.AddStream("Macros/VBA/dir", vba::DirStream({module}));
    writer.AddStream("Macros/VBA/_VBA_PROJECT", std::string("\xCC\x61\0AutoOpen\0Shell\0", 18));
    const Walk walk = WalkAll(writer.Build());
    EXPECT_EQ(walk.contents.at("Macros/VBA/(macro) Module1 p-code.txt"),
              "\"powershell -enc AAAA\"\nAutoOpen\nShell\n");
    EXPECT_EQ(walk.gaps.size(), std::string(source).empty() ? 1u : 0u);
  }
}

TEST(OleReaderTest, SourcesAreFoundWithoutTheList) {
  const vba::ModuleText module = {"M", "p-code", "Attribute VB_Name = \"M\"\r\nSub X\r\n"};
  CompoundWriter writer;
  writer.AddStream("VBA/M", vba::ModuleStream(module));
  writer.AddStream("VBA/dir", "no list");
  writer.AddStream("VBA/_VBA_PROJECT", "names");
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at("VBA/M//(macro) source.bas"), module.source);
}

TEST(OleReaderTest, OutlookAttachmentsHaveTheirNames) {
  CompoundWriter writer;
  const std::string storage = "__attach_version1.0_#00000000/";
  writer.AddStream(storage + "__substg1.0_37010102", "attached");
  writer.AddStream(storage + "__substg1.0_3707001F", Utf16("invoice.exe"));
  writer.AddStream("__substg1.0_1000001F", Utf16("body text"));
  writer.AddStream("__substg1.0_10090102",
                   Bytes32(20) + Bytes32(5) + "MELA" + Bytes32(0) + "{\\rtf");
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.contents.at(storage + "invoice.exe"), "attached");
  EXPECT_EQ(walk.contents.at("__substg1.0_1000001F//text.txt"), "body text");
  EXPECT_EQ(walk.contents.at("__substg1.0_10090102//body.rtf"), "{\\rtf");
}

TEST(OleReaderTest, HangulStreamsAreInflated) {
  for (const unsigned properties : {1u, 2u}) {
    std::string header = "HWP Document File";
    header.resize(36);
    CompoundWriter writer;
    writer.AddStream("FileHeader", header + Bytes32(properties));
    writer.AddStream("BinData/BIN0001.ole", StoredZlib("the file").substr(2));
    const Walk walk = WalkAll(writer.Build());
    if (properties == 1) {
      EXPECT_EQ(walk.contents.at("BinData/BIN0001.ole//(inflated)"), "the file");
    } else {
      EXPECT_EQ(walk.gaps.at("BinData/BIN0001.ole"), "encrypted");
    }
  }
}

TEST(OleReaderTest, InstallerNamesAreReadable) {
  CompoundWriter writer;
  // Two characters in one: "Ab" is 0x3800 + 10 + 37 * 64 = 0x414A; one alone: "c".
  writer.AddStream("\xE4\x85\x8A\xE4\xA0\xA6", "a cabinet");
  EXPECT_EQ(WalkAll(writer.Build()).contents.at("Abc"), "a cabinet");
}

TEST(OleReaderTest, CyclicChainsEnd) {
  CompoundWriter writer;
  writer.AddStream("large", std::string(8192, 'x'));
  std::string file = writer.Build();
  std::string second = file;
  // The stream's second sector leads back to its first; its size claims 4 GB.
  file.replace(writer.fat_offset() + 4, 4, Bytes32(0));
  file.replace(writer.directory_offset() + 128 + 0x78, 4, Bytes32(0xFFFFFFF0));
  const Walk walk = WalkAll(file);
  EXPECT_THAT(walk.gaps.at("large"), HasSubstr("loops"));
  EXPECT_LE(walk.contents.at("large").size(), 4u * 512);

  // A directory that loops.
  const auto sector = static_cast<std::uint32_t>(writer.directory_offset() / 512 - 1);
  second.replace(writer.fat_offset() + 4 * sector, 4, Bytes32(sector));
  EXPECT_THAT(WalkAll(second).problem, HasSubstr("loops"));
}

TEST(OleReaderTest, TreesThatLoopEnd) {
  CompoundWriter writer;
  writer.AddStream("S/a", "one");
  writer.AddStream("S/b", "two");
  std::string file = writer.Build();
  // Entry 2's siblings and child are itself, its parent and the root.
  file.replace(writer.directory_offset() + 2 * 128 + 0x44, 12,
               Bytes32(2) + Bytes32(1) + Bytes32(0));
  EXPECT_EQ(WalkAll(file).contents.at("S/a"), "one");
}

TEST(OleReaderTest, AHundredThousandStreamsEnd) {
  CompoundWriter writer;
  for (int i = 0; i < 100'000; ++i) {
    writer.AddStream("s" + std::to_string(i), "x");
  }
  const Walk walk = WalkAll(writer.Build());
  EXPECT_EQ(walk.exceeded, base::Limit::kFiles);
  EXPECT_GE(walk.contents.size(), 10'000u);
}

TEST(OleReaderTest, KnowsWhatIsDamaged) {
  CompoundWriter writer;
  writer.AddStream("stream", std::string(8192, 'x'));
  writer.AddStream("small", "x");
  const std::string file = writer.Build();
  const auto is_damaged = [](const std::string& bytes) {
    return OleReader::IsDamaged(base::AsBytes(bytes));
  };
  EXPECT_FALSE(is_damaged(file));
  EXPECT_TRUE(is_damaged(file.substr(0, 2000)));
  EXPECT_TRUE(is_damaged("no compound file"));
  std::string cutoff = file;
  cutoff.replace(0x38, 4, Bytes32(4097));
  EXPECT_TRUE(is_damaged(cutoff));
  std::string chain = file;
  chain.replace(writer.fat_offset() + 4, 4, Bytes32(0));
  EXPECT_TRUE(is_damaged(chain));
}

// A header may say that no stream is small; there are no small sectors then.
TEST(OleReaderTest, SmallStreamsInLargeSectors) {
  CompoundWriter writer;
  writer.AddStream("stream", std::string(8192, 'x'));
  std::string file = writer.Build();
  file.replace(0x38, 4, Bytes32(0));
  file.replace(0x3C, 4, Bytes32(0xFFFFFFFE));
  file.replace(writer.directory_offset() + 128 + 0x78, 4, Bytes32(100));
  const Walk walk = WalkAll(file);
  EXPECT_EQ(walk.contents.at("stream"), std::string(100, 'x'));
  EXPECT_EQ(walk.problem, "");
}

TEST(OleReaderTest, EntriesWithoutATypeAreReported) {
  CompoundWriter writer;
  writer.AddStream("stream", std::string(8192, 'x'));
  const std::string file = writer.Build();
  EXPECT_EQ(WalkAll(file).problem, "");
  for (const char type : {'\0', '\x03', '\x42'}) {
    std::string damaged = file;
    damaged[writer.directory_offset() + 128 + 0x42] = type;
    const Walk walk = WalkAll(damaged);
    EXPECT_EQ(walk.problem, "damaged: an entry of the directory has no type");
    EXPECT_EQ(walk.contents.contains("stream"), type != '\0');
  }
}

TEST(OleReaderTest, DamagedHeadersAreReported) {
  EXPECT_FALSE(OleReader::Create(base::AsBytes("no compound file")).ok());
  CompoundWriter writer;
  writer.AddStream("stream", std::string(8192, 'x'));
  const std::string file = writer.Build();
  EXPECT_THAT(WalkAll(file.substr(0, 512)).problem, HasSubstr("damaged"));
  // Half of the file: what is left of the streams is given if the directory is.
  std::string wrong_shift = file;
  wrong_shift.replace(0x1E, 2, Bytes16(77));
  EXPECT_EQ(WalkAll(wrong_shift).contents.at("stream"), std::string(8192, 'x'));
}

}  // namespace
}  // namespace day::unpack::ole2
