#include "libs/signatures/clamav/signature_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/pattern_text.h"
#include "libs/signatures/clamav/subsignature_text.h"
#include "libs/signatures/signature_text.h"

namespace day::signatures::clamav {
namespace {

// Bytes of a pattern without wildcards.
constexpr std::size_t kPlainBytesMin = 3;
// From this level on conditions beside Target need "Engine".
constexpr std::uint32_t kEngineLevelMin = 51;

base::Error Malformed(std::string reason) {
  return base::MakeError(base::ErrorKind::kMalformed, std::move(reason));
}
base::Error Skipped(std::string reason) {
  return base::MakeError(base::ErrorKind::kUnsupported, std::move(reason));
}

std::optional<std::uint32_t> Number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// ClamAV reads an empty number as 0.
std::optional<std::uint32_t> LaxNumber(std::string_view text) {
  return text.empty() ? std::optional<std::uint32_t>(0) : Number(text);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return fields;
    }
    text.remove_prefix(end + 1);
  }
}

base::Status CheckName(std::string_view name) {
  if (name.empty()) {
    return Malformed("no name");
  }
  return name.size() > kBodyNameBytesMax ? base::Status(Malformed("the name is too long"))
                                         : base::OkStatus();
}

base::Status CheckLevels(std::uint32_t level_min, std::uint32_t level_max) {
  if (level_min > kFunctionalityLevel) {
    return Skipped("needs functionality level " + std::to_string(level_min));
  }
  if (level_max < kFunctionalityLevel) {
    return Skipped("is for functionality levels up to " + std::to_string(level_max));
  }
  return base::OkStatus();
}

base::Result<std::uint8_t> ParseTarget(std::string_view text) {
  if (text == "*" || text.empty()) {
    return std::uint8_t{0};
  }
  const auto number = Number(text);
  if (!number) {
    return Malformed("the target is not a number");
  }
  if (*number > kTargetMax) {
    return Skipped("target " + std::to_string(*number) + " is not known");
  }
  return static_cast<std::uint8_t>(*number);
}

base::Result<Signature> ParseHexLine(std::string_view name, std::uint8_t target,
                                     std::string_view offset, std::string_view hex) {
  Signature signature;
  DAY_TRY(CheckName(name));
  signature.name = name;
  signature.conditions.target = target;
  signature.logic = "0";
  Pattern pattern;
  DAY_TRY_ASSIGN(pattern.offset, ParseOffset(offset, target));
  DAY_TRY_ASSIGN(pattern.parts, ParseHex(hex, {}));
  if (hex.size() < 2 * kPlainBytesMin && hex.find_first_of("?([") == std::string_view::npos) {
    return Malformed("fewer than three bytes");
  }
  signature.subsignatures.emplace_back(PatternList{std::move(pattern)});
  return signature;
}

base::Result<Signature> ParseDb(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return Malformed("not NAME=HEX");
  }
  return ParseHexLine(line.substr(0, equals), 0, "*", line.substr(equals + 1));
}

base::Result<Signature> ParseNdb(std::string_view line) {
  const std::vector<std::string_view> fields = Split(line, ':');
  if (fields.size() < 4 || fields.size() > 6) {
    return Malformed("not four to six fields between colons");
  }
  const auto level_min = fields.size() > 4 ? LaxNumber(fields[4]) : std::optional<std::uint32_t>(0);
  const auto level_max =
      fields.size() > 5 ? LaxNumber(fields[5]) : std::optional<std::uint32_t>(~0u);
  if (!level_min || !level_max) {
    return Malformed("a functionality level is not a number");
  }
  DAY_TRY(CheckLevels(*level_min, *level_max));
  DAY_TRY_ASSIGN(const std::uint8_t target, ParseTarget(fields[1]));
  return ParseHexLine(fields[0], target, fields[2], fields[3]);
}

base::Result<Range> ParseRange(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto min = Number(text.substr(0, dash));
  const auto max = dash == std::string_view::npos ? std::nullopt : Number(text.substr(dash + 1));
  if (!min || !max) {
    return Malformed("a condition is not a range a-b");
  }
  return Range{*min, *max};
}

