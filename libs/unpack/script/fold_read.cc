// Folder's reading: takes a script apart into strings, numbers, signs and brackets.
#include <algorithm>

#include "libs/unpack/script/decode.h"
#include "libs/unpack/script/folder.h"

namespace day::unpack::script {
namespace {

constexpr std::size_t kNameBytesMax = 64;

}  // namespace

void Folder::Step() {
  const char c = text_[at_];
  if (IsBlank(c)) {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsBlank(text_[at_])) {
      ++at_;
    }
    out_.append(text_, start, at_ - start);
    return;
  }
  if (SkipComment() || ReadString()) {
    return;
  }
  if (IsWordCharacter(c) || (c == '`' && language_ == Language::kPowerShell)) {
    ReadWord();
    return;
  }
  ++at_;
  switch (c) {
    case '(':
    case '[':
    case '{':
      Open(c);
      return;
    case ')':
    case ']':
    case '}':
      Close(c);
      return;
    case ';':
      out_ += c;
      Finish();
      items_.clear();
      operators_ = 0;
      return;
    default:
      ReadSign(c);
  }
}

// Comments in one of two forms; the text behind goes on where they stood.
bool Folder::SkipComment() {
  const char c = text_[at_];
  std::size_t end = at_;
  const bool slashes = language_ == Language::kJavaScript || language_ == Language::kPhp;
  const bool is_block = (slashes && c == '/' && Peek(1) == '*') ||
                        (language_ == Language::kPowerShell && c == '<' && Peek(1) == '#');
  if (is_block) {
    const std::string_view close = c == '/' ? "*/" : "#>";
    end = has_open_comment_ ? std::string_view::npos : text_.find(close, at_ + 2);
    if (end == std::string_view::npos) {
      has_open_comment_ = true;  // there is no end further on either
      return false;
    }
    end += close.size();
  } else if ((slashes && c == '/' && Peek(1) == '/' && Last() != ':') ||
             (language_ == Language::kVbScript && c == '\'') ||
             ((language_ == Language::kPowerShell || language_ == Language::kShell) && c == '#' &&
              (out_.empty() || IsBlank(Last()) || Last() == ';'))) {
    at_ = std::min(text_.find('\n', at_), text_.size());
    return true;
  } else {
    return false;
  }
  // A comment that parts two words of one expression is no explanation.
  if (!IsBlank(Last()) && end < text_.size() && !IsBlank(text_[end])) {
    ++changes_;
  }
  at_ = end;
  return true;
}

std::size_t Folder::ReadEscape(std::size_t at, char quote, std::string& value) {
  const char c = text_[at];
  if (c != '\\' || language_ == Language::kVbScript || language_ == Language::kPowerShell) {
    if (c == '`' && language_ == Language::kPowerShell && quote == '"' && at + 1 < text_.size()) {
      changes_ += IsWordCharacter(text_[at + 1]) ? 1U : 0U;
      value += text_[at + 1] == 'n' ? '\n' : text_[at + 1];
      return at + 2;
    }
    value += c;
    return at + 1;
  }
  const char kind = at + 1 < text_.size() ? text_[at + 1] : '\0';
  std::size_t digits = 0;
  std::uint32_t code = 0;
  const bool is_hex = kind == 'x' || kind == 'u';
  const std::size_t digits_max = kind == 'x' ? 2 : (is_hex ? 4 : 3);
  const std::size_t first = at + (is_hex ? 2 : 1);
  while (digits < digits_max && first + digits < text_.size()) {
    const int digit = HexValue(text_[first + digits]);
    if (digit < 0 || (!is_hex && digit > 7)) {
      break;
    }
    code = code * (is_hex ? 16 : 8) + static_cast<std::uint32_t>(digit);
    ++digits;
  }
  if (digits == digits_max || (!is_hex && digits > 0)) {
    AppendCharacter(code, value);
    ++changes_;
    return first + digits;
  }
  if (kind == '\n' || kind == '\r') {
    return at + 2;
  }
  constexpr std::string_view kLetters = "nrt";
  const std::size_t letter = kLetters.find(kind);
  value += letter == std::string_view::npos || kind == '\0' ? kind : "\n\r\t"[letter];
  return std::min(at + 2, text_.size());
}

