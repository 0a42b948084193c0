// Addresses of the web, as far as a client of http and https needs them (RFC 3986, RFC 9110).
//
// Refused on purpose: other schemes, user names and passwords, and any character that does not
// stand in a URL (blanks, controls, bytes above 0x7E), so that no text can smuggle a second header
// into a request. Thread safety: values and functions without state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/result.h"

namespace day::net {

enum class Scheme : std::uint8_t { kHttp, kHttps };

struct Url {
  Scheme scheme = Scheme::kHttp;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string target = "/";  // path and query, never empty; no fragment

  // "host" or "host:port", as the Host header has it.
  std::string Authority() const;
  std::string ToText() const;
};

constexpr std::size_t kUrlSizeMaxBytes = 8192;

// Errors: kMalformed; kUnsupported for other schemes; kLimit beyond kUrlSizeMaxBytes.
base::Result<Url> ParseUrl(std::string_view text);

// What a reference (a Location header) means at `base`. Errors: as ParseUrl().
base::Result<Url> ResolveUrl(const Url& base, std::string_view reference);

}  // namespace day::net