base::Result<ClamType> ParseType(std::string_view text) {
  const auto type = TypeOfName(text);
  if (!type) {
    return Skipped("type " + std::string(text.substr(0, 64)) + " is not known");
  }
  return *type;
}

// One attribute of the conditions.
base::Status ParseCondition(std::string_view key, std::string_view value, Conditions* out) {
  if (key == "Target") {
    DAY_TRY_ASSIGN(out->target, ParseTarget(value));
  } else if (key == "Engine") {
    DAY_TRY_ASSIGN(const Range levels, ParseRange(value));
    return CheckLevels(levels.min, levels.max);
  } else if (key == "FileSize") {
    DAY_TRY_ASSIGN(out->file_size, ParseRange(value));
  } else if (key == "EntryPoint") {
    DAY_TRY_ASSIGN(out->entry_point, ParseRange(value));
  } else if (key == "NumberOfSections") {
    DAY_TRY_ASSIGN(out->section_count, ParseRange(value));
  } else if (key == "Container") {
    DAY_TRY_ASSIGN(out->container, ParseType(value));
  } else if (key == "HandlerType") {
    DAY_TRY_ASSIGN(out->handler, ParseType(value));
  } else if (key == "Intermediates") {
    for (const std::string_view name : Split(value, '>')) {
      DAY_TRY_ASSIGN(const ClamType type, ParseType(name));
      out->intermediates.push_back(type);
    }
    if (out->intermediates.size() > kIntermediatesMax) {
      return Malformed("more than 16 intermediates");
    }
  } else if (key == "IconGroup1" || key == "IconGroup2") {
    if (value.empty() || value.size() > kIconGroupBytesMax) {
      return Malformed("a group of icons has no name, or a long one");
    }
    (key == "IconGroup1" ? out->icon_group1 : out->icon_group2) = value;
  } else {
    return Skipped("condition " + std::string(key.substr(0, 64)) + " is not known");
  }
  return base::OkStatus();
}

base::Result<Conditions> ParseConditions(std::string_view text) {
  Conditions out;
  bool has_target = false;
  bool has_engine = false;
  bool has_other = false;
  bool engine_first = true;
  std::uint32_t engine_level = 0;
  for (const std::string_view item : Split(text, ',')) {
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) {
      return Malformed("a condition is not KEY:VALUE");
    }
    const std::string_view key = item.substr(0, colon);
    const std::string_view value = item.substr(colon + 1);
    if (key == "Engine") {
      has_engine = true;
      engine_first = !has_other && !has_target;
      DAY_TRY_ASSIGN(const Range levels, ParseRange(value));
      engine_level = levels.min;
    }
    has_target = has_target || key == "Target";
    has_other = has_other || (key != "Engine" && key != "Target");
    DAY_TRY(ParseCondition(key, value, &out));
  }
  if (!has_target) {
    return Malformed("no Target");
  }
  if ((has_engine && !engine_first) || (has_other && engine_level < kEngineLevelMin)) {
    return Malformed("conditions need Engine:51-... in front");
  }
  if (!out.icon_group1.empty() || !out.icon_group2.empty()) {
    if (out.target != 1) {
      return Malformed("IconGroup1 and IconGroup2 need a target of PE");
    }
    out.icon_group1 = out.icon_group1.empty() ? "*" : out.icon_group1;
    out.icon_group2 = out.icon_group2.empty() ? "*" : out.icon_group2;
  }
  const bool is_program = out.target == 1 || out.target == 6 || out.target == 9;
  if ((out.entry_point || out.section_count) && !is_program) {
    return Malformed("EntryPoint and NumberOfSections need a target of PE, ELF or Mach-O");
  }
  return out;
}

