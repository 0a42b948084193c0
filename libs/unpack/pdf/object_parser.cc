#include "libs/unpack/pdf/object_parser.h"

#include <algorithm>

namespace day::unpack::pdf {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool IsNumberText(std::string_view text) {
  bool has_digit = false;
  for (const char c : text) {
    has_digit = has_digit || IsDigit(c);
    if (!IsDigit(c) && c != '+' && c != '-' && c != '.') {
      return false;
    }
  }
  return has_digit;
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t start, Extent extent, std::size_t tokens_max,
         ParsedObject& object)
      : text_(text),
        at_(start),
        start_(start),
        extent_(extent),
        tokens_max_(tokens_max),
        object_(object) {
    object_.tokens.clear();
    object_.stop = ParsedObject::Stop::kEndOfValue;
    object_.has_hidden_name = false;
  }

  void Run() {
    while (Step()) {
      if (extent_ == Extent::kOneValue && open_.empty() && !MayBecomeReference()) {
        break;
      }
    }
    const auto count = static_cast<std::uint32_t>(object_.tokens.size());
    for (const std::uint32_t index : open_) {
      object_.tokens[index].next = count;
    }
    object_.end = at_;
    object_.work = std::max(at_, furthest_) - start_;
  }

 private:
  char Peek(std::size_t offset) const {
    return at_ + offset < text_.size() ? text_[at_ + offset] : '\0';
  }

  // "12" may be the start of "12 0 R".
  bool MayBecomeReference() const {
    return object_.tokens.size() < 3 &&
           std::all_of(object_.tokens.begin(), object_.tokens.end(),
                       [](const Token& token) { return token.kind == TokenKind::kNumber; });
  }

  void Add(TokenKind kind, std::string_view text) {
    Token token;
    token.kind = kind;
    token.next = static_cast<std::uint32_t>(object_.tokens.size()) + 1;
    token.parent = open_.empty() ? Token::kNone : open_.back();
    token.text = text;
    object_.tokens.push_back(token);
  }

  void Open(TokenKind kind, std::size_t size) {
    Add(kind, text_.substr(at_, size));
    open_.push_back(static_cast<std::uint32_t>(object_.tokens.size()) - 1);
    at_ += size;
  }

  void Close(TokenKind kind, std::size_t size) {
    at_ += size;
    if (!open_.empty() && object_.tokens[open_.back()].kind == kind) {
      object_.tokens[open_.back()].next = static_cast<std::uint32_t>(object_.tokens.size());
      open_.pop_back();
    }
  }

  // One token; false at the end.
  bool Step() {
    SkipWhite();
    if (at_ >= text_.size()) {
      return false;
    }
    if (object_.tokens.size() >= tokens_max_) {
      object_.stop = ParsedObject::Stop::kTooManyTokens;
      return false;
    }
    switch (text_[at_]) {
      case '/':
        ReadName();
        return true;
      case '(':
        ReadString();
        return true;
      case '<':
        if (Peek(1) == '<') {
          Open(TokenKind::kDictionary, 2);
        } else {
          ReadHexString();
        }
        return true;
      case '>':
        Close(TokenKind::kDictionary, Peek(1) == '>' ? 2 : 1);
        return true;
      case '[':
        Open(TokenKind::kArray, 1);
        return true;
      case ']':
        Close(TokenKind::kArray, 1);
        return true;
      case ')':
      case '{':
      case '}':
        ++at_;
        return true;
      default:
        return ReadWord();
    }
  }

  void SkipWhite() {
    while (at_ < text_.size()) {
      if (IsWhite(text_[at_])) {
        ++at_;
      } else if (text_[at_] == '%') {
        at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
      } else {
        return;
      }
    }
  }

  std::string_view Regulars() {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsRegular(text_[at_])) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  void ReadName() {
    ++at_;
    const std::string_view name = Regulars();
    object_.has_hidden_name = object_.has_hidden_name || HidesName(name);
    Add(TokenKind::kName, name);
  }

