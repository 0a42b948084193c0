// Public keys as a token may tell them. What is accepted must be a key that can be written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libs/pkcs11/public_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view params = rest.substr(0, data[1]);
  const auto key = day::pkcs11::ReadPublicKey(data[0], params, rest.substr(params.size()));
  if (key.ok() && !day::crypto::PublicKey::FromPem(key->ToPem()).ok()) {
    std::abort();
  }
  return 0;
}
