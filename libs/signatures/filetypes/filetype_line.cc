#include "libs/signatures/filetypes/filetype_line.h"

#include <array>
#include <charconv>
#include <optional>

#include "libs/base/bytes.h"
#include "libs/signatures/clamav/pattern_text.h"
#include "libs/signatures/filetypes/pattern_expression.h"
#include "libs/signatures/signature_text.h"

namespace day::signatures::filetypes {
namespace {

constexpr std::size_t kFieldsMin = 6;
constexpr std::size_t kFieldsMax = 8;
constexpr std::uint32_t kModeBytes = 0;
constexpr std::uint32_t kModePattern = 1;
constexpr std::uint32_t kModePartition = 4;

using Fields = std::array<std::string_view, kFieldsMax>;

// As ClamAV reads them: only digits, and none is 0.
std::optional<std::uint32_t> ReadNumber(std::string_view text) {
  std::uint32_t value = 0;
  if (text.empty()) {
    return value;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

// More fields than there is room for are counted, too.
std::size_t Split(std::string_view line, Fields& fields) {
  for (std::size_t count = 0;;) {
    const std::size_t end = line.find(':');
    if (count < fields.size()) {
      fields[count] = line.substr(0, end);
    }
    ++count;
    if (end == std::string_view::npos) {
      return count;
    }
    line.remove_prefix(end + 1);
  }
}

std::string ReadLevels(const Fields& fields, std::size_t count) {
  const auto min = count > 6 ? ReadNumber(fields[6]) : 0;
  const auto max = count > 7 ? ReadNumber(fields[7]) : ~std::uint32_t{0};
  if (!min || !max) {
    return "a functionality level is not a number";
  }
  if (*min > kFunctionalityLevel) {
    return "needs a higher functionality level";
  }
  return *max < kFunctionalityLevel ? "is for lower functionality levels" : "";
}

std::string ReadBytes(const Fields& fields, FileTypeMagic& magic) {
  const auto offset = ReadNumber(fields[1]);
  const auto bytes = base::FromHex(fields[2]);
  if (!offset) {
    return "the offset is not a number";
  }
  if (!bytes || bytes->empty()) {
    return "the bytes are not hexadecimal";
  }
  magic.offset.kind = clamav::Offset::Kind::kAbsolute;
  magic.offset.number = *offset;
  magic.bytes = base::AsText(base::AsBytes(*bytes));
  return {};
}

std::string ReadPattern(const Fields& fields, FileTypeMagic& magic) {
  const auto offset = clamav::ParseOffset(fields[1], 0);
  if (!offset.ok()) {
    return offset.error().message;
  }
  const auto parts = clamav::ParseHex(fields[2], {});
  if (!parts.ok()) {
    return parts.error().message;
  }
  const auto expression = ExpressionOf(*parts);
  if (!expression || offset->kind == clamav::Offset::Kind::kMacro) {
    return "tests and macros are not known in file types";
  }
  magic.offset = *offset;
  magic.expression = *expression;
  magic.literal = LiteralOf(*parts);
  return {};
}

std::string ReadMagic(const Fields& fields, FileTypeLine& line) {
  const auto required = clamav::TypeOfName(fields[4]);
  const auto type = clamav::TypeOfName(fields[5]);
  if (!required || !type || fields[4] == "CL_TYPE_ERROR" || fields[5] == "CL_TYPE_ERROR") {
    return "unknown type of file";
  }
  line.magic.required = *required;
  line.magic.type = *type;
  const auto mode = ReadNumber(fields[0]);
  if (!mode) {
    return "the mode is not a number";
  }
  line.kind = FileTypeLine::Kind::kMagic;
  switch (*mode) {
    case kModeBytes:
      return ReadBytes(fields, line.magic);
    case kModePartition:
      line.magic.mode = FileTypeMagic::Mode::kPartition;
      return ReadBytes(fields, line.magic);
    case kModePattern:
      line.magic.mode = FileTypeMagic::Mode::kPattern;
      return ReadPattern(fields, line.magic);
    default:
      return "the mode is not 0, 1 or 4";
  }
}

}  // namespace

FileTypeLine ParseFileTypeLine(std::string_view text) {
  FileTypeLine line;
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.front() == '#') {
    return line;
  }
  Fields fields;
  const std::size_t count = Split(text, fields);
  line.problem = count < kFieldsMin || count > kFieldsMax ? "not six to eight fields between colons"
                                                          : ReadLevels(fields, count);
  if (line.problem.empty()) {
    line.problem = ReadMagic(fields, line);
  }
  if (!line.problem.empty()) {
    line.kind = FileTypeLine::Kind::kBad;
  }
  return line;
}

}  // namespace day::signatures::filetypes
