#include "libs/unpack/mail/inline_file.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/mail/mime_header.h"
#include "libs/unpack/mail/text_lines.h"

namespace day::unpack::mail {
namespace {

constexpr std::string_view kBinHexLine = "(This file must be converted with BinHex";

// Room for BinHex's run lengths beyond the size of its text: 3 bytes may become 255.
constexpr std::uint64_t kRunLengthRatioMax = 86;

bool IsUuCharacter(char c) { return c >= ' ' && c <= '`'; }
unsigned UuValue(char c) { return (static_cast<unsigned char>(c) - 0x20u) & 0x3F; }

// Whether the line can be one of uuencode: its first character says how many bytes the others hold.
// Blanks at its end may have been stripped, there may be a checksum, and a few characters may be
// damaged; then a line may also be too long.
bool IsUuLine(std::string_view line) {
  constexpr std::size_t kShortMax = 8;
  line = line.substr(0, line.find('\0'));
  if (line.empty() || !IsUuCharacter(line[0])) {
    return false;
  }
  const auto damaged = static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return !IsUuCharacter(c); }));
  const std::size_t full = (UuValue(line[0]) + 2) / 3 * 4;
  return (line.size() <= full + 2 || full > kShortMax) && (full == 0 || line.size() > 1) &&
         damaged <= line.size() / kShortMax;
}

// "begin 644 name", "begin-base64 644 name": the name, if the line is that.
std::optional<std::string_view> NameInBegin(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) {
    return std::nullopt;
  }
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::size_t mode = std::min(line.find_first_not_of("0123456789"), line.size());
  if (mode < 3 || mode > 6 || mode == line.size() ||
      kBlanks.find(line[mode]) == std::string_view::npos) {
    return std::nullopt;
  }
  line.remove_prefix(mode + 1);
  return line;
}

// The word behind "key=" in a line of yEnc; a name reaches to the end of the line.
std::string_view YencValue(std::string_view line, std::string_view key) {
  const std::size_t found = line.find(key);
  if (found == std::string_view::npos) {
    return {};
  }
  line.remove_prefix(found + key.size());
  return key == " name=" ? line : line.substr(0, line.find(' '));
}

// Finds the line that ends a file, and leaves the walker behind it.
template <typename IsEnd, typename IsNext>
void TakeLines(std::string_view text, LineWalker& lines, InlineFile& file, IsEnd is_end,
               IsNext is_next) {
  const std::size_t begin = lines.start();
  std::size_t end = text.size();
  while (!lines.done()) {
    const LineWalker before = lines;
    const std::string_view line = lines.Next();
    if (is_end(line)) {
      file.has_end = true;
      file.trailer = line;
      end = before.start();
      break;
    }
    if (is_next(line)) {
      end = before.start();
      lines = before;
      break;
    }
  }
  file.data = text.substr(begin, end - begin);
}

// The line that starts with a colon must come soon.
bool FindBinHexData(std::string_view text, LineWalker& lines, InlineFile& file) {
  constexpr int kLinesBetweenMax = 10;
  LineWalker ahead = lines;
  for (int i = 0; i < kLinesBetweenMax && !ahead.done(); ++i) {
    const std::size_t start = ahead.start();
    if (ahead.Next().starts_with(':')) {
      const std::size_t end = std::min(text.find(':', start + 1), text.size());
      file.kind = InlineFile::Kind::kBinHex;
      file.has_end = end < text.size();
      file.data = text.substr(start + 1, end - start - 1);
      lines = LineWalker(text, std::min(end + 1, text.size()));
      return true;
    }
  }
  return false;
}

void DecodeUu(std::string_view text, Sink& sink) {
  for (LineWalker lines(text); !lines.done() && !sink.full();) {
    const std::string_view line = lines.Next();
    if (!IsUuLine(line)) {
      continue;
    }
    const unsigned size = UuValue(line[0]);
    const auto at = [line](std::size_t i) { return i < line.size() ? UuValue(line[i]) : 0u; };
    for (unsigned done = 0; done < size; done += 3) {
      const std::size_t group = 1 + done / 3 * 4;
      const unsigned bits =
          (at(group) << 18) | (at(group + 1) << 12) | (at(group + 2) << 6) | at(group + 3);
      for (unsigned i = 0; i < 3 && done + i < size; ++i) {
        sink.Put((bits >> (16 - 8 * i)) & 0xFF);
      }
    }
  }
}

