#include "libs/signatures/signature_text.h"

#include <charconv>
#include <span>

#include "libs/signatures/table_format.h"
#include "libs/similarity/ctph.h"
#include "libs/similarity/tlsh.h"

namespace day::signatures {
namespace {

constexpr std::size_t kFieldsMax = 6;
constexpr std::string_view kUnnamed = "unnamed";

LineResult Bad(std::string_view problem) {
  LineResult result;
  result.kind = LineKind::kBad;
  result.problem = problem;
  return result;
}

constexpr int kNoDigit = -1;
constexpr std::array<std::int8_t, 256> MakeDigits() {
  std::array<std::int8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (int i = 0; i < 10; ++i) {
    digits[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  }
  for (int i = 0; i < 6; ++i) {
    digits[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
    digits[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  }
  return digits;
}
constexpr std::array<std::int8_t, 256> kDigits = MakeDigits();

bool ReadHex(std::string_view text, std::array<std::byte, 32>& digest) {
  if (text.size() > 2 * digest.size()) {
    return false;
  }
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = kDigits[static_cast<unsigned char>(text[i])];
    const int low = kDigits[static_cast<unsigned char>(text[i + 1])];
    if (high < 0 || low < 0) {
      return false;
    }
    digest[i / 2] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
}

enum class Scope : std::uint8_t { kFile, kSection, kImport, kAllow };

// The table for a digest of this many hexadecimal digits, or nothing.
std::optional<Table> TableOf(Scope scope, std::size_t digits) {
  const int index = digits == 32 ? 0 : (digits == 40 ? 1 : (digits == 64 ? 2 : -1));
  if (index < 0) {
    return std::nullopt;
  }
  constexpr std::array kFile = {Table::kFileMd5, Table::kFileSha1, Table::kFileSha256};
  constexpr std::array kSection = {Table::kSectionMd5, Table::kSectionSha1, Table::kSectionSha256};
  constexpr std::array kAllow = {Table::kAllowMd5, Table::kAllowSha1, Table::kAllowSha256};
  const auto at = static_cast<std::size_t>(index);
  switch (scope) {
    case Scope::kFile:
      return kFile[at];
    case Scope::kSection:
      return kSection[at];
    case Scope::kAllow:
      return kAllow[at];
    case Scope::kImport:
      break;
  }
  return index == 0 ? std::optional(Table::kImportMd5) : std::nullopt;
}

template <typename T>
bool ReadNumber(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// Fills in table, digest and name; an empty string_view means that all is well.
std::string_view SetSignature(Scope scope, std::string_view hash, std::string_view name,
                              TextSignature& signature) {
  const std::optional<Table> table = TableOf(scope, hash.size());
  if (!table || !ReadHex(hash, signature.digest)) {
    return "not a hash of 32, 40 or 64 hexadecimal digits";
  }
  if (name.empty()) {
    return "no name";
  }
  if (name.size() > format::kNameBytesMax) {
    return "the name is longer than 512 bytes";
  }
  signature.table = *table;
  signature.name = name;
  return {};
}

std::size_t Split(std::string_view line, char separator, std::span<std::string_view> fields) {
  std::size_t count = 0;
  while (count < fields.size()) {
    const std::size_t end = line.find(separator);
    fields[count++] = line.substr(0, end);
    if (end == std::string_view::npos) {
      return count;
    }
    line.remove_prefix(end + 1);
  }
  return fields.size() + 1;
}

std::string_view CheckLevels(std::span<const std::string_view> levels, bool has_wildcard) {
  std::uint32_t level_min = 0;
  std::uint32_t level_max = ~0u;
  if (!levels.empty() && !ReadNumber(levels[0], level_min)) {
    return "the functionality level is not a number";
  }
  if (levels.size() > 1 && !ReadNumber(levels[1], level_max)) {
    return "the functionality level is not a number";
  }
  if (has_wildcard && level_min < kFunctionalityLevelWildcards) {
    return "a size of * needs a minimum functionality level of 73 or more";
  }
  if (level_min > kFunctionalityLevel) {
    return "needs a higher functionality level";
  }
  if (level_max < kFunctionalityLevel) {
    return "is for lower functionality levels";
  }
  return {};
}

LineResult ParseColons(Scope scope, std::string_view line) {
  std::array<std::string_view, kFieldsMax> fields;
  const std::size_t count = Split(line, ':', fields);
  if (count < 3 || count > 5) {
    return Bad("not three to five fields between colons");
  }
  const bool size_first = scope == Scope::kSection;
  const std::string_view size = fields[size_first ? 0 : 1];
  const std::string_view hash = fields[size_first ? 1 : 0];
  LineResult result;
  result.kind = LineKind::kSignature;
  const bool has_wildcard = size == "*";
  if (!has_wildcard) {
    std::uint64_t number = 0;
    if (!ReadNumber(size, number)) {
      return Bad("the size is not a number");
    }
    result.signature.size_bytes = number;
  }
  const std::string_view level_problem =
      CheckLevels(std::span(fields).subspan(3, count - 3), has_wildcard && scope != Scope::kImport);
  if (!level_problem.empty()) {
    return Bad(level_problem);
  }
  const std::string_view problem = SetSignature(scope, hash, fields[2], result.signature);
  return problem.empty() ? result : Bad(problem);
}

// One CSV field: quoted or plain. Doubled quotes inside stay doubled.
std::string_view TakeCsvField(std::string_view& line) {
  while (line.starts_with(' ')) {
    line.remove_prefix(1);
  }
  std::string_view field;
  if (line.starts_with('"')) {
    std::size_t end = 1;
    while (end < line.size() && (line[end] != '"' || line.substr(end, 2) == "\"\"")) {
      end += line[end] == '"' ? 2u : 1u;
    }
    field = line.substr(1, std::min(end, line.size()) - 1);
    line.remove_prefix(std::min(end + 1, line.size()));
    line.remove_prefix(std::min(line.find(','), line.size()));
  } else {
    const std::size_t end = std::min(line.find(','), line.size());
    field = line.substr(0, end);
    while (field.ends_with(' ')) {
      field.remove_suffix(1);
    }
    line.remove_prefix(end);
  }
  if (line.starts_with(',')) {
    line.remove_prefix(1);
  }
  return field;
}

LineResult ParseCsv(std::string_view line, std::uint32_t line_number) {
  LineResult result;
  result.kind = LineKind::kSignature;
  const std::string_view hash = TakeCsvField(line);
  const std::string_view name = TakeCsvField(line);
  const std::string_view size = TakeCsvField(line);
  const std::string_view problem =
      SetSignature(Scope::kFile, hash, name.empty() ? kUnnamed : name, result.signature);
  if (!problem.empty()) {
    return line_number == 1 ? LineResult{} : Bad(problem);
  }
  if (!size.empty() && size != "*") {
    std::uint64_t number = 0;
    if (!ReadNumber(size, number)) {
      return Bad("the size is not a number");
    }
    result.signature.size_bytes = number;
  }
  return result;
}

// Where people who make such lists draw the line.
constexpr unsigned kTlshDistanceMax = 30;
constexpr unsigned kTlshDistanceLimit = 300;
constexpr unsigned kCtphScoreMin = 80;
constexpr std::string_view kSsdeepHeading = "ssdeep,1.";

LineResult ParseNear(std::string_view line) {
  if (line.starts_with(kSsdeepHeading)) {
    return {};
  }
  const std::size_t end = line.find_first_of(",\t");
  const std::string_view digest = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  const std::string_view name = TakeCsvField(line);
  const std::string_view limit = TakeCsvField(line);
  LineResult result;
  result.kind = LineKind::kSignature;
  TextSignature& signature = result.signature;
  const bool is_tlsh = similarity::ParseTlsh(digest).has_value();
  if (!is_tlsh && !similarity::ParseCtph(digest)) {
    return Bad("neither a TLSH nor an ssdeep digest");
  }
  signature.near_limit = is_tlsh ? kTlshDistanceMax : kCtphScoreMin;
  if (!limit.empty() && (!ReadNumber(limit, signature.near_limit) ||
                         signature.near_limit > (is_tlsh ? kTlshDistanceLimit : 100))) {
    return Bad(is_tlsh ? "the distance is not a number up to 300"
                       : "the score is not a number up to 100");
  }
  if (name.empty() || name.size() > format::kNameBytesMax) {
    return Bad(name.empty() ? "no name" : "the name is longer than 512 bytes");
  }
  signature.name = name;
  signature.near_digest = digest;
  return result;
}

LineResult ParseSum(std::string_view line) {
  LineResult result;
  result.kind = LineKind::kSignature;
  if (line.starts_with('\\')) {
    line.remove_prefix(1);  // sha256sum's sign of a name with escapes, which stay as they are
  }
  std::string_view hash = line.substr(0, line.find_first_of(" \t"));
  std::string_view name = line.substr(hash.size());
  const std::size_t open = line.find(" (");
  const std::size_t close = line.rfind(") = ");
  if (open != std::string_view::npos && close != std::string_view::npos && open + 2 <= close) {
    name = line.substr(open + 2, close - open - 2);  // BSD style
    hash = line.substr(close + 4);
  } else {
    const std::size_t begin = name.find_first_not_of(" \t");
    name = begin == std::string_view::npos ? std::string_view{} : name.substr(begin);
    if (name.starts_with('*')) {
      name.remove_prefix(1);  // binary mode
    }
  }
  const std::string_view problem =
      SetSignature(Scope::kFile, hash, name.empty() ? kUnnamed : name, result.signature);
  return problem.empty() ? result : Bad(problem);
}

}  // namespace

TextFormat FormatOfName(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? "" : file_name.substr(dot);
  if (ending == ".hdb" || ending == ".hsb" || ending == ".hdu" || ending == ".hsu") {
    return TextFormat::kFileHashes;
  }
  if (ending == ".mdb" || ending == ".msb" || ending == ".mdu" || ending == ".msu") {
    return TextFormat::kSectionHashes;
  }
  if (ending == ".imp") {
    return TextFormat::kImportHashes;
  }
  if (ending == ".fp" || ending == ".sfp") {
    return TextFormat::kAllow;
  }
  if (ending == ".near" || ending == ".tlsh" || ending == ".ssdeep") {
    return TextFormat::kNear;
  }
  return ending == ".csv" ? TextFormat::kCsv : TextFormat::kSums;
}

LineResult ParseLine(TextFormat format, std::string_view line, std::uint32_t line_number) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty() || line.front() == '#' ||
      line.find_first_not_of(" \t") == std::string_view::npos) {
    return {};
  }
  switch (format) {
    case TextFormat::kFileHashes:
      return ParseColons(Scope::kFile, line);
    case TextFormat::kSectionHashes:
      return ParseColons(Scope::kSection, line);
    case TextFormat::kImportHashes:
      return ParseColons(Scope::kImport, line);
    case TextFormat::kAllow:
      return ParseColons(Scope::kAllow, line);
    case TextFormat::kNear:
      return ParseNear(line);
    case TextFormat::kCsv:
      return ParseCsv(line, line_number);
    case TextFormat::kSums:
      break;
  }
  return ParseSum(line);
}

}  // namespace day::signatures