// Ids that a subsignature asks of must be others, so that asking ends.
base::Status CheckReferences(const std::vector<Subsignature>& subsignatures) {
  for (std::size_t i = 0; i < subsignatures.size(); ++i) {
    if (const auto* compare = std::get_if<ByteCompare>(&subsignatures[i])) {
      if (compare->id >= subsignatures.size() || compare->id == i) {
        return Malformed("byte comparison: no such subsignature");
      }
    } else if (const auto* regex = std::get_if<RegexTest>(&subsignatures[i])) {
      DAY_TRY_ASSIGN(const std::vector<LogicNode> nodes, ParseLogic(regex->trigger));
      if (IdCount(nodes) > i) {
        return Malformed("the trigger of a regex must name earlier subsignatures");
      }
    } else if (std::holds_alternative<MacroTest>(subsignatures[i]) &&
               (i == 0 || !std::holds_alternative<PatternList>(subsignatures[i - 1]))) {
      return Malformed("a macro must follow a pattern");
    }
  }
  return base::OkStatus();
}

// Fields between semicolons; those of a regex are written \x3b.
base::Result<Signature> ParseLdb(std::string_view line) {
  const std::vector<std::string_view> fields = Split(line, ';');
  if (fields.size() < 4) {
    return Malformed("not NAME;CONDITIONS;LOGIC;SUBSIGNATURE");
  }
  if (fields.size() - 3 > kSubsignatureCountMax) {
    return Malformed("more than 64 subsignatures");
  }
  Signature out;
  DAY_TRY(CheckName(fields[0]));
  out.name = fields[0];
  DAY_TRY_ASSIGN(const std::vector<LogicNode> logic, ParseLogic(fields[2]));
  DAY_TRY_ASSIGN(out.conditions, ParseConditions(fields[1]));
  out.logic = fields[2];
  if (IdCount(logic) != fields.size() - 3) {
    return Malformed("the logic asks for " + std::to_string(IdCount(logic)) +
                     " subsignatures, there are " + std::to_string(fields.size() - 3));
  }
  for (std::size_t i = 3; i < fields.size(); ++i) {
    base::Result<Subsignature> subsignature = ParseSubsignature(fields[i], out.conditions.target);
    if (!subsignature.ok()) {
      return base::MakeError(subsignature.error().kind, "subsignature " + std::to_string(i - 3) +
                                                            ": " + subsignature.error().message);
    }
    out.subsignatures.push_back(std::move(subsignature).value());
  }
  DAY_TRY(CheckReferences(out.subsignatures));
  return out;
}

base::Result<Signature> ParseAny(BodyFormat format, std::string_view line) {
  switch (format) {
    case BodyFormat::kDb:
      return ParseDb(line);
    case BodyFormat::kNdb:
      return ParseNdb(line);
    case BodyFormat::kLdb:
      return ParseLdb(line);
    case BodyFormat::kNone:
      break;
  }
  return Malformed("not a file of body signatures");
}

}  // namespace

BodyFormat BodyFormatOf(std::string_view file_name) {
  constexpr std::array<std::pair<std::string_view, BodyFormat>, 6> kEndings = {{
      {".ndb", BodyFormat::kNdb},
      {".ndu", BodyFormat::kNdb},
      {".sdb", BodyFormat::kNdb},
      {".ldb", BodyFormat::kLdb},
      {".ldu", BodyFormat::kLdb},
      {".db", BodyFormat::kDb},
  }};
  const auto* const found = std::find_if(kEndings.begin(), kEndings.end(), [&](const auto& ending) {
    return file_name.ends_with(ending.first);
  });
  return found == kEndings.end() ? BodyFormat::kNone : found->second;
}

base::Result<Conditions> ParseConditionText(std::string_view text) { return ParseConditions(text); }

BodyLine ParseBodyLine(BodyFormat format, std::string_view line) {
  BodyLine out;
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty() || line.front() == '#') {
    return out;
  }
  base::Result<Signature> signature = ParseAny(format, line);
  if (signature.ok()) {
    out.kind = BodyLine::Kind::kSignature;
    out.signature = std::move(signature).value();
    return out;
  }
  out.kind = signature.error().kind == base::ErrorKind::kUnsupported ? BodyLine::Kind::kSkipped
                                                                     : BodyLine::Kind::kMalformed;
  out.reason = std::move(signature).error().message;
  return out;
}

}  // namespace day::signatures::clamav
