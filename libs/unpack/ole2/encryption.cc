#include "libs/unpack/ole2/encryption.h"

namespace day::unpack::ole2 {
namespace {

constexpr std::uint16_t kWordMagic = 0xA5EC;
constexpr std::uint16_t kWordEncrypted = 0x0100;
constexpr std::uint16_t kFilePass = 0x002F;
// It stands right behind the first record, or after a few others.
constexpr int kRecordsMax = 16;
constexpr std::uint32_t kEncryptedToken = 0xF3D1C4DF;

}  // namespace

bool IsEncryptedWordStream(base::Bytes word_document) {
  return base::ReadAt<std::uint16_t>(word_document, 0) == kWordMagic &&
         (base::ReadAt<std::uint16_t>(word_document, 0x0A).value_or(0) & kWordEncrypted) != 0;
}

bool IsEncryptedWorkbook(base::Bytes workbook) {
  base::ByteReader reader(workbook);
  for (int i = 0; i < kRecordsMax && reader.remaining() >= 4; ++i) {
    if (reader.U16() == kFilePass) {
      return true;
    }
    reader.Skip(reader.U16());
  }
  return false;
}

bool IsEncryptedCurrentUser(base::Bytes current_user) {
  return base::ReadAt<std::uint32_t>(current_user, 12) == kEncryptedToken;
}

}  // namespace day::unpack::ole2
