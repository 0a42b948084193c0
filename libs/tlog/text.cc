#include "libs/tlog/text.h"

#include <cstring>

#include "libs/base/base64.h"

namespace day::tlog {

std::optional<std::uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + static_cast<std::uint64_t>(c - '0');  // 19 digits stay below 2^64
  }
  return value <= kTreeSizeMax ? std::optional(value) : std::nullopt;
}

std::optional<Hash> ParseHash(std::string_view text) {
  if (text.size() != base::Base64Size(sizeof(Hash))) {
    return std::nullopt;
  }
  const std::optional<std::string> bytes = base::DecodeBase64(text);
  if (!bytes || bytes->size() != sizeof(Hash)) {
    return std::nullopt;
  }
  Hash hash;
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

std::string HashText(const Hash& hash) { return base::EncodeBase64(hash); }

std::optional<std::string_view> TakeLine(std::string_view* text) {
  const std::size_t end = text->find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end + 1);
  return line;
}

}  // namespace day::tlog
