#include "libs/unpack/mail/body_readings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "libs/unpack/mail/inline_file.h"
#include "libs/unpack/mail/mime_header.h"
#include "libs/unpack/mail/text_lines.h"

namespace day::unpack::mail {
namespace {

using std::string_view_literals::operator""sv;

// Shorter lines may be words.
constexpr std::size_t kBase64LineMin = 20;

constexpr std::array<std::uint8_t, 256> MakeBase64Table() {
  std::array<std::uint8_t, 256> table{};
  for (const char c : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"sv) {
    table[static_cast<unsigned char>(c)] = 1;
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> kIsBase64 = MakeBase64Table();

std::size_t CountBase64(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    count += kIsBase64[static_cast<unsigned char>(c)];
  }
  return count;
}

// Whether base64 may start with this line: long, of hardly anything else, and without blanks but
// at its ends.
bool IsBase64Line(std::string_view line) {
  line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
  line = line.substr(0, line.find_last_not_of('=') + 1);
  const std::size_t others = line.size() - CountBase64(line);
  return line.size() >= kBase64LineMin && others <= line.size() / kBase64LineMin &&
         line.find_first_of(kBlanks) == std::string_view::npos;
}

// From the first line of base64 on; nothing if there is none, or if it is that of a file in the
// text.
std::optional<std::string_view> FromBase64On(std::string_view text) {
  for (LineWalker lines(text); !lines.done();) {
    const std::size_t start = lines.start();
    const std::string_view line = lines.Next();
    if (IsInlineStart(line)) {
      break;
    }
    if (IsBase64Line(line)) {
      return text.substr(start);
    }
  }
  return std::nullopt;
}

// "=3D" or a soft line break.
bool HasQuotedCodes(std::string_view text) {
  for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    const std::string_view code = text.substr(at + 1, 2);
    if (code.starts_with('\n') || code.starts_with('\r') ||
        (code.size() == 2 && HexValue(code[0]) >= 0 && HexValue(code[1]) >= 0)) {
      return true;
    }
  }
  return false;
}

// Whether lines of base64 hold whole groups, but for a few that lost or gained characters.
bool HasBrokenLines(std::string_view text) {
  std::size_t whole = 0;
  std::size_t broken = 0;
  for (LineWalker lines(text); !lines.done();) {
    const std::string_view line = lines.Next();
    const std::size_t end = std::min(line.find('='), line.size());
    const std::size_t count = CountBase64(line.substr(0, end));
    const bool is_last = lines.done() || end < line.size();
    whole += count > 0 && (count % 4 == 0 || (is_last && count % 4 != 1)) ? 1 : 0;
    broken += (is_last ? count % 4 == 1 : count % 4 != 0) ? 1 : 0;
  }
  return broken > 0 && whole >= broken;
}

void AddBase64(std::string_view text, std::vector<BodyReading>& readings) {
  readings.push_back({text, Encoding::kBase64, Padding::kEndsData});
  if (HasDataBehindPadding(text)) {
    readings.push_back({text, Encoding::kBase64, Padding::kEndsGroup});
    readings.push_back({text, Encoding::kBase64, Padding::kIsJunk});
  }
  if (HasBrokenLines(text)) {
    readings.push_back({text, Encoding::kBase64, Padding::kEndsLine});
  }
}

// Also misspelt ones: what is meant is clear.
Encoding EncodingOf(std::string_view token) {
  const auto has = [token](std::string_view word) { return token.find(word) != token.npos; };
  return has("base") || token.ends_with("64")     ? Encoding::kBase64
         : has("quoted") || has("printable")      ? Encoding::kQuotedPrintable
         : has("uu") || token.ends_with("encode") ? Encoding::kUuencode
                                                  : Encoding::kNone;
}

bool IsPlain(std::string_view token) {
  return token.starts_with("7") || token.starts_with("8") || token.starts_with("binary");
}

}  // namespace

std::vector<BodyReading> ReadingsOf(std::string_view body, const std::vector<std::string>& declared,
                                    Guess guess) {
  std::vector<Encoding> encodings;
  bool is_plain = false;
  for (const std::string& field : declared) {
    const std::string token = FirstToken(field);
    const Encoding encoding = EncodingOf(token);
    is_plain |= IsPlain(token);
    if (std::find(encodings.begin(), encodings.end(), encoding) == encodings.end()) {
      encodings.push_back(encoding);
    }
  }
  if (encodings.empty()) {
    encodings.push_back(Encoding::kNone);
  }
  std::vector<BodyReading> readings;
  for (const Encoding encoding : encodings) {
    if (encoding == Encoding::kBase64) {
      AddBase64(body, readings);
    } else {
      readings.push_back({body, encoding, Padding::kEndsData});
    }
  }
  if (encodings.size() == 1 && encodings[0] == Encoding::kNone &&
      (guess == Guess::kAlways || (guess == Guess::kUnlessPlain && !is_plain))) {
    if (const auto text = FromBase64On(body)) {
      AddBase64(*text, readings);
    }
    if (!declared.empty() && !is_plain && HasQuotedCodes(body)) {
      readings.push_back({body, Encoding::kQuotedPrintable, Padding::kEndsData});
    }
  }
  return readings;
}

namespace {

// Where the line with this place starts.
std::size_t LineStart(std::string_view text, std::size_t at) {
  const std::size_t end = text.substr(0, at).find_last_of("\r\n");
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

std::vector<std::string_view> HeadersIn(std::string_view body, std::size_t count_max) {
  std::vector<std::size_t> starts;
  std::size_t fields = body.npos;  // where those in front of this line start
  for (LineWalker lines(body); !lines.done() && starts.size() < count_max;) {
    if (fields == body.npos) {  // bodies are mostly lines without a colon
      const std::size_t colon = body.find(':', lines.start());
      if (colon == body.npos) {
        break;
      }
      lines = LineWalker(body, std::max(lines.start(), LineStart(body, colon)));
    }
    const std::size_t start = lines.start();
    const std::string_view line = lines.Next();
    if (!IsFieldLine(line)) {
      const bool is_folded = !line.empty() && kBlanks.find(line[0]) != std::string_view::npos;
      fields = is_folded ? fields : body.npos;
      continue;
    }
    fields = fields == body.npos ? start : fields;
    if (IsEncodingField(line.substr(0, line.find(':')))) {
      starts.push_back(fields);
      fields = body.npos;
    }
  }
  std::vector<std::string_view> headers;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : body.size();
    headers.push_back(body.substr(starts[i], end - starts[i]));
  }
  return headers;
}

}  // namespace day::unpack::mail
