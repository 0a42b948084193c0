#include "libs/formats/html/normalise.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "libs/formats/html/entities.h"

namespace day::formats::html {
namespace {

constexpr std::string_view kDataScheme = "data:";

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string LowerText(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), Lower);
  return out;
}

bool StartsWithWord(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == Lower(b); });
}

// The end of "</WORD" in `text` from `begin` on, compared without case; the text's size if it is
// not there.
std::size_t FindClosing(std::string_view text, std::size_t begin, std::string_view word) {
  for (std::size_t at = text.find("</", begin); at != std::string_view::npos;
       at = text.find("</", at + 2)) {
    if (StartsWithWord(text.substr(at + 2), word)) {
      return at;
    }
  }
  return text.size();
}

// One page being normalised.
class Page {
 public:
  Page(std::string_view page, const Limits& limits) : page_(page), limits_(limits) {
    out_.markup.reserve(page.size());
  }

  NormalisedHtml Run() {
    while (at_ < page_.size()) {
      const char c = page_[at_];
      if (c == '<') {
        Angle();
      } else if (c == '&') {
        Entity();
      } else {
        ++at_;
        TextByte(c);
      }
    }
    return std::move(out_);
  }

 private:
  void Cut(std::string_view limit) {
    if (out_.cut.empty()) {
      out_.cut = limit;
    }
  }

  void AppendText(char c) {
    if (out_.text.size() >= limits_.text_bytes_max) {
      Cut("html_notags_bytes_max");
      return;
    }
    if (c == ' ' && !out_.text.empty() && out_.text.back() == ' ') {
      return;
    }
    out_.text += c;
  }

  // Blanks fold into one, and go after a tag.
  void TextByte(char c) {
    if (c == '\0') {
      return;
    }
    if (IsBlank(c)) {
      if (!skip_blanks_) {
        out_.markup += ' ';
        AppendText(' ');
        skip_blanks_ = true;
      }
      return;
    }
    skip_blanks_ = false;
    out_.markup += Lower(c);
    AppendText(Lower(c));
  }

  // Appends a character reference as ClamAV has it.
  static void AppendCode(std::uint32_t code, std::string* out) {
    if (code < 0x100) {
      *out += Lower(static_cast<char>(code));
      return;
    }
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "&#x%04x;", code & 0xFFFF);
    *out += text.data();
  }

  void Entity() {
    const auto reference = ReadReference(page_.substr(at_));
    skip_blanks_ = false;
    if (!reference) {
      ++at_;
      out_.markup += '&';
      return;
    }
    at_ += reference->length;
    AppendCode(reference->code, &out_.markup);
  }

  void Angle() {
    const std::string_view rest = page_.substr(at_);
    if (rest.starts_with("<!")) {
      Declaration(rest);
      return;
    }
    Tag();
  }

  // Comments and declarations leave nothing, not even the blanks behind them.
  void Declaration(std::string_view rest) {
    const bool is_comment = rest.starts_with("<!--");
    const std::size_t end = is_comment ? rest.find("-->", 2) : rest.find('>', 2);
    at_ = end == std::string_view::npos ? page_.size() : at_ + end + (is_comment ? 3 : 1);
    AppendText(' ');
    skip_blanks_ = true;
  }

  // The tag that is being read.
  struct TagState {
    std::string name;
    std::string attribute;
    std::string value;
    std::size_t value_begin = 0;  // in the markup
    char quote = '\0';
    bool in_name = true;
    bool in_value = false;
    bool after_blank = false;
  };

  void Tag();
  void TagByte(char c);
  void TagBlank(char c);
  void TagQuote(char c);
  void EndAttribute();
  void AddData(std::string_view uri);
  void EndTag();
  void RawContent(std::string_view name);
  std::string_view page_;
  const Limits& limits_;
  NormalisedHtml out_;
  std::size_t at_ = 0;
  bool skip_blanks_ = true;
  TagState tag_;
};

// From "<" to ">", wherever that is: quotes do not protect it.
void Page::Tag() {
  out_.markup += '<';
  ++at_;
  while (at_ < page_.size() && IsBlank(page_[at_])) {
    ++at_;
  }
  tag_ = {};
  while (at_ < page_.size() && page_[at_] != '>') {
    TagByte(page_[at_]);
  }
  if (tag_.after_blank && tag_.quote != '\0') {
    out_.markup += ' ';
  }
  EndAttribute();
  if (at_ < page_.size()) {
    out_.markup += '>';
    ++at_;
  }
  AppendText(' ');
  skip_blanks_ = true;
  EndTag();
}

// Takes one character, or one character reference.
void Page::TagByte(char c) {
  if (c == '\0' || IsBlank(c)) {
    ++at_;
    tag_.in_name = tag_.in_name && c == '\0';
    tag_.after_blank = tag_.after_blank || c != '\0';
    return;
  }
  if (tag_.after_blank) {
    TagBlank(c);
  }
  if (c == '"' || c == '\'') {
    ++at_;
    TagQuote(c);
    return;
  }
  if (c == '=' && tag_.quote == '\0' && !tag_.in_value) {
    tag_.in_value = true;
    out_.markup += '=';
    tag_.value_begin = out_.markup.size();
    ++at_;
    return;
  }
  const auto reference = c == '&' ? ReadReference(page_.substr(at_)) : std::nullopt;
  if (reference) {
    at_ += reference->length;
    AppendCode(reference->code, &out_.markup);
    c = reference->code < 0x100 ? static_cast<char>(reference->code) : '?';
  } else {
    ++at_;
    out_.markup += Lower(c);
  }
  if (tag_.in_name) {
    tag_.name += Lower(c);
  } else if (tag_.in_value || tag_.quote != '\0') {
    tag_.value += c;
  } else {
    tag_.attribute += Lower(c);
  }
}

