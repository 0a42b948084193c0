#include "libs/unpack/mail/mime_header.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "libs/unpack/mail/text_lines.h"
#include "libs/unpack/mail/transfer.h"

namespace day::unpack::mail {
namespace {

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string LowerCopy(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

// Where the comment that starts at `at` ends. An unclosed one ends with the text.
std::size_t CommentEnd(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '(') {
      ++depth;
    } else if (text[at] == ')' && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t SkipBlanksAndComments(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '(') {
      at = CommentEnd(text, at);
    } else if (kBlanks.find(text[at]) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

// A quoted string from behind its opening quote, backslashes taken out; moves `at` behind the
// closing quote, or to the end.
std::string Unquote(std::string_view text, std::size_t& at) {
  std::string value;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      ++at;
    }
    value += text[at];
  }
  at = std::min(at + 1, text.size());
  return value;
}

struct Parameter {
  std::string name;   // lower case, as written: "filename*0*"
  std::string value;  // without quotes
};

std::vector<Parameter> ReadParameters(std::string_view field) {
  std::vector<Parameter> parameters;
  std::size_t at = std::min(field.find(';'), field.size());
  while (at < field.size() && parameters.size() < kParametersMax) {
    if (field[at] == ';') {
      ++at;
    }
    at = SkipBlanksAndComments(field, at);
    const std::size_t name_end = std::min(field.find_first_of("=;( \t", at), field.size());
    Parameter parameter{LowerCopy(field.substr(at, name_end - at)), {}};
    at = SkipBlanksAndComments(field, name_end);
    if (at >= field.size() || field[at] != '=') {
      continue;
    }
    at = SkipBlanksAndComments(field, at + 1);
    if (at < field.size() && field[at] == '"') {
      parameter.value = Unquote(field, ++at);
    } else {
      const std::size_t end = std::min(field.find_first_of("; \t(", at), field.size());
      parameter.value = field.substr(at, end - at);
      at = end;
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::string Utf8FromLatin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string FromCharset(std::string_view charset, std::string text) {
  return StartsWithWord(charset, "iso-8859-1") || StartsWithWord(charset, "windows-1252")
             ? Utf8FromLatin1(text)
             : text;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "utf-8'en'caf%C3%A9", of RFC 2231. The two quotes may be missing.
std::string DecodeExtended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) {
    return PercentDecode(value);
  }
  return FromCharset(value.substr(0, first), PercentDecode(value.substr(second + 1)));
}

// One piece of a parameter that is written in several: "filename*3*".
struct Piece {
  std::size_t number = 0;
  bool is_extended = false;
  std::string_view value;
};

// The piece that `parameter` is of `name`, if it is one.
std::optional<Piece> AsPiece(const Parameter& parameter, std::string_view name) {
  std::string_view rest = parameter.name;
  if (!rest.starts_with(name) || rest.size() <= name.size() + 1 || rest[name.size()] != '*') {
    return std::nullopt;
  }
  rest.remove_prefix(name.size() + 1);
  Piece piece;
  piece.value = parameter.value;
  piece.is_extended = rest.ends_with('*');
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), piece.number);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  return piece;
}

// Pieces are joined first: the charset stands in the first one, for all.
std::string JoinPieces(std::vector<Piece>& pieces) {
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.number < b.number; });
  std::string joined;
  bool is_extended = false;
  for (const Piece& piece : pieces) {
    joined += piece.value;
    is_extended |= piece.is_extended;
  }
  return is_extended ? DecodeExtended(joined) : joined;
}

// An encoded word at the start of `text`, decoded; `size` becomes the size of what is done with.
std::optional<std::string> DecodeWord(std::string_view text, std::size_t& size) {
  if (!text.starts_with("=?")) {
    return std::nullopt;
  }
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 3 > text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const char kind = Lower(text[charset_end + 1]);
  if (kind != 'b' && kind != 'q') {
    return std::nullopt;
  }
  const std::size_t end = text.find("?=", charset_end + 3);
  if (end == std::string_view::npos) {
    size = text.size();  // no word can end behind it either
    return std::nullopt;
  }
  const std::string_view encoded = text.substr(charset_end + 3, end - charset_end - 3);
  inflate::OutputBuffer buffer;
  {
    Sink sink(encoded.size() + 3, kFieldBytesMax, buffer);
    if (kind == 'b') {
      DecodeBase64(encoded, Padding::kEndsGroup, sink);
    } else {
      DecodeQuotedPrintable(encoded, sink);
    }
  }
  size = end + 2;
  std::string word(base::AsText(buffer.bytes()));
  if (kind == 'q') {
    std::replace(word.begin(), word.end(), '_', ' ');
  }
  return FromCharset(text.substr(2, charset_end - 2), std::move(word));
}

void AddBoundary(std::string_view value, std::vector<std::string>& boundaries, bool& limit_hit) {
  const std::string_view boundary = value.substr(0, value.find_last_not_of(kBlanks) + 1);
  if (boundary.empty() ||
      std::find(boundaries.begin(), boundaries.end(), boundary) != boundaries.end()) {
    return;
  }
  if (boundary.size() > kBoundaryBytesMax || boundaries.size() >= kBoundariesMax) {
    limit_hit = true;
    return;
  }
  boundaries.emplace_back(boundary);
}

// The values that may stand behind "boundary=".
void AddReadings(std::string_view value, std::vector<std::string>& boundaries, bool& limit_hit) {
  if (value.starts_with('"')) {
    std::size_t at = 1;
    AddBoundary(Unquote(value, at), boundaries, limit_hit);
    AddBoundary(value.substr(1, value.find('"', 1) - 1), boundaries, limit_hit);
    return;
  }
  AddBoundary(value.substr(0, value.find_first_of("; \t(,\"")), boundaries, limit_hit);
  AddBoundary(value.substr(0, value.find_first_of("; \t")), boundaries, limit_hit);
  AddBoundary(value.substr(0, value.find(';')), boundaries, limit_hit);
  if (value.starts_with('\'')) {
    AddBoundary(value.substr(1, value.find('\'', 1) - 1), boundaries, limit_hit);
  }
}

// Every "boundary =" wherever it stands: behind a missing semicolon, in quotes, in a comment.
void AddWritten(std::string_view field, std::vector<std::string>& boundaries, bool& limit_hit) {
  constexpr std::string_view kWord = "boundary";
  const std::string lower = LowerCopy(field);
  std::size_t found = lower.find(kWord);
  for (std::size_t count = 0; found != std::string::npos; ++count) {
    if (count == kBoundariesMax) {
      limit_hit = true;
      return;
    }
    found += kWord.size();
    const std::string_view rest = field.substr(found, 2 * kBoundaryBytesMax);
    const std::size_t equals = SkipBlanksAndComments(rest, 0);
    if (equals < rest.size() && rest[equals] == '=') {
      const std::size_t value = SkipBlanksAndComments(rest, equals + 1);
      AddReadings(rest.substr(value), boundaries, limit_hit);
      // What starts with a parenthesis may also be the value itself.
      AddReadings(Trimmed(rest.substr(equals + 1)), boundaries, limit_hit);
    }
    found = lower.find(kWord, found);
  }
}

// Keeps a field's value if it is one of the three that matter. A folded value is kept twice: the
// blanks that start its lines belong to it for most mailers, and do not for some.
class FieldCollector {
 public:
  explicit FieldCollector(Header& header) : header_(header) {}

