// Any bytes as encrypted data and what it says of itself, under the password that encrypts most
// malware. The first byte says whose encryption it is.
#include "libs/unpack/cipher/rar_cipher.h"
#include "libs/unpack/cipher/sevenzip_cipher.h"
#include "libs/unpack/cipher/zip_cipher.h"

namespace {

namespace cipher = day::unpack::cipher;
using day::base::Bytes;
using day::base::ClippedSlice;

constexpr std::string_view kPassword = "infected";

void FuzzZip(unsigned number, Bytes sealed) {
  if (cipher::OldPasswordFits(sealed, kPassword, static_cast<std::uint8_t>(number))) {
    (void)cipher::DecryptOld(sealed, kPassword);
  }
  (void)cipher::DecryptAes(sealed, number % 5, kPassword, cipher::AesProof::kCheckOnly);
  (void)cipher::DecryptAes(sealed, number % 5, kPassword);
}

// A salt and a check; then any text as the password.
void FuzzRar5(unsigned number, Bytes sealed) {
  const Bytes salt = ClippedSlice(sealed, 0, 16);
  if (const auto key =
          cipher::DeriveRar5(kPassword, salt, number % 8, ClippedSlice(sealed, 16, 12))) {
    (void)cipher::SealedCrc32(number, *key);
    std::vector<std::byte> plain;
    (void)cipher::DecryptCbc(key->key, {}, sealed, plain);
  }
}

void FuzzRar3(Bytes sealed) {
  const auto key = cipher::DeriveRar3(day::base::AsText(ClippedSlice(sealed, 8, 140)),
                                      ClippedSlice(sealed, 0, 8));
  std::vector<std::byte> plain;
  if (key) {
    (void)cipher::DecryptCbc(key->key, key->iv, sealed, plain);
  }
}

void FuzzSevenZip(Bytes properties) {
  constexpr unsigned kRoundsLog2Max = 13;
  const auto encryption = cipher::ReadSevenZipEncryption(properties);
  if (encryption && (encryption->rounds_log2 <= kRoundsLog2Max ||
                     encryption->rounds_log2 == cipher::kSevenZipNoRounds)) {
    (void)cipher::DeriveSevenZip(day::base::AsText(properties), *encryption);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const Bytes sealed = std::as_bytes(std::span(data, size)).subspan(2);
  switch (data[0] % 4) {
    case 0:
      FuzzZip(data[1], sealed);
      break;
    case 1:
      FuzzRar5(data[1], sealed);
      break;
    case 2:
      if (data[1] == 7) {  // seldom: a key takes a tenth of a second here
        FuzzRar3(sealed);
      }
      break;
    default:
      FuzzSevenZip(sealed);
  }
  return 0;
}