void DecodeYenc(std::string_view text, Sink& sink) {
  bool escaped = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r' || c == '\n') {
      continue;
    }
    if (!escaped && c == '=') {
      escaped = true;
      continue;
    }
    if (!sink.Put((byte - 42u - (escaped ? 64u : 0u)) & 0xFF)) {
      return;
    }
    escaped = false;
  }
}

// "=ypart begin=1 end=100" may be the first line.
std::string_view WithoutPartLine(std::string_view data) {
  LineWalker lines(data);
  if (data.starts_with("=ypart ")) {
    lines.Next();
    data.remove_prefix(lines.start());
  }
  return data;
}

// The checksum is of the part if there are parts.
bool HasWrongYencSum(std::string_view trailer, base::Bytes content) {
  std::string_view text = YencValue(trailer, " pcrc32=");
  if (text.empty() && YencValue(trailer, " part=").empty()) {
    text = YencValue(trailer, " crc32=");
  }
  std::uint32_t sum = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sum, 16);
  return error == std::errc{} && sum != inflate::Crc32(content);
}

constexpr std::array<std::int8_t, 256> MakeBinHexValues() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet =
      "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> kBinHexValues = MakeBinHexValues();

// Runs of equal bytes: a byte, 0x90, how often in all. 0x90 0 is 0x90 itself.
class RunLength {
 public:
  bool Add(unsigned byte, Sink& sink) {
    if (!in_run_) {
      if (byte == kMark) {
        in_run_ = true;
        return true;
      }
      last_ = byte;
      return sink.Put(byte);
    }
    in_run_ = false;
    if (byte == 0) {
      last_ = kMark;
      return sink.Put(kMark);
    }
    for (unsigned i = 1; i < byte; ++i) {
      if (!sink.Put(last_)) {
        return false;
      }
    }
    return true;
  }

 private:
  static constexpr unsigned kMark = 0x90;
  bool in_run_ = false;
  unsigned last_ = 0;
};

void DecodeBinHexText(std::string_view text, Sink& sink) {
  RunLength runs;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = kBinHexValues[static_cast<unsigned char>(c)];
    if (value < 0) {
      continue;
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      if (!runs.Add((bits >> count) & 0xFF, sink)) {
        return;
      }
    }
  }
}

// CRC-16 of CCITT (0x1021), as RFC 1741 has it: with two zero bytes in the checksum's place.
std::uint16_t BinHexSum(base::Bytes bytes) {
  std::uint32_t crc = 0;
  const auto add = [&crc](std::uint32_t byte) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool carry = (crc & 0x8000) != 0;
      crc = ((crc << 1) | ((byte >> bit) & 1)) & 0xFFFF;
      crc ^= carry ? 0x1021u : 0u;
    }
  };
  for (const std::byte byte : bytes) {
    add(std::to_integer<std::uint32_t>(byte));
  }
  add(0);
  add(0);
  return static_cast<std::uint16_t>(crc);
}

// Takes a fork and checks its checksum.
base::Bytes TakeFork(base::Bytes all, std::uint64_t offset, std::uint64_t size, std::string& gap) {
  const base::Bytes fork = base::ClippedSlice(all, offset, size);
  const auto sum = base::ReadAt<std::uint16_t>(all, offset + size, base::Endian::kBig);
  if (!sum) {
    gap = "damaged: the BinHex data ends too early";
  } else if (gap.empty() && *sum != BinHexSum(fork)) {
    gap = "damaged: wrong checksum";
  }
  return fork;
}

