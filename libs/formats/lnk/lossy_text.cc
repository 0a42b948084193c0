// LossyUtf8() and LossyUtf16() of lnk_reader.h.
#include <cstddef>
#include <cstdint>

#include "libs/formats/lnk/lnk_reader.h"

namespace day::formats::lnk {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void AppendCodePoint(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// What a first byte allows for the rest of its sequence (Unicode 15, table 3-7).
struct Lead {
  std::size_t length;  // 0: not a first byte
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Lead LeadOf(std::uint8_t byte) {
  if (byte < 0x80) {
    return {1, 0, 0};
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    return {2, 0x80, 0xBF};
  }
  if (byte == 0xE0) {
    return {3, 0xA0, 0xBF};
  }
  if (byte == 0xED) {
    return {3, 0x80, 0x9F};
  }
  if (byte >= 0xE1 && byte <= 0xEF) {
    return {3, 0x80, 0xBF};
  }
  if (byte == 0xF0) {
    return {4, 0x90, 0xBF};
  }
  if (byte >= 0xF1 && byte <= 0xF3) {
    return {4, 0x80, 0xBF};
  }
  if (byte == 0xF4) {
    return {4, 0x80, 0x8F};
  }
  return {0, 0, 0};
}

}  // namespace

std::string LossyUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  std::size_t i = 0;
  while (i < bytes.size()) {
    const Lead lead = LeadOf(static_cast<std::uint8_t>(bytes[i]));
    std::size_t good = lead.length == 0 ? 0 : 1;
    while (good > 0 && good < lead.length && i + good < bytes.size()) {
      const auto next = static_cast<std::uint8_t>(bytes[i + good]);
      const std::uint8_t low = good == 1 ? lead.second_min : 0x80;
      const std::uint8_t high = good == 1 ? lead.second_max : 0xBF;
      if (next < low || next > high) {
        break;
      }
      ++good;
    }
    if (lead.length != 0 && good == lead.length) {
      text.append(bytes.substr(i, good));
    } else {
      text.append(kReplacement);
    }
    i += good == 0 ? 1 : good;
  }
  return text;
}

std::string LossyUtf16(base::Bytes little_endian_units) {
  const std::size_t count = little_endian_units.size() / 2;
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    return base::ReadAt<std::uint16_t>(little_endian_units, 2 * i).value_or(0);
  };
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t first = unit(i);
    const bool is_high = first >= 0xD800 && first < 0xDC00;
    if (is_high && i + 1 < count && unit(i + 1) >= 0xDC00 && unit(i + 1) < 0xE000) {
      AppendCodePoint(text, 0x10000 + ((first - 0xD800) << 10) + (unit(i + 1) - 0xDC00));
      ++i;
    } else if (first >= 0xD800 && first < 0xE000) {
      text.append(kReplacement);
    } else {
      AppendCodePoint(text, first);
    }
  }
  return text;
}

}  // namespace day::formats::lnk
