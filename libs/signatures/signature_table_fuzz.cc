// Any bytes as a table file. The header's checksum is put right first, or nothing would ever get
// past it.
#include <cstring>
#include <vector>

#include "libs/crypto/hash.h"
#include "libs/signatures/database.h"
#include "libs/signatures/table_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace signatures = day::signatures;
  namespace format = day::signatures::format;
  std::vector<std::byte> file(size);
  if (size > 0) {
    std::memcpy(file.data(), data, size);
  }
  (void)signatures::Database::Open(file);
  if (size >= format::kHeaderBytes) {
    const auto sum = day::crypto::Sha256(day::base::Bytes(file).first(format::kHeaderSumOffset));
    std::memcpy(file.data() + format::kHeaderSumOffset, sum.data(), sum.size());
  }
  const auto database = signatures::Database::Open(file);
  if (!database.ok()) {
    return 0;
  }
  (void)database->VerifySections();
  for (std::size_t i = 0; i < signatures::kTableCount; ++i) {
    const auto table = static_cast<signatures::Table>(i);
    for (std::size_t at = 0; at + 32 <= size && at < 64 * 32; at += 32) {
      const auto digest =
          day::base::Bytes(file).subspan(size - 32 - at).first(signatures::DigestSize(table));
      (void)database->Find(table, digest, at);
      (void)database->Find(table, digest, std::nullopt);
      (void)database->MayMatchSize(table, at);
    }
  }
  return 0;
}
