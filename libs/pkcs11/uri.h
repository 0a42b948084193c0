// PKCS #11 URIs (RFC 7512): which key in which token, and how to reach it.
//
//   pkcs11:token=team;object=alice?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/pin
//
// A URI may come from a file that others wrote, so reading one is bounded and strict: at most
// kUriMaxBytes, every attribute at most once and one of those below. An unknown attribute is
// refused, where the RFC would ignore some: a misspelt one must not be overlooked. Still,
// `module-path` names code that will run and `pin-source` a file that will be read: use no URI of a
// stranger. Not supported: `module-name`, `pin-source` with a program ("|...") or a remote URI.
// Thread safety: values and functions without state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/result.h"

namespace day::pkcs11 {

constexpr std::size_t kUriMaxBytes = 4096;

// An attribute that is not there fits everything.
struct Uri {
  // The token, as it describes itself.
  std::optional<std::string> token;
  std::optional<std::string> manufacturer;
  std::optional<std::string> serial;
  std::optional<std::string> model;
  // The slot it is in.
  std::optional<std::string> slot_manufacturer;
  std::optional<std::string> slot_description;
  std::optional<std::uint64_t> slot_id;
  // The module.
  std::optional<std::string> library_manufacturer;
  std::optional<std::string> library_description;
  std::optional<std::string> library_version;  // "2.6"
  // The object in the token.
  std::optional<std::string> object;  // label
  std::optional<std::string> id;      // bytes
  std::optional<std::string> type;    // "private", "public", "cert", "secret-key", "data"
  // How to reach it; empty: not said.
  std::string module_path;  // absolute
  std::string pin_value;
  std::string pin_source;  // path of a file

  bool operator==(const Uri&) const = default;
};

// Whether `text` means to be such a URI: it begins with "pkcs11:", in any case.
bool IsUri(std::string_view text);
// Errors: kMalformed, kLimit, kUnsupported (see above); no message repeats a PIN.
base::Result<Uri> ParseUri(std::string_view text);
// The URI without its query, and so without a PIN: what messages call the key.
std::string UriName(const Uri& uri);

}  // namespace day::pkcs11
