#include "libs/unpack/mail/transfer.h"

#include <algorithm>
#include <array>

#include "libs/unpack/mail/text_lines.h"

namespace day::unpack::mail {
namespace {

// In the table of values: no character of base64. The padding has its own mark.
constexpr std::uint8_t kJunk = 0x40;
constexpr std::uint8_t kPad = 0x41;

constexpr std::array<std::uint8_t, 256> MakeValues() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kJunk);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  values[static_cast<unsigned char>('=')] = kPad;
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = MakeValues();

std::uint8_t ValueOf(char c) { return kValues[static_cast<unsigned char>(c)]; }

// The bits that have come together since the last whole group of four characters.
class Group {
 public:
  // False if the sink is full.
  bool Add(std::uint8_t value, Sink& sink) {
    bits_ = (bits_ << 6) | value;
    if (++count_ < 4) {
      return true;
    }
    count_ = 0;
    return sink.Put((bits_ >> 16) & 0xFF) && sink.Put((bits_ >> 8) & 0xFF) &&
           sink.Put(bits_ & 0xFF);
  }
  // Puts the bytes of a group that ends early.
  void End(Sink& sink) {
    const std::uint32_t bits = bits_ << (6 * (4 - count_));
    if (count_ >= 2 && sink.Put((bits >> 16) & 0xFF) && count_ == 3) {
      sink.Put((bits >> 8) & 0xFF);
    }
    count_ = 0;
  }
  void Drop() { count_ = 0; }
  bool empty() const { return count_ == 0; }

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
};

// Whole groups without anything between them: nearly all of a real text. Returns how many
// characters were read.
std::size_t DecodeRun(std::string_view text, Sink& sink) {
  std::size_t at = 0;
  while (at + 4 <= text.size()) {
    const std::uint32_t a = ValueOf(text[at]);
    const std::uint32_t b = ValueOf(text[at + 1]);
    const std::uint32_t c = ValueOf(text[at + 2]);
    const std::uint32_t d = ValueOf(text[at + 3]);
    if (((a | b | c | d) & kJunk) != 0) {
      break;
    }
    const std::uint32_t bits = (a << 18) | (b << 12) | (c << 6) | d;
    at += 4;
    if (!sink.Put(bits >> 16) || !sink.Put((bits >> 8) & 0xFF) || !sink.Put(bits & 0xFF)) {
      break;
    }
  }
  return at;
}

}  // namespace

Sink::Sink(std::uint64_t needed_max, std::uint64_t room, inflate::OutputBuffer& out) : out_(out) {
  const auto size = static_cast<std::size_t>(std::min(needed_max, room));
  if (size > 0 && out.Reserve(size)) {
    space_ = out.free().first(size);
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void DecodeBase64(std::string_view text, Padding padding, Sink& sink) {
  Group group;
  for (std::size_t at = 0; at < text.size() && !sink.full();) {
    if (group.empty()) {
      at += DecodeRun(text.substr(at), sink);
      if (at >= text.size()) {
        break;
      }
    }
    const std::uint8_t value = ValueOf(text[at++]);
    if (value < kJunk) {
      if (!group.Add(value, sink)) {
        return;
      }
    } else if (value == kPad && padding != Padding::kIsJunk) {
      group.End(sink);
      if (padding == Padding::kEndsData) {
        return;
      }
    } else if (padding == Padding::kEndsLine && text[at - 1] == '\n') {
      group.Drop();
    }
  }
  group.End(sink);
}

bool HasDataBehindPadding(std::string_view text) {
  const std::size_t pad = std::min(text.find('='), text.size());
  return std::any_of(text.begin() + static_cast<std::ptrdiff_t>(pad), text.end(),
                     [](char c) { return ValueOf(c) < kJunk; });
}

void DecodeQuotedPrintable(std::string_view text, Sink& sink) {
  // Whether the line, or the text, ends at `at`.
  const auto ends_at = [text](std::size_t at) {
    return at >= text.size() || text[at] == '\n' || text[at] == '\r';
  };
  for (std::size_t at = 0; at < text.size() && !sink.full();) {
    const char c = text[at];
    if (c == '=') {
      const int high = at + 1 < text.size() ? HexValue(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? HexValue(text[at + 2]) : -1;
      if (high >= 0 && low >= 0) {
        sink.Put(static_cast<unsigned>(high * 16 + low));
        at += 3;
        continue;
      }
      const std::size_t next = std::min(text.find_first_not_of(kBlanks, at + 1), text.size());
      if (ends_at(next)) {
        const bool is_crlf = next + 1 < text.size() && text[next] == '\r' && text[next + 1] == '\n';
        at = next + (is_crlf ? 2 : 1);
        continue;
      }
    } else if (c == ' ' || c == '\t') {
      const std::size_t next = std::min(text.find_first_not_of(kBlanks, at), text.size());
      for (; at < next && !ends_at(next); ++at) {
        sink.Put(static_cast<unsigned char>(text[at]));
      }
      at = next;
      continue;
    }
    sink.Put(static_cast<unsigned char>(c));
    ++at;
  }
}

}  // namespace day::unpack::mail