  void Start(std::string_view line) {
    Finish();
    const std::size_t colon = line.find(':');
    const std::string_view name = Trimmed(line.substr(0, colon));
    if (StartsWithWord(name, "content-type") && name.size() == 12) {
      values_ = &header_.content_types;
    } else if (IsEncodingField(name)) {
      values_ = &header_.content_encodings;
    } else if (StartsWithWord(name, "content-disposition") && name.size() == 19) {
      values_ = &header_.content_dispositions;
    }
    if (values_ != nullptr) {
      Append(line.substr(colon + 1), unfolded_);
      joined_ = unfolded_;
    }
  }

  void Continue(std::string_view line) {
    if (values_ != nullptr) {
      Append(line, unfolded_);
      Append(Trimmed(line), joined_);
    }
  }

  void Finish() {
    if (values_ != nullptr) {
      Keep(std::move(unfolded_));
      if (joined_ != values_->back()) {
        Keep(std::move(joined_));
      }
    }
    values_ = nullptr;
    unfolded_.clear();
    joined_.clear();
  }

 private:
  void Append(std::string_view text, std::string& value) {
    const std::string_view part = text.substr(0, kFieldBytesMax - value.size());
    if (part.size() < text.size()) {
      header_.limit = "header_bytes_max";
    }
    value += part;
  }
  void Keep(std::string value) {
    if (values_->size() >= 2 * kFieldsMax) {
      header_.limit = "header_fields_max";
      values_->back() = std::move(value);
      return;
    }
    values_->push_back(std::move(value));
  }

  Header& header_;
  std::vector<std::string>* values_ = nullptr;
  std::string unfolded_;
  std::string joined_;
};

}  // namespace

namespace {

// Whether the first line is junk in front of a header: the line behind it is a field that matters.
// (Behind a delimiter it is one as well, but that is a body whose header is elsewhere.)
bool IsJunkInFront(std::string_view line, LineWalker lines) {
  return !line.starts_with("--") && !lines.done() && StartsWithWord(lines.Next(), "content-");
}

}  // namespace

bool IsFieldLine(std::string_view line) {
  if (line.starts_with("--")) {
    return false;  // a delimiter whose boundary holds a colon
  }
  std::size_t at = 0;
  while (at < line.size() && at < kFieldNameBytesMax && line[at] > ' ' && line[at] < 0x7F &&
         line[at] != ':') {
    ++at;
  }
  const std::size_t colon = line.find_first_not_of(kBlanks, at);
  return at > 0 && colon != std::string_view::npos && line[colon] == ':';
}

