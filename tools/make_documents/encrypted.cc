#include "tools/make_documents/encrypted.h"

#include "libs/unpack/officecrypt/testing/encrypter.h"
#include "libs/unpack/ole2/testing/compound_writer.h"

namespace {

namespace officecrypt = day::unpack::officecrypt;
using day::unpack::ole2::CompoundWriter;
using day::unpack::ole2::PackageStream;
using officecrypt::Lock;

constexpr const char* kDefault = "VelvetSweatshop";

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

// As the fuzz target reads it.
std::string FuzzInput(char kind, const std::string& first, const std::string& second) {
  return kind + Little(first.size(), 2) + first + second;
}

std::string Package(const officecrypt::EncryptedPackage& streams) {
  CompoundWriter writer;
  writer.AddStream("EncryptionInfo", streams.info);
  writer.AddStream("EncryptedPackage", streams.package);
  return writer.Build();
}

}  // namespace

std::map<std::string, std::string> EncryptedDocuments(const std::string& payload,
                                                      const std::string& workbook) {
  std::map<std::string, std::string> out;
  const auto agile = officecrypt::EncryptAgile(payload, kDefault, "SHA512", 256, 1'000);
  const auto old_agile = officecrypt::EncryptAgile(payload, "", "SHA1", 128, 1'000);
  const auto standard = officecrypt::EncryptStandard(payload, kDefault, 128);
  out["ole2/agile.docx"] = Package(agile);
  out["ole2/agile_sha1.docx"] = Package(old_agile);
  out["ole2/standard.xlsx"] = Package(standard);
  out["ole2/locked.docx"] =
      Package(officecrypt::EncryptAgile(payload, "nobodyknows", "SHA512", 256, 1'000));
  out["officecrypt/agile.bin"] = FuzzInput(0, agile.info, agile.package);
  out["officecrypt/agile_sha1.bin"] = FuzzInput(0, old_agile.info, old_agile.package);
  out["officecrypt/standard.bin"] = FuzzInput(0, standard.info, standard.package);
  for (const auto& [lock, name] :
       {std::pair(Lock::kXor, "xor"), std::pair(Lock::kRc4, "rc4"),
        std::pair(Lock::kCryptoApi40, "capi40"), std::pair(Lock::kCryptoApi128, "capi128")}) {
    const std::string book = officecrypt::EncryptWorkbook(workbook, lock, kDefault);
    CompoundWriter excel;
    excel.AddStream("Workbook", book);
    out["ole2/" + std::string(name) + ".xls"] = excel.Build();
    out["officecrypt/" + std::string(name) + "_xls.bin"] = FuzzInput(1, "", book);
    const auto streams = officecrypt::EncryptWord(
        {std::string(68, '\0') + payload, std::string(400, 't'), payload}, lock, kDefault);
    CompoundWriter word;
    word.AddStream("WordDocument", streams.document);
    word.AddStream("1Table", streams.table);
    word.AddStream("Data", streams.data);
    out["ole2/" + std::string(name) + ".doc"] = word.Build();
    out["officecrypt/" + std::string(name) + "_doc.bin"] =
        FuzzInput(2, streams.document, streams.table);
  }
  CompoundWriter inner;
  inner.AddStream("\1Ole10Native", PackageStream("a.com", payload));
  const std::string object = inner.Build();
  const auto slides = officecrypt::EncryptPresentation(
      Little(0x03E8000F, 4) + Little(0, 4),
      Little(0x10110000, 4) + Little(object.size(), 4) + object, payload, kDefault);
  CompoundWriter powerpoint;
  powerpoint.AddStream("Current User", slides.user);
  powerpoint.AddStream("PowerPoint Document", slides.document);
  powerpoint.AddStream("Pictures", slides.pictures);
  out["ole2/capi.ppt"] = powerpoint.Build();
  out["officecrypt/ppt.bin"] = FuzzInput(3, slides.user, slides.document);
  return out;
}
