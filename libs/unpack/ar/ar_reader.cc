#include "libs/unpack/ar/ar_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace day::unpack::ar {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::uint64_t kHeaderBytes = 60;
constexpr std::size_t kNameSize = 16;
constexpr std::size_t kSizeOffset = 48;
constexpr std::size_t kSizeSize = 10;
constexpr std::size_t kEndOffset = 58;
constexpr std::string_view kHeaderEnd = "`\n";

// Decimal digits, then blanks.
std::optional<std::uint64_t> ReadNumber(std::string_view field) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  const std::string_view rest = field.substr(static_cast<std::size_t>(end - field.data()));
  return rest.find_first_not_of(' ') == std::string_view::npos ? std::optional(value)
                                                               : std::nullopt;
}

bool IsTable(std::string_view name) {
  return name == "/" || name == "/SYM64/" || name == "__.SYMDEF" || name == "__.SYMDEF SORTED";
}

}  // namespace

bool ArReader::IsAr(base::Bytes file) { return base::AsText(file).starts_with(kMagic); }

ArReader::ArReader(base::Bytes file) : file_(file), offset_(kMagic.size()) {}

// BSD names stand in front of the data, which is cut by them.
std::string ArReader::ResolveName(std::string_view field, base::Bytes& data) {
  field = field.substr(0, field.find_last_not_of(' ') + 1);
  if (field.starts_with("#1/"sv)) {
    const std::uint64_t size = ReadNumber(field.substr(3)).value_or(0);
    const std::string_view name = base::AsText(base::ClippedSlice(data, 0, size));
    data = data.subspan(name.size());
    return std::string(name.substr(0, std::min(name.find('\0'), kNameBytesMax)));
  }
  if (field.size() > 1 && field[0] == '/' && field[1] >= '0' && field[1] <= '9') {
    const auto offset = ReadNumber(field.substr(1));
    if (offset && *offset < names_.size()) {
      field = names_.substr(static_cast<std::size_t>(*offset));
      field = field.substr(0, std::min(field.find_first_of("\n\0"sv), kNameBytesMax));
    }
  }
  if (field.size() > 1 && field.ends_with('/') && !IsTable(field)) {
    field.remove_suffix(1);
  }
  return std::string(field);
}

std::optional<parts::Member> ArReader::Next(base::Budget& budget, inflate::OutputBuffer&) {
  while (offset_ < file_.size()) {
    const base::Bytes header = base::ClippedSlice(file_, offset_, kHeaderBytes);
    const std::string_view text = base::AsText(header);
    const auto size = text.size() == kHeaderBytes && text.substr(kEndOffset) == kHeaderEnd
                          ? ReadNumber(text.substr(kSizeOffset, kSizeSize))
                          : std::nullopt;
    if (!size) {
      problem_ = "damaged: no header where one should be";
      const base::Bytes rest = base::ClippedSlice(file_, offset_, file_.size());
      offset_ = file_.size();
      return parts::StoredMember("(trailing data)", rest, budget);
    }
    base::Bytes data = base::ClippedSlice(file_, offset_ + kHeaderBytes, *size);
    const bool is_cut = data.size() < *size;
    // Members start at even offsets.
    offset_ += kHeaderBytes + data.size() + data.size() % 2;
    const std::string_view field = text.substr(0, kNameSize);
    if (field.starts_with("// "sv)) {
      names_ = base::AsText(data);
      continue;
    }
    std::string name = ResolveName(field, data);
    if (IsTable(name)) {
      continue;
    }
    parts::Member member = parts::StoredMember(std::move(name), data, budget);
    if (is_cut && member.gap.empty()) {
      member.gap = "damaged: the data ends too early";
    }
    return member;
  }
  return std::nullopt;
}

}  // namespace day::unpack::ar