  void ReadString() {
    const std::size_t start = ++at_;
    std::size_t depth = 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        ++at_;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        Add(TokenKind::kString, text_.substr(start, at_ - start));
        ++at_;
        return;
      }
    }
    // Without its end it takes all of the object.
    furthest_ = text_.size();
    at_ = std::min(text_.find("endobj", start), text_.size());
    Add(TokenKind::kString, text_.substr(start, at_ - start));
  }

  void ReadHexString() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && (HexDigit(text_[at_]) >= 0 || text_[at_] != '>')) {
      ++at_;
    }
    Add(TokenKind::kHexString, text_.substr(start, at_ - start));
    at_ = std::min(at_ + 1, text_.size());
  }

  // A number, a reference's end, or a word that ends the object.
  bool ReadWord() {
    const std::size_t start = at_;
    const std::string_view word = Regulars();
    if (IsNumberText(word)) {
      Add(TokenKind::kNumber, word);
      return true;
    }
    std::vector<Token>& tokens = object_.tokens;
    const std::size_t count = tokens.size();
    const bool after_numbers = count >= 2 && tokens[count - 1].kind == TokenKind::kNumber &&
                               tokens[count - 2].kind == TokenKind::kNumber &&
                               tokens[count - 1].parent == tokens[count - 2].parent;
    if (word == "R" && after_numbers) {
      const std::size_t first =
          static_cast<std::size_t>(tokens[count - 2].text.data() - text_.data());
      tokens.resize(count - 2);
      Add(TokenKind::kReference, text_.substr(first, at_ - first));
      return true;
    }
    if (word.starts_with("stream") && extent_ == Extent::kIndirectObject) {
      object_.stop = ParsedObject::Stop::kStream;
      at_ = start + 6;
      return false;
    }
    if (word == "obj" && after_numbers) {
      at_ = static_cast<std::size_t>(tokens[count - 2].text.data() - text_.data());
      tokens.resize(count - 2);
      return false;
    }
    if (word.starts_with("endobj") || word == "endstream" || word == "xref" || word == "trailer" ||
        word == "startxref") {
      return false;
    }
    Add(TokenKind::kWord, word);
    return true;
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t start_;
  std::size_t furthest_ = 0;  // where it was before it went back
  Extent extent_;
  std::size_t tokens_max_;
  ParsedObject& object_;
  std::vector<std::uint32_t> open_;
};

std::string DecodeHex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2 + 1);
  int high = -1;
  for (const char c : text) {
    const int digit = HexDigit(c);
    if (digit < 0) {
      continue;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) {
    bytes += static_cast<char>(high * 16);
  }
  return bytes;
}

// The escape behind a backslash; moves `i` to its last character.
void AppendEscape(std::string_view text, std::size_t& i, std::string& bytes) {
  constexpr std::string_view kLetters = "nrtbf";
  constexpr std::string_view kMeanings = "\n\r\t\b\f";
  const char c = text[i];
  if (const std::size_t letter = kLetters.find(c); letter != std::string_view::npos) {
    bytes += kMeanings[letter];
  } else if (c >= '0' && c <= '7') {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < 3 && i + digits < text.size() && text[i + digits] >= '0' &&
           text[i + digits] <= '7') {
      value = value * 8 + static_cast<unsigned>(text[i + digits] - '0');
      ++digits;
    }
    bytes += static_cast<char>(value & 0xFF);
    i += digits - 1;
  } else if (c == '\r') {
    i += i + 1 < text.size() && text[i + 1] == '\n' ? 1U : 0U;
  } else if (c != '\n') {
    bytes += c;
  }
}

std::string DecodeLiteral(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      AppendEscape(text, ++i, bytes);
    } else if (text[i] == '\r') {
      // An end of line is one LF, however it is written.
      bytes += '\n';
      i += i + 1 < text.size() && text[i + 1] == '\n' ? 1U : 0U;
    } else if (text[i] != '\\') {
      bytes += text[i];
    }
  }
  return bytes;
}

std::string DecodeName(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      name += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      name += text[i];
    }
  }
  return name;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace

void ParseObject(std::string_view text, std::size_t start, Extent extent, std::size_t tokens_max,
                 ParsedObject& object) {
  Parser(text, start, extent, tokens_max, object).Run();
}

bool HidesName(std::string_view written) {
  constexpr std::string_view kCommon[] = {"ASCIIHexDecode",
                                          "ASCII85Decode",
                                          "A85",
                                          "AHx",
                                          "EmbeddedFile",
                                          "FlateDecode",
                                          "Fl",
                                          "Image",
                                          "LZWDecode",
                                          "LZW",
                                          "Page",
                                          "RunLengthDecode",
                                          "RL",
                                          "CCITTFaxDecode",
                                          "CCF",
                                          "JBIG2Decode",
                                          "DCTDecode",
                                          "DCT",
                                          "JPXDecode",
                                          "Crypt",
                                          "Standard",
                                          "Sig",
                                          "Linearized",
                                          "Filter",
                                          "JavaScript",
                                          "Length",
                                          "S",
                                          "Type",
                                          "OpenAction",
                                          "Launch",
                                          "Contents",
                                          "V",
                                          "R"};
  constexpr std::size_t kLengthMax = 3 * 15;
  if (written.size() > kLengthMax || written.find('#') == std::string_view::npos) {
    return false;
  }
  const std::string name = DecodeName(written);
  return name != written &&
         std::find(std::begin(kCommon), std::end(kCommon), name) != std::end(kCommon);
}

