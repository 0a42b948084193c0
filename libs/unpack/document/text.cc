#include "libs/unpack/document/text.h"

#include <algorithm>
#include <optional>

namespace day::unpack::document {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

std::string Utf16(base::Bytes text, std::size_t units_max, bool stops_at_zero) {
  std::string out;
  const std::size_t units = std::min(text.size() / 2, units_max);
  out.reserve(units);
  for (std::size_t i = 0; i < units; ++i) {
    const std::uint32_t unit = base::ReadAt<std::uint16_t>(text, 2 * i).value_or(0);
    if (unit == 0 && stops_at_zero) {
      break;
    }
    if (unit < 0xD800 || unit > 0xDFFF) {
      AppendUtf8(unit, out);
      continue;
    }
    const std::uint32_t low =
        i + 1 < units ? base::ReadAt<std::uint16_t>(text, 2 * i + 2).value_or(0) : 0;
    if (unit < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF) {
      AppendUtf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out);
      ++i;
    } else {
      AppendUtf8(kReplacement, out);
    }
  }
  return out;
}

}  // namespace

void AppendUtf8(std::uint32_t code_point, std::string& out) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
    code_point = kReplacement;
  }
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xC0 | (code_point >> 6));
    add(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    add(0xE0 | (code_point >> 12));
    add(0x80 | ((code_point >> 6) & 0x3F));
    add(0x80 | (code_point & 0x3F));
  } else {
    add(0xF0 | (code_point >> 18));
    add(0x80 | ((code_point >> 12) & 0x3F));
    add(0x80 | ((code_point >> 6) & 0x3F));
    add(0x80 | (code_point & 0x3F));
  }
}

std::string Utf16UpToZero(base::Bytes text, std::size_t units_max) {
  return Utf16(text, units_max, true);
}

std::string Utf16ToUtf8(base::Bytes text) { return Utf16(text, text.size(), false); }

std::string Latin1UpToZero(base::Bytes text) {
  std::string out;
  for (const std::byte byte : text) {
    if (byte == std::byte{0}) {
      break;
    }
    AppendUtf8(std::to_integer<std::uint32_t>(byte), out);
  }
  return out;
}

std::string_view FileNameOf(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace day::unpack::document
