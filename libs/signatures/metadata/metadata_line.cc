#include "libs/signatures/metadata/metadata_line.h"

#include <array>
#include <charconv>
#include <span>

#include "libs/signatures/signature_text.h"

namespace day::signatures::metadata {
namespace {

constexpr std::size_t kFieldsMax = 13;
constexpr std::size_t kNameBytesMax = 512;
constexpr std::size_t kRegexBytesMax = 4096;

MetadataLine Bad(std::string_view problem) {
  MetadataLine line;
  line.kind = MetadataLine::Kind::kBad;
  line.problem = problem;
  return line;
}

template <typename T>
bool ReadNumber(std::string_view text, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size();
}

// "*", "n", "a-b".
bool ReadBounds(std::string_view text, Bounds& bounds) {
  if (text == "*") {
    return true;
  }
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    const bool read = ReadNumber(text, bounds.min);
    bounds.max = bounds.min;
    return read;
  }
  return ReadNumber(text.substr(0, dash), bounds.min) &&
         ReadNumber(text.substr(dash + 1), bounds.max) && bounds.min <= bounds.max;
}

// Colons part fields, but not those behind a backslash: expressions may have them.
std::size_t Split(std::string_view line, std::span<std::string_view> fields) {
  std::size_t count = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    const bool ends = at == line.size() || (line[at] == ':' && (at == 0 || line[at - 1] != '\\'));
    if (!ends) {
      continue;
    }
    if (count == fields.size()) {
      return fields.size() + 1;
    }
    fields[count++] = line.substr(begin, at - begin);
    begin = at + 1;
  }
  return count;
}

// Where the fields of a format stand.
struct Layout {
  std::size_t fields_min;
  std::size_t regex;
  std::size_t compressed;
  std::size_t real;
  std::size_t encrypted;
  std::size_t position;
  std::size_t crc32;
};
constexpr Layout kCdb = {10, 3, 4, 5, 6, 7, 8};
constexpr Layout kOld = {9, 2, 4, 3, 1, 7, 5};

std::string_view ReadCommon(std::span<const std::string_view> fields, const Layout& layout,
                            MetadataSignature& signature) {
  signature.name = fields[0];
  if (signature.name.empty() || signature.name.size() > kNameBytesMax) {
    return "no name, or one longer than 512 bytes";
  }
  const std::string_view regex = fields[layout.regex];
  if (regex.size() > kRegexBytesMax) {
    return "the expression is longer than 4,096 bytes";
  }
  signature.regex = regex == "*" ? std::string_view() : regex;
  if (!ReadBounds(fields[layout.compressed], signature.compressed_size) ||
      !ReadBounds(fields[layout.real], signature.real_size) ||
      !ReadBounds(fields[layout.position], signature.position)) {
    return "a size or position is not *, a number or a range";
  }
  const std::string_view encrypted = fields[layout.encrypted];
  if (encrypted != "*" && encrypted != "0" && encrypted != "1") {
    return "encrypted is not *, 0 or 1";
  }
  if (encrypted != "*") {
    signature.is_encrypted = encrypted == "1";
  }
  if (const std::string_view crc = fields[layout.crc32]; crc != "*" && !crc.empty()) {
    std::uint32_t value = 0;
    if (!ReadNumber(crc, value, 16)) {
      return "the checksum is not * or hexadecimal";
    }
    signature.crc32 = value;
  }
  return {};
}

std::string_view CheckLevels(std::span<const std::string_view> levels) {
  std::uint32_t level_min = 0;
  std::uint32_t level_max = ~0u;
  if ((!levels.empty() && !ReadNumber(levels[0], level_min)) ||
      (levels.size() > 1 && !ReadNumber(levels[1], level_max))) {
    return "the functionality level is not a number";
  }
  if (level_min > kFunctionalityLevel) {
    return "needs a higher functionality level";
  }
  return level_max < kFunctionalityLevel ? "is for lower functionality levels" : std::string_view();
}

}  // namespace

MetadataFormat MetadataFormatOf(std::string_view file_name) {
  if (file_name.ends_with(".cdb")) {
    return MetadataFormat::kCdb;
  }
  if (file_name.ends_with(".zmd")) {
    return MetadataFormat::kZmd;
  }
  return file_name.ends_with(".rmd") ? MetadataFormat::kRmd : MetadataFormat::kNone;
}

MetadataLine ParseMetadataLine(MetadataFormat format, std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty() || line.front() == '#') {
    return {};
  }
  std::array<std::string_view, kFieldsMax> fields;
  const std::size_t count = Split(line, fields);
  const bool is_cdb = format == MetadataFormat::kCdb;
  const Layout& layout = is_cdb ? kCdb : kOld;
  if (count < layout.fields_min || count > layout.fields_min + 2) {
    return Bad("not the right number of fields between colons");
  }
  MetadataLine result;
  result.kind = MetadataLine::Kind::kSignature;
  std::string_view problem = ReadCommon(fields, layout, result.signature);
  if (problem.empty()) {
    problem = CheckLevels(std::span(fields).subspan(layout.fields_min, count - layout.fields_min));
  }
  if (problem.empty() && is_cdb && !ReadBounds(fields[2], result.signature.container_size)) {
    problem = "the container's size is not *, a number or a range";
  }
  const std::string_view type = !is_cdb            ? std::string_view()
                                : fields[1] == "*" ? std::string_view()
                                                   : fields[1];
  if (!is_cdb) {
    result.signature.container =
        clamav::TypeOfName(format == MetadataFormat::kZmd ? "CL_TYPE_ZIP" : "CL_TYPE_RAR");
  } else if (!type.empty()) {
    result.signature.container = clamav::TypeOfName(type);
    if (!result.signature.container && problem.empty()) {
      problem = "unknown type of container";
    }
  }
  return problem.empty() ? result : Bad(problem);
}

}  // namespace day::signatures::metadata