// A string that ends on its line; false if this is none.
bool Folder::ReadString() {
  const char quote = text_[at_];
  const bool is_quote =
      quote == '"' || quote == '\'' || (quote == '`' && language_ == Language::kJavaScript);
  if (!is_quote) {
    return false;
  }
  std::string value;
  std::size_t at = at_ + 1;
  const std::size_t changes = changes_;
  while (at < text_.size() && text_[at] != quote) {
    if (text_[at] == '\n' || (quote == '`' && text_[at] == '$')) {
      break;
    }
    // Strings in single quotes have no escapes in PowerShell and, but for $'..', in shells.
    const bool is_plain = quote == '\'' && (language_ == Language::kPowerShell ||
                                            (language_ == Language::kShell && Last() != '$'));
    if (is_plain) {
      value += text_[at++];
    } else {
      at = ReadEscape(at, quote, value);
    }
    if (at < text_.size() && text_[at] == quote && at + 1 < text_.size() &&
        text_[at + 1] == quote && language_ == Language::kVbScript) {
      value += quote;  // doubled
      at += 2;
    }
  }
  if (at >= text_.size() || text_[at] != quote) {
    changes_ = changes;
    out_ += quote;
    at_ += 1;
    PushOther(out_.size() - 1);
    return true;
  }
  at_ = at + 1;
  const bool in_word = language_ == Language::kShell && IsWordCharacter(Last());
  if (in_word && (value.empty() || (at_ < text_.size() && IsWordCharacter(text_[at_])))) {
    out_ += value;  // c''url, w"ge"t
    ++changes_;
    return true;
  }
  const std::size_t start = out_.size();
  out_ += quote;
  out_ += value;
  out_ += quote;
  PushString(value, start);
  return true;
}

// A string that was just written from `start` on; it joins the one in front of it.
void Folder::PushString(std::string_view value, std::size_t start) {
  const std::size_t count = items_.size();
  const bool joins = count >= 2 && items_[count - 1].kind == Kind::kSign &&
                     (items_[count - 1].sign == '+' || items_[count - 1].sign == '&' ||
                      items_[count - 1].sign == '.') &&
                     items_[count - 2].kind == Kind::kString;
  if (!joins) {
    Push(Kind::kString, start);
    return;
  }
  const std::string body(value);
  items_.pop_back();
  Item& before = items_.back();
  const char quote = out_[before.start];
  out_.resize(before.end - 1);
  out_ += body;
  out_ += quote;
  before.end = out_.size();
  ++changes_;
}

void Folder::ReadWord() {
  const std::size_t start = out_.size();
  std::size_t end = at_;
  while (end < text_.size()) {
    const std::size_t part = end;
    while (end < text_.size() && IsWordCharacter(text_[end])) {
      ++end;
    }
    out_.append(text_, part, end - part);
    if (language_ != Language::kPowerShell || end + 1 >= text_.size() || text_[end] != '`' ||
        !IsWordCharacter(text_[end + 1])) {
      break;
    }
    ++changes_;  // a backtick stands in words for nothing
    ++end;
  }
  if (end == at_) {
    out_ += text_[at_];
    ++end;
  }
  at_ = end;
  const std::string_view word = std::string_view(out_).substr(start);
  if (!ReadNumber(word)) {
    PushOther(start);
  }
}

bool Folder::ReadNumber(std::string_view word) {
  constexpr std::int64_t kMax = 0xFFFFFFFF;
  const std::size_t start = out_.size() - word.size();
  std::int64_t value = 0;
  const bool is_prefixed = StartsWithWord(word, "0x");
  // VBScript writes &H41: its sign is there already.
  const bool is_vb = word.size() > 1 && Lower(word[0]) == 'h' && start > 0 &&
                     out_[start - 1] == '&' && IsTop(Kind::kSign);
  if (word.size() > 12 || !(IsDigit(word[0]) || is_vb)) {
    return false;
  }
  const std::string_view digits = word.substr(is_prefixed ? 2 : (is_vb ? 1 : 0));
  for (const char c : digits) {
    const int digit = HexValue(c);
    if (digit < 0 || (digit > 9 && !is_prefixed && !is_vb)) {
      return false;
    }
    value = std::min(value * (is_prefixed || is_vb ? 16 : 10) + digit, kMax);
  }
  if (is_vb) {
    items_.pop_back();
  }
  Push(Kind::kNumber, start).number = value;
  // [char]65
  const std::size_t count = items_.size();
  if (count >= 2 && items_[count - 2].kind == Kind::kOperator &&
      items_[count - 2].call == Call::kCharacters) {
    const std::size_t from = items_[count - 2].start;
    items_.resize(count - 2);
    --operators_;
    std::string character;
    AppendCharacter(static_cast<std::uint32_t>(value), character);
    ++changes_;
    Replace(from, character);
  }
  return true;
}

