#include "libs/signatures/phishing/address_hash.h"

#include <algorithm>
#include <array>

namespace day::signatures::phishing {
namespace {

constexpr std::size_t kAddressBytesMax = 1024;
constexpr int kDecodePassesMax = 8;
constexpr std::size_t kHostEndsMax = 5;
constexpr std::size_t kPathBeginningsMax = 6;

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Unescaped(std::string text) {
  bool again = true;
  for (int pass = 0; again && pass < kDecodePassesMax; ++pass) {
    again = false;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool is_code = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                           HexValue(text[i + 2]) >= 0;
      if (!is_code) {
        out += text[i];
        continue;
      }
      const int value = HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]);
      out += static_cast<char>(value == 0 ? 1 : value);
      again = again || value == '%';
      i += 2;
    }
    text = std::move(out);
  }
  return text;
}

std::string Escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F || c == '%' || c == '#') {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 0xF]};
    } else {
      out += c;
    }
  }
  return out;
}

// A path, begun by "/", with "." and ".." followed.
std::string FollowedPath(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(0, end);
    const bool is_last = end == path.size();
    path.remove_prefix(end);
    if (part == "/.") {
      out += is_last ? "/" : "";
    } else if (part == "/..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
      out += is_last ? "/" : "";
    } else {
      out += part;
    }
  }
  return out;
}

std::vector<std::string_view> HostEnds(std::string_view host) {
  std::vector<std::string_view> ends;
  std::size_t dot = host.rfind('.');
  while (dot != std::string_view::npos && dot > 0 && ends.size() + 1 < kHostEndsMax) {
    dot = host.rfind('.', dot - 1);
    if (dot != std::string_view::npos) {
      ends.push_back(host.substr(dot + 1));
    }
  }
  ends.push_back(host);
  return ends;
}

// Of a path without its first "/".
std::vector<std::string_view> PathBeginnings(std::string_view path, std::string_view query) {
  std::vector<std::string_view> beginnings = {{}};
  for (std::size_t slash = path.find('/');
       slash != std::string_view::npos && beginnings.size() + 2 < kPathBeginningsMax;
       slash = path.find('/', slash + 1)) {
    beginnings.push_back(path.substr(0, slash + 1));
  }
  if (!path.empty() && path != beginnings.back()) {
    beginnings.push_back(path);
  }
  if (!query.empty()) {
    beginnings.push_back(query);
  }
  return beginnings;
}

}  // namespace

std::vector<std::string> HashedTexts(std::string_view address) {
  address = address.substr(0, kAddressBytesMax);
  const std::size_t scheme = address.find(':');
  if (scheme == std::string_view::npos) {
    return {};
  }
  address.remove_prefix(scheme + 1);
  address.remove_prefix(std::min(address.find_first_not_of('/'), address.size()));
  address = address.substr(0, address.find('#'));
  const std::size_t authority = address.find_first_of("/?");
  if (const std::size_t at = address.substr(0, authority).rfind('@');
      at != std::string_view::npos) {
    address.remove_prefix(at + 1);
  }
  std::string text = Unescaped(std::string(address));
  text.erase(0, std::min(text.find_first_not_of("/."), text.size()));
  const std::size_t host_end = std::min(text.find_first_of(":/?"), text.size());
  std::string host = text.substr(0, host_end);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  host = Escaped(host);
  const std::size_t path_begin = std::min(text.find_first_of("/?", host_end), text.size());
  const std::size_t query = std::min(text.find('?', path_begin), text.size());
  std::string path =
      Escaped(FollowedPath(std::string_view(text).substr(path_begin, query - path_begin)));
  path.erase(0, path.starts_with('/') ? 1u : 0u);
  const std::string whole =
      query < text.size() ? path + Escaped(std::string_view(text).substr(query)) : std::string();
  std::vector<std::string> texts;
  for (const std::string_view end : HostEnds(host)) {
    for (const std::string_view beginning : PathBeginnings(path, whole)) {
      texts.push_back(std::string(end) + "/" + std::string(beginning));
    }
  }
  return texts;
}

}  // namespace day::signatures::phishing