void ReadForks(base::Bytes all, InlineContent& content) {
  constexpr std::uint64_t kSizesBehindName = 1 + 4 + 4 + 2;  // version, type, creator, flags
  const std::uint64_t name_size = base::ReadAt<std::uint8_t>(all, 0).value_or(0);
  content.name = std::string(base::AsText(base::ClippedSlice(all, 1, name_size)));
  const std::uint64_t sizes = 1 + name_size + kSizesBehindName;
  const auto data_size = base::ReadAt<std::uint32_t>(all, sizes, base::Endian::kBig);
  const auto resource_size = base::ReadAt<std::uint32_t>(all, sizes + 4, base::Endian::kBig);
  if (!data_size || !resource_size) {
    content.data = all;
    content.gap = "damaged: the BinHex data ends too early";
    return;
  }
  const std::uint64_t data = sizes + 8 + 2;
  content.data = TakeFork(all, data, *data_size, content.gap);
  const std::uint64_t resource = data + *data_size + 2;
  content.resource = TakeFork(all, resource, *resource_size, content.gap);
}

}  // namespace

bool IsInlineStart(std::string_view line) {
  return NameInBegin(line, "begin ").has_value() ||
         NameInBegin(line, "begin-base64 ").has_value() || line.starts_with("=ybegin ") ||
         line.starts_with(kBinHexLine);
}

std::optional<InlineFile> FindInlineFile(std::string_view text, std::size_t& at) {
  LineWalker lines(text, at);
  while (!lines.done()) {
    const std::string_view line = lines.Next();
    InlineFile file;
    bool found = false;
    if (line.starts_with("begin")) {
      if (const auto name = NameInBegin(line, "begin ")) {
        LineWalker ahead = lines;
        if (!ahead.done() && IsUuLine(ahead.Next())) {
          file.name = *name;
          TakeLines(
              text, lines, file, [](std::string_view l) { return l.starts_with("end"); },
              IsInlineStart);
          found = true;
        }
      } else if (const auto name64 = NameInBegin(line, "begin-base64 ")) {
        file.kind = InlineFile::Kind::kBase64;
        file.name = *name64;
        TakeLines(
            text, lines, file, [](std::string_view l) { return l.starts_with("===="); },
            IsInlineStart);
        found = true;
      }
    } else if (line.starts_with("=ybegin ")) {
      file.kind = InlineFile::Kind::kYenc;
      file.name = YencValue(line, " name=");
      TakeLines(
          text, lines, file, [](std::string_view l) { return l.starts_with("=yend"); },
          IsInlineStart);
      found = true;
    } else if (line.starts_with(kBinHexLine)) {
      found = FindBinHexData(text, lines, file);
    }
    if (found) {
      at = lines.start();
      return file;
    }
  }
  at = text.size();
  return std::nullopt;
}

InlineContent DecodeInline(const InlineFile& file, std::uint64_t room, inflate::OutputBuffer& out) {
  const std::size_t begin = out.size();
  const bool is_binhex = file.kind == InlineFile::Kind::kBinHex;
  InlineContent content;
  {
    Sink sink(file.data.size() * (is_binhex ? kRunLengthRatioMax : 1) + 3, room, out);
    switch (file.kind) {
      case InlineFile::Kind::kUuencode:
        DecodeUu(file.data, sink);
        break;
      case InlineFile::Kind::kBase64:
        DecodeBase64(file.data, Padding::kEndsGroup, sink);
        break;
      case InlineFile::Kind::kYenc:
        DecodeYenc(WithoutPartLine(file.data), sink);
        break;
      case InlineFile::Kind::kBinHex:
        DecodeBinHexText(file.data, sink);
        break;
    }
    content.cut = sink.full();
  }
  content.data = out.bytes().subspan(begin);
  if (is_binhex) {
    ReadForks(content.data, content);
  } else if (file.kind == InlineFile::Kind::kYenc && HasWrongYencSum(file.trailer, content.data)) {
    content.gap = "damaged: wrong checksum";
  }
  if (!file.has_end) {
    content.gap = "damaged: the encoded file has no end";
  }
  return content;
}

void DecodeUuencodedLines(std::string_view text, Sink& sink) { DecodeUu(text, sink); }

}  // namespace day::unpack::mail