// Blanks before `c`: one stays, but none beside "=".
void Page::TagBlank(char c) {
  tag_.after_blank = false;
  if (tag_.quote != '\0') {
    out_.markup += ' ';
    tag_.value += ' ';
  } else if (c != '=' && !(tag_.in_value && tag_.value.empty())) {
    EndAttribute();
    out_.markup += ' ';
  }
}

void Page::TagQuote(char c) {
  out_.markup += '"';
  if (tag_.quote == '\0') {
    tag_.quote = c;
    tag_.value_begin = out_.markup.size();
  } else if (tag_.quote == c) {
    tag_.quote = '\0';
    EndAttribute();
  } else {
    tag_.value += c;
  }
}

void Page::EndAttribute() {
  const std::string name = std::move(tag_.attribute);
  const std::string value = std::move(tag_.value);
  tag_.attribute.clear();
  tag_.value.clear();
  tag_.in_value = false;
  if (StartsWithWord(value, kDataScheme)) {
    AddData(value);
    return;
  }
  if ((tag_.name == "a" && name == "href") || (tag_.name == "img" && name == "src")) {
    AppendText(' ');
    for (const char c : value) {
      AppendText(c);
    }
  }
}

// What the URI holds is an object of its own; of the URI only "data" stays.
void Page::AddData(std::string_view uri) {
  Data data;
  if (out_.data.size() >= limits_.data_max) {
    Cut("html_data_max");
  } else if (DecodeDataUri(uri.substr(kDataScheme.size()), &data)) {
    out_.data.push_back(std::move(data));
  }
  const bool is_quoted = out_.markup.ends_with('"');
  out_.markup.resize(std::min(tag_.value_begin, out_.markup.size()));
  out_.markup += is_quoted ? "data\"" : "data";
}

void Page::EndTag() {
  if (tag_.name == "script" || tag_.name == "style") {
    RawContent(tag_.name);
  }
}

// What stands in <script> and <style>: all blanks go, quotes are alike.
void Page::RawContent(std::string_view name) {
  const std::size_t end = FindClosing(page_, at_, name);
  const std::string_view content = page_.substr(at_, end - at_);
  for (const char c : content) {
    if (!IsBlank(c) && c != '\0') {
      out_.markup += c == '\'' ? '"' : Lower(c);
    }
  }
  at_ = end;
  if (name != "script" || content.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return;
  }
  if (out_.scripts.size() >= limits_.scripts_max || content.size() > limits_.script_bytes_max) {
    Cut("html_script_bytes_max");
    return;
  }
  out_.scripts.emplace_back(content);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Base64 as browsers take it: blanks and other characters are skipped, padding ends it.
std::string LenientBase64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const std::array<std::int8_t, 256> kValues = [&] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kDigits.size(); ++i) {
      values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
    }
    return values;
  }();
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = kValues[static_cast<unsigned char>(c)];
    if (c == '=') {
      break;
    }
    if (value < 0) {
      continue;
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[size++] = static_cast<char>(bits >> count);
    }
  }
  out.resize(size);
  return out;
}

std::string PercentDecoded(std::string_view text) {
  if (text.find('%') == std::string_view::npos) {
    return std::string(text);
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool has_digits = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                            HexValue(text[i + 2]) >= 0;
    if (has_digits) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

bool DecodeDataUri(std::string_view uri, Data* data) {
  const std::size_t comma = uri.find(',');
  if (comma == std::string_view::npos) {
    return false;
  }
  std::string head = LowerText(uri.substr(0, comma));
  head.erase(std::remove_if(head.begin(), head.end(), IsBlank), head.end());
  const bool is_base64 = head.ends_with(";base64");
  data->media_type = head.substr(0, head.find(';'));
  const std::string plain = PercentDecoded(uri.substr(comma + 1));
  data->content = is_base64 ? LenientBase64(plain) : plain;
  return true;
}

std::string NormaliseText(base::Bytes text) {
  // What each byte becomes; zero: nothing.
  static constexpr std::array<char, 256> kForms = [] {
    std::array<char, 256> forms{};
    for (std::size_t i = 0; i < forms.size(); ++i) {
      const char c = static_cast<char>(i);
      forms[i] = IsBlank(c) ? ' ' : (i > ' ' && i < 0x7F ? Lower(c) : '\0');
    }
    return forms;
  }();
  // Without branches: texts are the most common files of all.
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  bool was_blank = true;
  for (const char c : base::AsText(text)) {
    const char form = kForms[static_cast<unsigned char>(c)];
    const bool is_blank = form == ' ';
    const bool is_kept = form != '\0' && !(is_blank && was_blank);
    out[size] = form;
    size += is_kept ? 1u : 0u;
    was_blank = form != '\0' ? is_blank : was_blank;
  }
  out.resize(size);
  return out;
}

NormalisedHtml NormaliseHtml(base::Bytes page, const Limits& limits) {
  const base::Bytes head = base::ClippedSlice(page, 0, limits.input_bytes_max);
  NormalisedHtml out = Page(base::AsText(head), limits).Run();
  if (head.size() < page.size() && out.cut.empty()) {
    out.cut = "html_normalize_bytes_max";
  }
  return out;
}

}  // namespace day::formats::html