bool IsEncodingField(std::string_view name) {
  constexpr std::string_view kName = "content-transfer-encoding";
  name = Trimmed(name);
  if (name.size() != kName.size()) {
    return false;
  }
  int others = 0;
  for (std::size_t i = 0; i < kName.size(); ++i) {
    others += Lower(name[i]) != kName[i] ? 1 : 0;
  }
  return others <= 1;
}

Header ReadHeader(std::string_view text) {
  Header header;
  FieldCollector fields(header);
  std::size_t count = 0;
  LineWalker lines(text);
  while (!lines.done()) {
    const std::size_t start = lines.start();
    const std::string_view line = lines.Next();
    if (line.empty()) {
      fields.Finish();
      header.body = lines.start();
      return header;
    }
    const bool is_field = IsFieldLine(line);
    const bool is_folded = kBlanks.find(line[0]) != std::string_view::npos && !IsBlank(line);
    if (count == 0 && !is_field && !IsJunkInFront(line, lines)) {
      header.body = IsBlank(line) ? lines.start() : 0;
      return header;
    }
    ++count;
    if (count > kHeaderLinesMax || start > kHeaderBytesMax) {
      header.limit = count > kHeaderLinesMax ? "header_lines_max" : "header_bytes_max";
    } else if (is_folded) {
      fields.Continue(line);
    } else if (is_field) {
      fields.Start(line);
    }
    if (!is_field && !is_folded && !header.other_body) {
      header.other_body = IsBlank(line) ? lines.start() : start;
    }
  }
  fields.Finish();
  header.body = text.size();
  return header;
}

std::string MediaType(std::string_view content_type) {
  std::string type;
  std::size_t at = 0;
  while ((at = SkipBlanksAndComments(content_type, at)) < content_type.size() &&
         content_type[at] != ';' && content_type[at] != ',') {
    if (content_type[at] != '"') {
      type += Lower(content_type[at]);
    }
    ++at;
  }
  return type;
}

std::string FirstToken(std::string_view value) {
  std::string token;
  std::size_t at = SkipBlanksAndComments(value, 0);
  for (; at < value.size() && std::string_view("; \t,(").find(value[at]) == std::string_view::npos;
       ++at) {
    if (value[at] != '"' && value[at] != '\'') {
      token += Lower(value[at]);
    }
  }
  return token;
}

std::vector<std::string> ParameterValues(std::string_view field, std::string_view name) {
  std::vector<std::string> values;
  std::vector<Piece> pieces;
  const std::vector<Parameter> parameters = ReadParameters(field);
  for (const Parameter& parameter : parameters) {
    if (parameter.name == name) {
      values.push_back(parameter.value);
    } else if (parameter.name.size() == name.size() + 1 && parameter.name.starts_with(name) &&
               parameter.name.ends_with('*')) {
      values.push_back(DecodeExtended(parameter.value));
    } else if (const auto piece = AsPiece(parameter, name)) {
      pieces.push_back(*piece);
    }
  }
  if (!pieces.empty()) {
    values.push_back(JoinPieces(pieces));
  }
  return values;
}

std::vector<std::string> Boundaries(const std::vector<std::string>& content_types,
                                    bool& limit_hit) {
  std::vector<std::string> boundaries;
  for (const std::string& field : content_types) {
    for (const std::string& value : ParameterValues(field, "boundary")) {
      AddBoundary(value, boundaries, limit_hit);
    }
    AddWritten(field, boundaries, limit_hit);
  }
  return boundaries;
}

std::string FileName(const Header& header) {
  const auto name_in = [](const std::vector<std::string>& fields, std::string_view parameter) {
    for (const std::string& field : fields) {
      for (const std::string& value : ParameterValues(field, parameter)) {
        if (!value.empty()) {
          return DecodeWords(value).substr(0, kFileNameBytesMax);
        }
      }
    }
    return std::string();
  };
  const std::string name = name_in(header.content_dispositions, "filename");
  return name.empty() ? name_in(header.content_types, "name") : name;
}

std::string DecodeWords(std::string_view text) {
  std::string out;
  bool after_word = false;
  while (!text.empty()) {
    const std::size_t next = std::min(text.find("=?"), text.size());
    const std::string_view plain = text.substr(0, next);
    // Blanks between two words only separate them.
    if (!after_word || next == text.size() || !IsBlank(plain)) {
      out += plain;
    }
    text.remove_prefix(next);
    std::size_t size = std::min<std::size_t>(2, text.size());
    const auto word = DecodeWord(text, size);
    out += word ? std::string_view(*word) : text.substr(0, size);
    text.remove_prefix(size);
    after_word = word.has_value();
  }
  return out;
}

}  // namespace day::unpack::mail
