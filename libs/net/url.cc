#include "libs/net/url.h"

#include <algorithm>
#include <charconv>

namespace day::net {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint16_t kPortHttp = 80;
constexpr std::uint16_t kPortHttps = 443;

base::Error Malformed(const char* what) { return MakeError(ErrorKind::kMalformed, what); }

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool StartsWithScheme(std::string_view text, std::string_view scheme) {
  return text.size() >= scheme.size() && EqualsIgnoringCase(text.substr(0, scheme.size()), scheme);
}

base::Status CheckHost(std::string_view host, bool bracketed) {
  const std::string_view extra = bracketed ? ":." : "-._";
  const bool known = std::all_of(host.begin(), host.end(), [&](char c) {
    return IsAlphanumeric(c) || extra.find(c) != std::string_view::npos;
  });
  if (host.empty() || host.size() > 253 || !known) {
    return Malformed("a URL without a proper host");
  }
  return base::OkStatus();
}

// Splits "host", "host:port", "[v6]", "[v6]:port".
base::Status ParseAuthority(std::string_view text, Url* url) {
  if (text.find('@') != std::string_view::npos) {
    return Malformed("a URL with a user name");
  }
  std::string_view host = text;
  std::string_view port;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return Malformed("a URL without a proper host");
    }
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  DAY_TRY(CheckHost(host, bracketed));
  url->host = host;
  if (!port.empty()) {
    const char* first = port.data() + 1;
    const char* last = port.data() + port.size();
    const auto [end, error] = std::from_chars(first, last, url->port);
    if (port[0] != ':' || error != std::errc() || end != last || url->port == 0) {
      return Malformed("a URL without a proper port");
    }
  }
  return base::OkStatus();
}

}  // namespace

std::string Url::Authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + host + "]" : host;
  if (port != (scheme == Scheme::kHttps ? kPortHttps : kPortHttp)) {
    out += ":" + std::to_string(port);
  }
  return out;
}

std::string Url::ToText() const {
  return (scheme == Scheme::kHttps ? "https://" : "http://") + Authority() + target;
}

base::Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kUrlSizeMaxBytes) {
    return MakeError(ErrorKind::kLimit, "a URL of more than 8192 bytes");
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= 0x20 || c >= 0x7F; })) {
    return Malformed("a URL with a character that does not belong there");
  }
  Url url;
  if (StartsWithScheme(text, "https://")) {
    url.scheme = Scheme::kHttps;
    url.port = kPortHttps;
    text.remove_prefix(8);
  } else if (StartsWithScheme(text, "http://")) {
    text.remove_prefix(7);
  } else {
    return MakeError(ErrorKind::kUnsupported, "a URL that is neither http nor https");
  }
  text = text.substr(0, text.find('#'));
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  DAY_TRY(ParseAuthority(text.substr(0, end), &url));
  const std::string_view target = text.substr(end);
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

base::Result<Url> ResolveUrl(const Url& base, std::string_view reference) {
  const std::size_t colon = reference.find(':');
  const bool absolute = colon != std::string_view::npos && colon < reference.find_first_of("/?#");
  if (absolute) {
    return ParseUrl(reference);
  }
  if (reference.starts_with("//")) {
    return ParseUrl((base.scheme == Scheme::kHttps ? "https:" : "http:") + std::string(reference));
  }
  Url origin = base;
  origin.target.clear();
  const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string target;
  if (reference.starts_with('/')) {
    target = reference;
  } else if (reference.starts_with('?') || reference.empty()) {
    target = std::string(path) + std::string(reference);
  } else {
    target = std::string(path.substr(0, path.rfind('/') + 1)) + std::string(reference);
  }
  return ParseUrl(origin.ToText() + target);
}

}  // namespace day::net
