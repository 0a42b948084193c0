// Any bytes as encrypted data, under the password that encrypts most malware.
#include "libs/unpack/cipher/rar_cipher.h"
#include "libs/unpack/cipher/zip_cipher.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace cipher = day::unpack::cipher;
  const day::base::Bytes bytes = std::as_bytes(std::span(data, size));
  constexpr std::string_view kPassword = "infected";
  if (size == 0) {
    return 0;
  }
  const day::base::Bytes sealed = bytes.subspan(1);
  if (cipher::OldPasswordFits(sealed, kPassword, data[0])) {
    (void)cipher::DecryptOld(sealed, kPassword);
  }
  (void)cipher::DecryptAes(sealed, data[0] % 5u, kPassword, cipher::AesProof::kCheckOnly);
  (void)cipher::DecryptAes(sealed, data[0] % 5u, kPassword);
  // RAR's, with few rounds; any text as the password of a key, and the key tried.
  const std::string_view text = day::base::AsText(day::base::ClippedSlice(sealed, 0, 40));
  (void)cipher::DeriveRar5(text, sealed, data[0] % 8u, bytes);
  std::vector<std::byte> plain;
  if (size > 200) {
    const auto key = cipher::DeriveRar3(text, day::base::ClippedSlice(sealed, 0, 8));
    if (key) {
      (void)cipher::DecryptCbc(key->key, key->iv, sealed, plain);
    }
  }
  return 0;
}
