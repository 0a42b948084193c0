#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/officecrypt/agile_info.h"
#include "libs/unpack/officecrypt/opendocument.h"
#include "libs/unpack/officecrypt/package.h"
#include "libs/unpack/officecrypt/passwords.h"
#include "libs/unpack/officecrypt/powerpoint.h"
#include "libs/unpack/officecrypt/testing/encrypter.h"
#include "libs/unpack/officecrypt/word.h"
#include "libs/unpack/officecrypt/workbook.h"
#include "libs/unpack/officecrypt/xor_obfuscation.h"

namespace day::unpack::officecrypt {
namespace {

// Three segments of 4,096 bytes, and a little.
std::string Document() {
  std::string text = "PK\3\4 a document";
  while (text.size() < 3 * 4096 + 5) {
    text += std::to_string(text.size());
  }
  return text;
}

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

// The document, or the gap in brackets.
std::string OpenPackage(const EncryptedPackage& streams, const std::vector<std::string>& passwords,
                        base::BudgetLimits limits = {}) {
  base::Budget budget(limits);
  const auto key = PackageKey::Find(base::AsBytes(streams.info), passwords, budget);
  if (!key.ok()) {
    return "[" + key.error().message + "]";
  }
  inflate::OutputBuffer out;
  const std::string gap = key->Decrypt(base::AsBytes(streams.package), out);
  return std::string(base::AsText(out.bytes())) + (gap.empty() ? "" : "[" + gap + "]");
}

TEST(PasswordsTest, OfficesOwnComeFirstThenToldOnesAndNoneTwice) {
  const std::vector<std::string> told = {"x7", "1234", "x7", std::string(300, 'l')};
  const std::vector<std::string> all = CandidatesOf(told);
  ASSERT_GE(all.size(), 6u);
  EXPECT_EQ(all[0], "VelvetSweatshop");
  EXPECT_EQ(all[1], "");
  EXPECT_EQ(all[3], "x7");
  EXPECT_EQ(all[4], "1234");
  EXPECT_EQ(all[5], "infected");
  EXPECT_EQ(std::count(all.begin(), all.end(), "1234"), 1);
}

TEST(PasswordsTest, AreUtf16) {
  EXPECT_EQ(ToUtf16("aZ"), std::string("a\0Z\0", 4));
  EXPECT_EQ(ToUtf16("\xC3\xA9\xF0\x9F\x98\x80"), std::string("\xE9\x00\x3D\xD8\x00\xDE", 6));
  EXPECT_EQ(ToUtf16("\xE9t"), std::string("\xE9\0t\0", 4)) << "no UTF-8, so Latin-1";
  EXPECT_EQ(ToUtf16("\xC3"), std::string("\xC3\0", 2));
}

TEST(PackageTest, AgileOpensWithEachHashAndKeySize) {
  for (const char* hash : {"SHA1", "SHA256", "SHA384", "SHA512"}) {
    for (const std::size_t bits : {128, 192, 256}) {
      const auto streams = EncryptAgile(Document(), "x7", hash, bits, 100);
      EXPECT_EQ(OpenPackage(streams, {"wrong", "x7"}), Document()) << hash << " " << bits;
      EXPECT_EQ(OpenPackage(streams, {"wrong"}), "[encrypted]");
    }
  }
}

TEST(PackageTest, StandardOpensWithEachKeySize) {
  for (const std::size_t bits : {128, 192, 256}) {
    const auto streams = EncryptStandard(Document(), "VelvetSweatshop", bits);
    EXPECT_EQ(OpenPackage(streams, {"", "VelvetSweatshop"}), Document()) << bits;
  }
}

TEST(PackageTest, TriesArePaid) {
  const auto streams = EncryptAgile(Document(), "x7", "SHA512", 256, 10'000);
  base::BudgetLimits limits;
  limits.password_tries_max = 5;
  EXPECT_EQ(OpenPackage(streams, {"a", "x7"}, limits), Document());
  EXPECT_EQ(OpenPackage(streams, {"a", "b", "x7"}, limits),
            "[encrypted: limit password_tries_max]");
}

TEST(PackageTest, TooManySpinsAreNotDone) {
  auto streams = EncryptAgile("x", "x7", "SHA1", 128, 100);
  streams.info.replace(streams.info.find("spinCount=\"100\""), 15, "spinCount=\"10000000\"");
  EXPECT_EQ(OpenPackage(streams, {"x7"}), "[encrypted: limit office_spins_max]");
}

TEST(PackageTest, CutPackagesGiveWhatIsThere) {
  auto streams = EncryptAgile(Document(), "", "SHA512", 256, 10);
  streams.package.resize(8 + 4096 + 100);
  EXPECT_EQ(OpenPackage(streams, {""}),
            Document().substr(0, 4096 + 96) + "[damaged: the package is cut]");
  streams.package.resize(5);
  EXPECT_EQ(OpenPackage(streams, {""}), "[encrypted: damaged header]");
}

TEST(PackageTest, WhatIsUnknownOrDamagedIsSaid) {
  const auto streams = EncryptAgile("x", "", "SHA1", 128, 10);
  const auto with = [&](const std::string& from, const std::string& to) {
    EncryptedPackage changed = streams;
    changed.info.replace(changed.info.find(from), from.size(), to);
    return OpenPackage(changed, {""});
  };
  EXPECT_EQ(with("\"AES\"", "\"RC2\""), "[encrypted: unknown method]");
  EXPECT_EQ(with("ModeCBC", "ModeCFB"), "[encrypted: unknown method]");
  EXPECT_EQ(with("\"SHA1\"", "\"MD2\""), "[encrypted: unknown method]");
  EXPECT_EQ(with("spinCount", "spinless"), "[encrypted: unknown method]");
  EXPECT_EQ(with("keyBits=\"128\"", "keyBits=\"0\""), "[encrypted: damaged header]");
  EXPECT_EQ(with("<keyData", "<dataKey"), "[encrypted: damaged header]");
  EXPECT_EQ(with("encryptedKeyValue=\"", "encryptedKeyValue=\"-"), "[encrypted: damaged header]");
  EXPECT_EQ(OpenPackage({"info", "cipher"}, {""}), "[encrypted: unknown method]");
  EXPECT_EQ(OpenPackage({"", ""}, {""}), "[encrypted: damaged header]");
}

// A workbook with text in a plain record, in BoundSheet and in records over several blocks.
std::string Records() {
  const auto record = [](unsigned id, const std::string& data) {
    return Little(id, 2) + Little(data.size(), 2) + data;
  };
  std::string out = record(0x0809, Little(0x0600, 2) + std::string(14, 'b'));
  out += record(0x00E1, "interface") + record(0x0085, "ABCDsheet name");
  for (int i = 0; i < 40; ++i) {
    out += record(0x0204, "label " + std::string(static_cast<std::size_t>(i), 'l')) +
           record(0x000A, "");
  }
  return out + record(0x0809, std::string(16, 's')) + record(0x00FC, std::string(3000, 'x'));
}

std::string OpenWorkbook(const std::string& workbook, const std::vector<std::string>& passwords) {
  base::Budget budget(base::BudgetLimits{});
  inflate::OutputBuffer out;
  const std::string gap = DecryptWorkbook(base::AsBytes(workbook), passwords, budget, out);
  return gap.empty() ? std::string(base::AsText(out.bytes())) : "[" + gap + "]";
}

TEST(WorkbookTest, OpensWithEachLock) {
  for (const Lock lock : {Lock::kXor, Lock::kRc4, Lock::kCryptoApi40, Lock::kCryptoApi128}) {
    const std::string locked = EncryptWorkbook(Records(), lock, "VelvetSweatshop");
    EXPECT_TRUE(IsEncryptedWorkbook(base::AsBytes(locked)));
    EXPECT_EQ(locked.find("label"), std::string::npos);
    const std::string open = OpenWorkbook(locked, {"a", "VelvetSweatshop"});
    ASSERT_EQ(open.size(), locked.size());
    // FILEPASS stands behind the first record, which has 20 bytes.
    const std::size_t pass = open.size() - Records().size();
    EXPECT_EQ(open.substr(0, 20) + open.substr(20 + pass), Records());
    EXPECT_EQ(OpenWorkbook(locked, {"a", ""}), "[encrypted]");
  }
  EXPECT_FALSE(IsEncryptedWorkbook(base::AsBytes(Records())));
}

TEST(WorkbookTest, BrokenFilePassesAreSaid) {
  const std::string bof = Records().substr(0, 20);
  const auto with = [&](const std::string& pass) {
    return OpenWorkbook(bof + Little(0x2F, 2) + Little(pass.size(), 2) + pass, {"a"});
  };
  EXPECT_EQ(with(""), "[encrypted: unknown method]");
  EXPECT_EQ(with(Little(0, 3)), "[encrypted: damaged header]");
  EXPECT_EQ(with(Little(1, 2) + Little(1, 2) + Little(1, 2)), "[encrypted: damaged header]");
  EXPECT_EQ(with(Little(1, 2) + Little(7, 4)), "[encrypted: unknown method]");
}

// [MS-OFFCRYPTO] 2.3.7.2: with one character that has the low bit set only, the key is the table's
// first start and its element for that bit.
TEST(XorTest, KeysAreTheSpecifications) {
  EXPECT_EQ(XorKey(XorMethod::kExcel, "\x01").check().key, 0xE1F0 ^ 0x1021);
  EXPECT_EQ(XorKey(XorMethod::kExcel, "\x40").check().key, 0xE1F0 ^ 0x48C4);
  // All fifteen rows of the table.
  EXPECT_EQ(XorKey(XorMethod::kExcel, std::string(15, '\x40')).check().key,
            0x4EC3 ^ 0x2A09 ^ 0x2BBF ^ 0x5AD0 ^ 0xDD40 ^ 0x44D5 ^ 0x721A ^ 0x5FD9 ^ 0xF6D0 ^
                0xDDEC ^ 0x6A10 ^ 0x1168 ^ 0x6E9C ^ 0x1DAD ^ 0x0DCC ^ 0x48C4);
}

TEST(WordTest, OpensWithEachLock) {
  const WordStreams plain = {std::string(68, 'f') + Document(), std::string(400, 't') + "styles",
                             Document() + "data"};
  for (const Lock lock : {Lock::kXor, Lock::kRc4, Lock::kCryptoApi40, Lock::kCryptoApi128}) {
    const WordStreams locked = EncryptWord(plain, lock, "x7");
    const base::Bytes word = base::AsBytes(locked.document);
    ASSERT_TRUE(IsEncryptedWordDocument(word));
    EXPECT_EQ(TableStreamOf(word), "1Table");
    base::Budget budget(base::BudgetLimits{});
    const std::vector<std::string> passwords = {"a", "x7"};
    const auto key = WordKey::Find(word, base::AsBytes(locked.table), passwords, budget);
    ASSERT_TRUE(key.ok()) << key.error().message;
    inflate::OutputBuffer out;
    const auto open = [&](WordKey::Stream stream, const std::string& content) {
      EXPECT_TRUE(key->Decrypt(stream, base::AsBytes(content), out));
      return std::string(base::AsText(out.bytes()));
    };
    EXPECT_EQ(open(WordKey::Stream::kDocument, locked.document).substr(68), Document());
    EXPECT_EQ(open(WordKey::Stream::kTable, locked.table).substr(300), plain.table.substr(300));
    EXPECT_EQ(open(WordKey::Stream::kData, locked.data), plain.data);
    const auto none = WordKey::Find(word, base::AsBytes(locked.table), {}, budget);
    EXPECT_EQ(none.ok() ? "" : none.error().message, "encrypted");
  }
}

TEST(PowerPointTest, OpensObjectsAndPictures) {
  const auto record = [](const std::string& data) {
    return Little(0x0010, 2) + Little(0x1011, 2) + Little(data.size(), 4) + data;
  };
  const std::string first = record("the first");
  const std::string second = record("the second");
  const auto locked = EncryptPresentation(first, second, "picture", "x7");
  ASSERT_TRUE(IsEncryptedPresentation(base::AsBytes(locked.user)));
  base::Budget budget(base::BudgetLimits{});
  const std::vector<std::string> passwords = {"a", "x7"};
  const auto key = PresentationKey::Find(base::AsBytes(locked.user), base::AsBytes(locked.document),
                                         passwords, budget);
  ASSERT_TRUE(key.ok()) << key.error().message;
  inflate::OutputBuffer out;
  ASSERT_TRUE(key->DecryptDocument(base::AsBytes(locked.document), out));
  const std::string both = first + second;
  EXPECT_EQ(base::AsText(out.bytes()).substr(0, both.size()), both);
  EXPECT_EQ(base::AsText(out.bytes()).substr(both.size()), locked.document.substr(both.size()));
  ASSERT_TRUE(key->DecryptPictures(base::AsBytes(locked.pictures), out));
  EXPECT_EQ(base::AsText(out.bytes()).substr(8 + 17), "picture");
  const auto none =
      PresentationKey::Find(base::AsBytes(locked.user), base::AsBytes("PP"), passwords, budget);
  EXPECT_EQ(none.ok() ? "" : none.error().message, "encrypted: damaged header");
}

// A manifest whose entries LibreOffice would read, and what one of them holds.
std::string Manifest(const std::string& algorithm, const std::string& checksum, int rounds = 10) {
  return "<manifest:manifest><manifest:file-entry manifest:full-path=\"/\"/>"
         "<manifest:file-entry manifest:full-path=\"a&amp;b.xml\" manifest:size=\"5\">"
         "<manifest:encryption-data manifest:checksum-type=\"urn:x#sha256-1k\" "
         "manifest:checksum=\"" +
         checksum +
         "\"><manifest:algorithm manifest:algorithm-name=\"http://www.w3.org/2001/04/xmlenc#" +
         algorithm +
         "\" manifest:initialisation-vector=\"AAAAAAAAAAAAAAAAAAAAAA==\"/>"
         "<manifest:start-key-generation manifest:start-key-generation-name=\"x#sha256\"/>"
         "<manifest:key-derivation manifest:key-derivation-name=\"PBKDF2\" "
         "manifest:iteration-count=\"" +
         std::to_string(rounds) +
         "\" manifest:salt=\"c2FsdA==\"/></manifest:encryption-data></manifest:file-entry>"
         "<manifest:file-entry manifest:full-path=\"plain.xml\"></manifest:file-entry>";
}

TEST(OpenDocumentTest, ReadsTheManifest) {
  const auto entries = ReadManifest(Manifest("aes256-cbc", "AAAA", 7));
  ASSERT_EQ(entries.size(), 1u);
  const ManifestEntry& entry = entries.at("a&b.xml");
  EXPECT_TRUE(entry.is_known);
  EXPECT_EQ(entry.key_bytes, 32u);
  EXPECT_EQ(entry.rounds, 7u);
  EXPECT_EQ(entry.salt, "salt");
  EXPECT_FALSE(ReadManifest(Manifest("blowfish", "AAAA")).at("a&b.xml").is_known);
  EXPECT_TRUE(ReadManifest("<file-entry full-path='x'><encryption-data/>").count("x") > 0);
  EXPECT_TRUE(ReadManifest("").empty());
}

// Made with Python's hashlib and zlib, and with openssl: no password, two rounds, AES-128.
TEST(OpenDocumentTest, DecryptsAnEntry) {
  OpenDocumentKeys keys(
      ReadManifest(Manifest("aes128-cbc", "ADpZn2Pc4fyKNxnXgqZuykcQtF13wIEP5dGF8V4OCkc=", 2)), {});
  EXPECT_TRUE(keys.Has("a&b.xml"));
  EXPECT_FALSE(keys.Has("plain.xml"));
  const std::string data =
      base::FromHex("b697c49e93b28eb0a01ce4edd0313a32c31282e09076e463605bf36344a45bc6")
          .value_or("");
  base::Budget budget(base::BudgetLimits{});
  inflate::OutputBuffer out;
  EXPECT_EQ(keys.Decrypt("a&b.xml", base::AsBytes(data), budget, out), "");
  inflate::Inflater inflater;
  inflate::OutputBuffer plain;
  (void)inflater.Inflate(out.bytes(), budget, plain);
  EXPECT_EQ(base::AsText(plain.bytes()),
            "<a>a harmless payload</a><a>a harmless payload</a><a>a harmless payload</a>");
  // The same key, but other data.
  EXPECT_EQ(keys.Decrypt("a&b.xml", base::AsBytes(std::string(32, 'c')), budget, out), "encrypted");
  EXPECT_EQ(keys.Decrypt("a&b.xml", base::AsBytes("short"), budget, out),
            "damaged: not in whole blocks");
}

TEST(OpenDocumentTest, OtherMethodsAndPasswordsAreGaps) {
  const std::string data(32, 'c');
  const auto gap = [&](const std::string& manifest) {
    OpenDocumentKeys keys(ReadManifest(manifest), {});
    base::Budget budget(base::BudgetLimits{});
    inflate::OutputBuffer out;
    return keys.Decrypt("a&b.xml", base::AsBytes(data), budget, out);
  };
  EXPECT_EQ(gap(Manifest("aes256-cbc", "AAAA")), "encrypted");
  EXPECT_EQ(gap(Manifest("aes256-gcm", "AAAA")), "encrypted: unknown method");
  EXPECT_EQ(gap(Manifest("aes256-cbc", "AAAA", 2'000'000)), "encrypted: limit office_spins_max");
  EXPECT_EQ(gap(Manifest("aes256-cbc", "AAAA", 900'000)), "encrypted: limit password_tries_max");
}

}  // namespace
}  // namespace day::unpack::officecrypt
