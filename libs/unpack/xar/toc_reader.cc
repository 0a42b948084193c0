#include "libs/unpack/xar/toc_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "libs/base/base64.h"
#include "libs/unpack/document/text.h"
#include "libs/unpack/document/xml_tags.h"
#include "libs/unpack/parts/extents.h"

namespace day::unpack::xar {
namespace {

using parts::Element;

// Deeper folders have paths that are cut anyway.
constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kNameBytesMax = 4096;
constexpr std::size_t kEncodingBytesMax = 100;
constexpr std::size_t kEntityBytesMax = 12;
constexpr std::string_view kNoName = "(file)";
constexpr std::string_view kSpace = " \t\r\n";

struct NamedCharacter {
  std::string_view name;
  char character;
};
constexpr NamedCharacter kCharacters[] = {
    {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

// "#38", "#x26" or "amp" as a character; false if it is none of these.
bool AppendEntity(std::string_view entity, std::string& out) {
  for (const NamedCharacter& known : kCharacters) {
    if (entity == known.name) {
      out += known.character;
      return true;
    }
  }
  if (!entity.starts_with('#')) {
    return false;
  }
  const bool is_hex = entity.substr(1, 1) == "x";
  const std::string_view digits = entity.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return false;
  }
  document::AppendUtf8(code, out);
  return true;
}

std::string DecodeEntities(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t start = std::min(text.find('&'), text.size());
    out += text.substr(0, start);
    text.remove_prefix(start);
    const std::size_t end = text.substr(0, kEntityBytesMax).find(';');
    if (end != std::string_view::npos && AppendEntity(text.substr(1, end - 1), out)) {
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      out += '&';
      text.remove_prefix(1);
    }
  }
  return out;
}

// The digits that the text begins with, behind a plus perhaps.
std::optional<std::uint64_t> NumberOf(std::string_view text) {
  const std::string decoded = DecodeEntities(Trimmed(text).substr(0, kNameBytesMax));
  const char* const digits = decoded.data() + (decoded.starts_with('+') ? 1 : 0);
  std::uint64_t number = 0;
  const auto result = std::from_chars(digits, decoded.data() + decoded.size(), number);
  if (result.ec == std::errc::result_out_of_range) {
    return ~std::uint64_t{0};
  }
  return result.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

std::string NameOf(const Element& element) {
  const std::string_view text = Trimmed(element.text).substr(0, kNameBytesMax);
  if (document::Attribute(element.tag, "enctype") == "base64") {
    if (auto decoded = base::DecodeBase64(text)) {
      return *std::move(decoded);
    }
  }
  return DecodeEntities(text);
}

// "file" of "a:file id=..." and of "/file".
std::string_view TagName(const Element& element) {
  const std::string_view tag = element.tag.substr(element.tag.starts_with('/') ? 1 : 0);
  return document::LocalName(tag.substr(0, tag.find_first_of(" \t\r\n/")));
}

}  // namespace

std::optional<TocEntry> TocReader::Next() {
  while (const auto element = scanner_.Next()) {
    if (auto entry = Read(*element)) {
      return entry;
    }
  }
  return Flush({});
}

std::optional<TocEntry> TocReader::Read(const Element& element) {
  const std::string_view name = TagName(element);
  const bool is_end = element.tag.starts_with('/');
  const bool is_attribute = name == "ea";
  if (name == "file") {
    auto entry = Flush({});
    EnterFile(is_end);
    return entry;
  }
  if (is_attribute || name == "data") {
    is_checksum_ = false;
    Record next;
    next.is_open = !is_end && !element.tag.ends_with('/');
    next.is_attribute = next.is_open && is_attribute;
    return Flush(next);
  }
  if (name == "checksum" || name == "signature" || name == "x-signature") {
    is_checksum_ = !is_end;
  } else if (is_end) {
    return std::nullopt;
  } else if (name == "subdoc") {
    return ReadDocument(element);
  } else if (name == "name") {
    if (record_.is_attribute) {
      record_.name = NameOf(element);
    } else {
      NameFile(NameOf(element));
    }
  } else if (record_.is_open || !is_checksum_) {
    return ReadField(name, element);
  }
  return std::nullopt;
}

// Documents in documents are given with the outermost one.
std::optional<TocEntry> TocReader::ReadDocument(const Element& element) {
  const std::size_t start = scanner_.position();
  if (start < document_end_ || element.tag.ends_with('/')) {
    return std::nullopt;
  }
  const std::string_view rest = text_.substr(start);
  TocEntry entry;
  entry.document = rest.substr(0, rest.find("</subdoc"));
  document_end_ = start + entry.document->size();
  entry.name = "(subdocument)";
  return entry;
}

// What is said twice is believed both times.
std::optional<TocEntry> TocReader::ReadField(std::string_view field, const Element& element) {
  std::optional<std::uint64_t>* const number = field == "offset"   ? &record_.offset
                                               : field == "length" ? &record_.length
                                               : field == "size"   ? &record_.size
                                                                   : nullptr;
  const bool is_encoding = field == "encoding";
  if (number == nullptr && !is_encoding) {
    return std::nullopt;
  }
  const bool is_known = is_encoding ? !record_.encoding.empty() : number->has_value();
  std::optional<TocEntry> entry;
  if (is_known && record_.offset && record_.length) {
    entry = EntryOf(record_);
  }
  if (is_encoding) {
    record_.encoding = document::Attribute(element.tag, "style").substr(0, kEncodingBytesMax);
  } else {
    *number = NumberOf(element.text);
  }
  return entry;
}

void TocReader::EnterFile(bool is_end) {
  is_checksum_ = false;
  if (is_end && deeper_files_ > 0) {
    --deeper_files_;
  } else if (is_end && !files_.empty()) {
    files_.pop_back();
  } else if (!is_end) {
    if (!files_.empty() && !files_.back().is_named) {
      NameFile(kNoName);
      files_.back().is_named = false;
    }
    if (files_.size() < kFilesMax) {
      files_.emplace_back();
    } else {
      ++deeper_files_;
      files_.back() = {};
    }
  }
}

// The innermost file's path; what is in it already keeps the path that it had.
void TocReader::NameFile(std::string_view name) {
  if (!files_.empty()) {
    const std::string_view parent =
        files_.size() > 1 ? std::string_view(files_[files_.size() - 2].path) : std::string_view();
    files_.back().path = parts::JoinPath(parent, name.empty() ? kNoName : name);
    files_.back().is_named = true;
  }
}

// What was read, if it is data: their own tag may be the one that is mangled.
std::optional<TocEntry> TocReader::Flush(const Record& next) {
  const Record record = std::exchange(record_, next);
  const bool is_data =
      record.offset || record.length || !record.encoding.empty() || (record.is_open && record.size);
  return is_data ? std::optional(EntryOf(record)) : std::nullopt;
}

TocEntry TocReader::EntryOf(const Record& record) {
  if (!files_.empty() && !files_.back().is_named) {
    LookAheadForName();
  }
  TocEntry entry;
  entry.name = files_.empty() ? kNoName : files_.back().path;
  if (record.is_attribute) {
    entry.name = parts::JoinPath(entry.name, "(attribute " + record.name + ")");
  }
  entry.offset = record.offset;
  entry.length = record.length;
  entry.size = record.size;
  entry.encoding = record.encoding;
  return entry;
}

// Once a file, up to the next one.
void TocReader::LookAheadForName() {
  if (std::exchange(files_.back().was_sought, true)) {
    return;
  }
  parts::ElementScanner ahead = scanner_;
  bool is_attribute = record_.is_attribute;
  while (const auto element = ahead.Next()) {
    const std::string_view name = TagName(*element);
    const bool is_end = element->tag.starts_with('/');
    if (name == "file") {
      break;
    }
    if (name == "ea") {
      is_attribute = !is_end && !element->tag.ends_with('/');
    } else if (name == "name" && !is_end && !is_attribute) {
      NameFile(NameOf(*element));
      return;
    }
  }
  NameFile(kNoName);
}

}  // namespace day::unpack::xar