// ".name(" behind a constant is a method; a dot between strings joins them.
bool Folder::ReadDot() {
  std::size_t end = at_;
  while (end < text_.size() && end - at_ < kNameBytesMax && IsWordCharacter(text_[end])) {
    ++end;
  }
  const Call call = MethodByName(text_.substr(at_, end - at_));
  if (call == Call::kNone || end >= text_.size() || text_[end] != '(') {
    return false;
  }
  const std::size_t start = out_.size();
  out_ += '.';
  out_ += text_.substr(at_, end - at_);
  at_ = end;
  Push(Kind::kMethod, start).call = call;
  return true;
}

void Folder::ReadSign(char c) {
  const bool behind_constant = IsTop(Kind::kString) || IsTop(Kind::kList);
  if (c == '.' && behind_constant && ReadDot()) {
    return;
  }
  if (c == '-' && behind_constant) {
    std::size_t end = at_;
    while (end < text_.size() && end - at_ < kNameBytesMax && Lower(text_[end]) >= 'a' &&
           Lower(text_[end]) <= 'z') {
      ++end;
    }
    const Call call = OperatorByName(text_.substr(at_ - 1, end - at_ + 1));
    if (call != Call::kNone) {
      const std::size_t start = out_.size();
      out_ += text_.substr(at_ - 1, end - at_ + 1);
      at_ = end;
      Push(Kind::kOperator, start).call = call;
      ++operators_;
      return;
    }
  }
  out_ += c;
  constexpr std::string_view kSigns = "+-*^&.";
  if (c == ',') {
    Push(Kind::kComma, out_.size() - 1);
  } else if (kSigns.find(c) != std::string_view::npos) {
    Push(Kind::kSign, out_.size() - 1).sign = c;
  } else {
    PushOther(out_.size() - 1);
  }
}

void Folder::Open(char bracket) {
  // [char] in front of a number or a bracket.
  if (bracket == '[' && StartsWithWord(text_.substr(at_, 6), "char]")) {
    const std::size_t start = out_.size();
    out_ += '[';
    out_ += text_.substr(at_, 5);
    at_ += 5;
    Push(Kind::kOperator, start).call = Call::kCharacters;
    ++operators_;
    return;
  }
  std::size_t name = out_.size();
  while (name > 0 && out_.size() - name < kNameBytesMax && IsWordCharacter(out_[name - 1])) {
    --name;
  }
  Call call = FunctionByName(std::string_view(out_).substr(name));
  std::size_t start = name;
  if (bracket == '(' && name > 0 && out_[name - 1] == '-' &&
      IsWord(std::string_view(out_).substr(name), "join")) {
    call = Call::kJoin;
  }
  if (call != Call::kNone) {  // String.fromCharCode, [System.Convert]::FromBase64String
    constexpr std::string_view kPath = ".:[]";
    while (start > 0 && out_.size() - start < kNameBytesMax &&
           (IsWordCharacter(out_[start - 1]) || (call == Call::kJoin && out_[start - 1] == '-') ||
            kPath.find(out_[start - 1]) != std::string_view::npos)) {
      --start;
    }
    while (start < name && out_[start] == '.') {  // it joins what is in front
      ++start;
    }
  } else {
    start = out_.size();
  }
  if (bracket != '{' && IsTop(Kind::kOperator) && items_.back().call == Call::kCharacters) {
    call = Call::kCharacters;
    start = items_.back().start;
    items_.pop_back();
    --operators_;
  }
  out_ += bracket;
  Item& item = Push(Kind::kOpen, start);
  item.sign = bracket;
  item.call = call;
}

}  // namespace day::unpack::script
