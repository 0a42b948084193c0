// Any bytes as encrypted data, under the password that encrypts most malware.
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
  return 0;
}
