// Tables that pass the header's checksum but are wrong everywhere else: any bytes as a table file,
// or, since few inputs get that far, a good table with bytes changed where the input says.
#include <cstring>
#include <string>
#include <vector>

#include "libs/crypto/hash.h"
#include "libs/signatures/database.h"
#include "libs/signatures/database_builder.h"
#include "libs/signatures/table_format.h"

namespace {

namespace signatures = day::signatures;
namespace format = day::signatures::format;

// A few entries in every kind of table, some with several sizes, names in several blocks.
std::string MakeGoodTable() {
  signatures::DatabaseBuilder builder;
  std::string lines;
  std::string sections;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    const auto bytes = day::base::AsBytes(number);
    lines += day::crypto::ToHexDigest(day::crypto::Md5(bytes)) + ":" + number + ":Name" + number +
             "\n" + day::crypto::ToHexDigest(day::crypto::Sha256(bytes)) + ":*:Any" + number +
             ":73\n" + day::crypto::ToHexDigest(day::crypto::Sha1(bytes)) + ":7:Name" + number +
             "\n";
    sections +=
        number + ":" + day::crypto::ToHexDigest(day::crypto::Md5({})) + ":Many" + number + "\n";
  }
  (void)builder.AddFile("a.hdb", lines);
  (void)builder.AddFile("b.mdb", sections);
  return builder.Build().value();
}

void Use(const signatures::Database& database, day::base::Bytes digests) {
  (void)database.VerifySections();
  for (std::size_t i = 0; i < signatures::kTableCount; ++i) {
    const auto table = static_cast<signatures::Table>(i);
    for (std::size_t at = 0; at + 32 <= digests.size() && at < 64 * 32; at += 16) {
      const auto digest = digests.subspan(at).first(signatures::DigestSize(table));
      for (const std::optional<std::uint64_t> bytes :
           {std::optional<std::uint64_t>(at / 16), std::optional<std::uint64_t>()}) {
        if (const auto found = database.Find(table, digest, bytes)) {
          (void)database.Describe(*found);
        }
      }
      (void)database.MayMatchSize(table, at / 16);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string good = MakeGoodTable();
  const day::base::Bytes input = std::as_bytes(std::span(data, size));
  (void)signatures::Database::Open(input);
  std::vector<std::byte> file(input.begin(), input.end());
  if (size < format::kHeaderBytes) {
    const day::base::Bytes bytes = day::base::AsBytes(good);
    file.assign(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i + 3 <= size; i += 3) {
      file[(data[i] | std::size_t{data[i + 1]} << 8) % file.size()] = input[i + 2];
    }
  }
  const auto sum = day::crypto::Sha256(day::base::Bytes(file).first(format::kHeaderSumOffset));
  std::memcpy(file.data() + format::kHeaderSumOffset, sum.data(), sum.size());
  const auto database = signatures::Database::Open(file);
  if (database.ok()) {
    Use(*database, day::base::Bytes(file).subspan(format::kHeaderBytes));
    Use(*database, day::base::AsBytes(good).subspan(format::kHeaderBytes));
  }
  return 0;
}
