// PKCS #11 URIs: what is accepted must come back from its name the same, but for its query.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libs/pkcs11/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto uri = day::pkcs11::ParseUri(text);
  if (!uri.ok()) {
    return 0;
  }
  uri->module_path.clear();
  uri->pin_value.clear();
  uri->pin_source.clear();
  const std::string name = day::pkcs11::UriName(*uri);
  const auto again = day::pkcs11::ParseUri(name);
  // Escapes may make a name longer than a URI may be.
  if (name.size() <= day::pkcs11::kUriMaxBytes && (!again.ok() || !(*again == *uri))) {
    std::abort();
  }
  return 0;
}
