#include "libs/unpack/script/decode.h"

#include <algorithm>
#include <array>

namespace day::unpack::script {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint8_t kNoDigit = 64;

constexpr std::array<std::uint8_t, 256> Base64Table() {
  std::array<std::uint8_t, 256> table{};
  for (std::uint8_t& value : table) {
    value = kNoDigit;
  }
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  table['-'] = 62;  // the alphabet for URLs
  table['_'] = 63;
  return table;
}

constexpr std::array<std::uint8_t, 256> kBase64 = Base64Table();

// The number in `count` hexadecimal digits at `at`, or -1.
int HexNumber(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) {
    return -1;
  }
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = HexValue(text[at + i]);
    if (digit < 0) {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

constexpr std::array<std::int8_t, 256> HexTable() {
  std::array<std::int8_t, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    const std::size_t letter = (c | 0x20) - 'a';
    table[c] = letter < 6 ? static_cast<std::int8_t>(letter + 10) : std::int8_t{-1};
  }
  for (std::size_t digit = 0; digit < 10; ++digit) {
    table['0' + digit] = static_cast<std::int8_t>(digit);
  }
  return table;
}
constexpr std::array<std::int8_t, 256> kHexValues = HexTable();

// Starts of files that are hidden in scripts.
constexpr std::string_view kMagics[] = {
    "MZ"sv,
    "PK\x03\x04"sv,
    "\x7F"
    "ELF"sv,
    "%PDF-"sv,
    "\x1F\x8B\x08"sv,
    "\xD0\xCF\x11\xE0"sv,
    "Rar!"sv,
    "7z\xBC\xAF"sv,
    "MSCF"sv,
    "{\\rt"sv,
    "CWS"sv,
    "FWS"sv,
    "\xCA\xFE\xBA\xBE"sv,
    "L\0\0\0\x01\x14"sv,
};

}  // namespace

int HexValue(char c) { return kHexValues[static_cast<unsigned char>(c)]; }

bool IsWord(std::string_view text, std::string_view word) {
  return text.size() == word.size() && StartsWithWord(text, word);
}

bool StartsWithWord(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == Lower(b); });
}

void AppendCharacter(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x100) {
    put(code);  // as a byte: programs are written out this way
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else {
    put(0xE0 | (code >> 12 & 0xF));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::string Unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const bool wide = i + 1 < text.size() && Lower(text[i + 1]) == 'u';
    const int code = wide ? HexNumber(text, i + 2, 4) : HexNumber(text, i + 1, 2);
    if (code < 0) {
      out += text[i];
      continue;
    }
    AppendCharacter(static_cast<std::uint32_t>(code), out);
    i += wide ? 5 : 2;
  }
  return out;
}

std::string DecodeBase64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::uint8_t digit = kBase64[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) {
      if (c == '=') {
        bits = 0;
        count = 0;
      }
      continue;
    }
    bits = bits << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return out;
}

std::string DecodeHex(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 2);
  int high = -1;
  for (const char c : text) {
    const int digit = HexValue(c);
    if (digit < 0) {
      continue;
    }
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return out;
}

std::string Rot13(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const char lower = Lower(c);
    if (lower >= 'a' && lower <= 'z') {
      c = static_cast<char>(lower < 'n' ? c + 13 : c - 13);
    }
  }
  return out;
}

std::string Utf16ToUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    AppendCharacter(static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]) |
                                               static_cast<unsigned char>(bytes[i + 1]) << 8),
                    out);
  }
  return out;
}

std::optional<std::string> FromUtf16(std::string_view bytes) {
  constexpr std::size_t kSample = 64;
  const std::size_t sample = std::min(bytes.size() / 2, kSample);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < sample; ++i) {
    zeros += bytes[2 * i + 1] == '\0' && bytes[2 * i] != '\0' ? 1U : 0U;
  }
  if (sample < 4 || zeros * 10 < sample * 9) {
    return std::nullopt;
  }
  return Utf16ToUtf8(bytes);
}

bool IsMeaningful(std::string_view bytes) {
  constexpr std::size_t kSample = 256;
  constexpr std::size_t kTextMin = 12;
  for (const std::string_view magic : kMagics) {
    if (bytes.starts_with(magic)) {
      return true;
    }
  }
  const std::string_view sample = bytes.substr(0, kSample);
  const auto printable = static_cast<std::size_t>(std::count_if(
      sample.begin(), sample.end(), [](char c) { return IsBlank(c) || (c >= ' ' && c <= '~'); }));
  return bytes.size() >= kTextMin && printable * 100 >= sample.size() * 95;
}

}  // namespace day::unpack::script