bool IsWhite(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

bool IsRegular(char c) {
  constexpr std::string_view kDelimiters = "()<>[]{}/%";
  return !IsWhite(c) && kDelimiters.find(c) == std::string_view::npos;
}

Value RootOf(const ParsedObject& object) {
  const Value first(object, 0);
  if (first && object.stop == ParsedObject::Stop::kStream) {
    for (std::uint32_t at = 0; at < object.tokens.size(); at = object.tokens[at].next) {
      const Value value(object, at);
      if (value.Is(TokenKind::kDictionary)) {
        return value;
      }
    }
  }
  return first;
}

bool NameIs(std::string_view written, std::string_view name) {
  if (written.find('#') == std::string_view::npos) {
    return written == name;
  }
  return written.size() <= 3 * name.size() && DecodeName(written) == name;
}

bool Value::IsName(std::string_view name) const {
  return Is(TokenKind::kName) && NameIs(token().text, name);
}

std::int64_t Value::Integer() const {
  constexpr std::int64_t kMax = std::int64_t{1} << 48;
  std::int64_t value = 0;
  bool negative = false;
  for (const char c : text()) {
    if (c == '-') {
      negative = true;
    } else if (IsDigit(c)) {
      value = std::min(value * 10 + (c - '0'), kMax);
    } else if (c != '+') {
      break;
    }
  }
  return negative ? -value : value;
}

std::string Value::Name() const {
  return Is(TokenKind::kName) ? DecodeName(token().text) : std::string();
}

std::string Value::Bytes() const {
  if (Is(TokenKind::kString)) {
    return DecodeLiteral(token().text);
  }
  return Is(TokenKind::kHexString) ? DecodeHex(token().text) : std::string();
}

Value Value::FirstChild() const {
  if (!(Is(TokenKind::kDictionary) || Is(TokenKind::kArray)) || index_ + 1 >= token().next) {
    return {};
  }
  return {*object_, index_ + 1};
}

Value Value::NextSibling() const {
  if (object_ == nullptr) {
    return {};
  }
  const std::uint32_t next = token().next;
  const std::uint32_t parent = token().parent;
  const bool inside = parent == Token::kNone || next < object_->tokens[parent].next;
  return inside ? Value(*object_, next) : Value();
}

std::vector<Value> Value::FindAll(std::string_view key, std::size_t count_max) const {
  std::vector<Value> found;
  Value at = Is(TokenKind::kDictionary) ? FirstChild() : Value();
  while (at && found.size() < count_max) {
    const Value value = at.NextSibling();
    if (!at.Is(TokenKind::kName)) {
      at = value;
      continue;
    }
    if (value && at.IsName(key)) {
      found.push_back(value);
    }
    at = value.NextSibling();
  }
  return found;
}

Value Value::Find(std::string_view key) const {
  Value found;
  Value at = Is(TokenKind::kDictionary) ? FirstChild() : Value();
  while (at) {
    const Value value = at.NextSibling();
    if (!at.Is(TokenKind::kName)) {
      at = value;
      continue;
    }
    if (value && at.IsName(key)) {
      found = value;
    }
    at = value.NextSibling();
  }
  return found;
}

std::string TextOf(std::string bytes) {
  const bool is_big = bytes.starts_with("\xFE\xFF");
  if (!is_big && !bytes.starts_with("\xFF\xFE")) {
    if (bytes.starts_with("\xEF\xBB\xBF")) {
      bytes.erase(0, 3);
    }
    return bytes;
  }
  const auto unit = [&bytes, is_big](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<std::uint32_t>(is_big ? first << 8 | second : second << 8 | first);
  };
  std::string text;
  text.reserve(bytes.size() / 2);
  for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 &&
        unit(i + 2) < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    AppendUtf8(code, text);
  }
  return text;
}

}  // namespace day::unpack::pdf
