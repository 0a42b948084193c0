#include "libs/wire/json_writer.h"

#include <charconv>
#include <cmath>

namespace day::wire {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void AppendEscaped(unsigned code, std::string* out) {
  out->append("\\u00");
  out->push_back(kHexDigits[(code >> 4) & 15]);
  out->push_back(kHexDigits[code & 15]);
}

void AppendAscii(char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code < 0x20 || code == 0x7F) {
    AppendEscaped(code, out);
  } else {
    out->push_back(c);
  }
}

// U+0080 to U+009F: two bytes C2 80 .. C2 9F.
bool IsHighControl(std::string_view sequence) {
  return sequence.size() == 2 && sequence[0] == '\xC2' &&
         static_cast<unsigned char>(sequence[1]) < 0xA0;
}

bool IsContinuation(std::string_view text, std::size_t index) {
  return index < text.size() && (static_cast<unsigned char>(text[index]) & 0xC0) == 0x80;
}

}  // namespace

std::size_t Utf8SequenceLength(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto lead = static_cast<unsigned char>(text[0]);
  const auto second = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0u;
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return IsContinuation(text, 1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second >= 0xA0;
    return IsContinuation(text, 1) && IsContinuation(text, 2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && second < 0x90;
    const bool too_large = lead == 0xF4 && second >= 0x90;
    return IsContinuation(text, 1) && IsContinuation(text, 2) && IsContinuation(text, 3) &&
                   !overlong && !too_large
               ? 4
               : 0;
  }
  return 0;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

void AppendJsonText(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 1) {
      AppendAscii(text[0], out);
    } else if (length == 0) {
      out->append(kReplacement);
    } else if (IsHighControl(text.substr(0, length))) {
      AppendEscaped(static_cast<unsigned char>(text[1]), out);
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out->push_back('"');
}

std::string PrintableText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool control = (length == 1 && (lead < 0x20 || lead == 0x7F)) ||
                         (length == 2 && IsHighControl(text.substr(0, 2)));
    const std::size_t taken = length == 0 ? 1 : length;
    for (std::size_t i = 0; i < taken; ++i) {
      if (length != 0 && !control) {
        out.push_back(text[i]);
        continue;
      }
      const auto byte = static_cast<unsigned char>(text[i]);
      out.append("\\x");
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 15]);
    }
    text.remove_prefix(taken);
  }
  return out;
}

void JsonWriter::NewLine() {
  if (layout_ == JsonLayout::kIndented) {
    out_->push_back('\n');
    out_->append(2 * has_items_.size(), ' ');
  }
}

void JsonWriter::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_items_.empty()) {
    return;
  }
  if (has_items_.back()) {
    out_->push_back(',');
  }
  has_items_.back() = true;
  NewLine();
}

void JsonWriter::Open(char bracket) {
  BeforeValue();
  out_->push_back(bracket);
  has_items_.push_back(false);
}

void JsonWriter::Close(char bracket) {
  const bool had_items = has_items_.back();
  has_items_.pop_back();
  if (had_items) {
    NewLine();
  }
  out_->push_back(bracket);
}

void JsonWriter::Key(std::string_view key) {
  BeforeValue();
  AppendJsonText(key, out_);
  out_->push_back(':');
  if (layout_ == JsonLayout::kIndented) {
    out_->push_back(' ');
  }
  after_key_ = true;
}

void JsonWriter::Text(std::string_view text) {
  BeforeValue();
  AppendJsonText(text, out_);
}

void JsonWriter::Unsigned(std::uint64_t value) {
  BeforeValue();
  out_->append(std::to_string(value));
}

void JsonWriter::Signed(std::int64_t value) {
  BeforeValue();
  out_->append(std::to_string(value));
}

void JsonWriter::Real(double value) {
  if (!std::isfinite(value)) {
    Null();
    return;
  }
  BeforeValue();
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out_->append(digits, end.ptr);
}

void JsonWriter::Bool(bool value) {
  BeforeValue();
  out_->append(value ? "true" : "false");
}

void JsonWriter::Null() {
  BeforeValue();
  out_->append("null");
}

}  // namespace day::wire
