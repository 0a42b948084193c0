#include "libs/signatures/clamav/body_builder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>
#include <utility>

#include "libs/base/lines.h"
#include "libs/crypto/hash.h"
#include "libs/match/gram_kernel.h"
#include "libs/signatures/clamav/body_format.h"
#include "libs/signatures/clamav/gram_table.h"
#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/part_plan.h"
#include "libs/signatures/clamav/pattern_text.h"
#include "libs/signatures/clamav/regex.h"
#include "libs/signatures/clamav/signature_line.h"
#include "libs/signatures/clamav/trigger.h"

namespace day::signatures::clamav {
namespace {

using format::SectionId;

template <typename T>
void Append(T value, std::string* out) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    *out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

void AppendRange(format::Condition condition, const Range& range, std::string* out) {
  *out += static_cast<char>(condition);
  Append(range.min, out);
  Append(range.max, out);
}

std::string EncodeConditions(const Conditions& conditions) {
  std::string out;
  if (conditions.file_size) {
    AppendRange(format::Condition::kFileSize, *conditions.file_size, &out);
  }
  if (conditions.entry_point) {
    AppendRange(format::Condition::kEntryPoint, *conditions.entry_point, &out);
  }
  if (conditions.section_count) {
    AppendRange(format::Condition::kSections, *conditions.section_count, &out);
  }
  if (conditions.container) {
    out += static_cast<char>(format::Condition::kContainer);
    Append(*conditions.container, &out);
  }
  if (!conditions.intermediates.empty()) {
    out += static_cast<char>(format::Condition::kIntermediates);
    out += static_cast<char>(conditions.intermediates.size());
    for (const ClamType type : conditions.intermediates) {
      Append(type, &out);
    }
  }
  if (conditions.handler) {
    out += static_cast<char>(format::Condition::kHandler);
    Append(*conditions.handler, &out);
  }
  if (!conditions.icon_group1.empty()) {
    out += static_cast<char>(format::Condition::kIcons);
    for (const std::string& group : {conditions.icon_group1, conditions.icon_group2}) {
      out += static_cast<char>(group.size());
      out += group;
    }
  }
  return out;
}

std::string Encode(const ByteCompare& compare) {
  std::string out;
  out += static_cast<char>(compare.id);
  Append(compare.shift, &out);
  out += static_cast<char>(compare.base);
  out += compare.little_endian ? '\1' : '\0';
  out += compare.exact ? '\1' : '\0';
  out += static_cast<char>(compare.length);
  out += static_cast<char>(compare.comparisons.size());
  for (const ByteCompare::Comparison& comparison : compare.comparisons) {
    out += comparison.op;
    Append(comparison.value, &out);
  }
  return out;
}

std::string Encode(const MacroTest& macro) {
  std::string out;
  Append(macro.distance_min, &out);
  Append(macro.distance_max, &out);
  Append(macro.group, &out);
  return out;
}

std::string Encode(const RegexTest& regex) {
  std::string out;
  out += static_cast<char>(regex.offset.kind);
  Append(regex.offset.number, &out);
  Append(regex.offset.section, &out);
  Append(regex.offset.shift, &out);
  for (const std::string* text : {&regex.trigger, &regex.flags, &regex.pattern}) {
    Append(static_cast<std::uint32_t>(text->size()), &out);
    out += *text;
  }
  return out;
}

std::uint32_t EdgeBits(const Edge& edge) {
  return static_cast<std::uint32_t>(edge.test) | (edge.negated ? format::kEdgeNegated : 0u);
}

bool NeedsProgram(const Offset& offset) {
  return offset.kind != Offset::Kind::kAny && offset.kind != Offset::Kind::kAbsolute &&
         offset.kind != Offset::Kind::kMacro;
}

}  // namespace

struct BodyBuilder::State {
  std::array<std::string, format::kSectionCount> sections;
  std::uint32_t count = 0;
  std::uint32_t files = 0;
  std::uint32_t flags = 0;
  std::uint32_t targets = 0;
  GramTable sampled;
  GramTable dense;
  PairTable shorts;

  std::string& At(SectionId section) { return sections[static_cast<std::size_t>(section)]; }
  void Word(SectionId section, std::uint32_t word) { Append(word, &At(section)); }
  std::uint32_t Records(SectionId section, std::size_t words) {
    return static_cast<std::uint32_t>(At(section).size() / (4 * words));
  }
  // Writes place and size of `bytes` in the pool.
  void Pooled(SectionId section, std::string_view bytes) {
    Word(section, static_cast<std::uint32_t>(At(SectionId::kPool).size()));
    Word(section, static_cast<std::uint32_t>(bytes.size()));
    At(SectionId::kPool) += bytes;
  }

  void AddPart(const Part& part, const PartPlan& plan, std::uint32_t pattern);
  PatternPlan AddPattern(const Pattern& pattern);
  SubsignaturePlan AddSubsignature(const Subsignature& subsignature);
  void AddLogic(const std::vector<LogicNode>& nodes);
  void Register(const PatternPlan& pattern);
};

BodyBuilder::BodyBuilder() : state_(std::make_unique<State>()) {}
BodyBuilder::~BodyBuilder() = default;
BodyBuilder::BodyBuilder(BodyBuilder&&) noexcept = default;
BodyBuilder& BodyBuilder::operator=(BodyBuilder&&) noexcept = default;

void BodyBuilder::State::AddPart(const Part& part, const PartPlan& plan, std::uint32_t pattern) {
  constexpr SectionId kParts = SectionId::kParts;
  Pooled(kParts, EncodeElements(part.elements));
  Word(kParts, part.gap_min);
  Word(kParts, part.gap_max);
  const auto far = [](const std::optional<FarByte>& byte) {
    return byte ? byte->distance_min | byte->distance_max << 16 : 0u;
  };
  const auto far_byte = [](const std::optional<FarByte>& byte) {
    return byte ? std::uint32_t{byte->byte.value} | std::uint32_t{byte->byte.mask} << 8 : 0u;
  };
  Word(kParts, EdgeBits(part.left) << format::kEdgeLeftShift |
                   EdgeBits(part.right) << format::kEdgeRightShift |
                   (part.far_left ? format::kPartHasFarLeft : 0u) |
                   (part.far_right ? format::kPartHasFarRight : 0u) |
                   (part.is_wide ? format::kPartIsWide : 0u));
  Word(kParts, far_byte(part.far_left) | far_byte(part.far_right) << 16);
  Word(kParts, far(part.far_left));
  Word(kParts, far(part.far_right));
  const Range length = LengthOf(part.elements);
  Word(kParts, length.min);
  Word(kParts, length.max);
  Word(kParts, plan.anchor_prefix);
  Word(kParts, plan.anchor_slack);
  Pooled(kParts, plan.anchor);
  Word(kParts, plan.anchor_is_masked ? 1 : 0);
  Word(kParts, pattern);
}

PatternPlan BodyBuilder::State::AddPattern(const Pattern& pattern) {
  const std::uint32_t index = Records(SectionId::kPatterns, format::kPatternWords);
  const std::uint32_t parts_begin = Records(SectionId::kParts, format::kPartWords);
  PatternPlan out;
  for (std::size_t i = 0; i < pattern.parts.size(); ++i) {
    PartPlan plan = PlanPart(pattern.parts[i]);
    AddPart(pattern.parts[i], plan, index);
    if (i == 0 || plan.cost < out.plan.cost) {
      out.plan = std::move(plan);
      out.part = parts_begin + static_cast<std::uint32_t>(i);
    }
  }
  constexpr SectionId kPatterns = SectionId::kPatterns;
  Word(kPatterns, parts_begin);
  Word(kPatterns, static_cast<std::uint32_t>(pattern.parts.size()));
  Word(kPatterns, count);
  Word(kPatterns, static_cast<std::uint32_t>(pattern.offset.kind));
  Word(kPatterns, pattern.offset.number);
  Word(kPatterns, pattern.offset.section);
  Word(kPatterns, pattern.offset.shift);
  Word(kPatterns, 0);
  flags |= NeedsProgram(pattern.offset) ? format::kFlagNeedsProgram : 0;
  return out;
}

SubsignaturePlan BodyBuilder::State::AddSubsignature(const Subsignature& subsignature) {
  constexpr SectionId kSubs = SectionId::kSubsignatures;
  SubsignaturePlan out;
  const auto data = [&](format::SubsignatureKind kind, const std::string& bytes) {
    Word(kSubs, static_cast<std::uint32_t>(kind));
    Pooled(kSubs, bytes);
    Word(kSubs, 0);
  };
  if (const auto* patterns = std::get_if<PatternList>(&subsignature)) {
    Word(kSubs, static_cast<std::uint32_t>(format::SubsignatureKind::kPatterns));
    Word(kSubs, Records(SectionId::kPatterns, format::kPatternWords));
    Word(kSubs, static_cast<std::uint32_t>(patterns->size()));
    Word(kSubs, 0);
    for (const Pattern& pattern : *patterns) {
      out.patterns.push_back(AddPattern(pattern));
    }
  } else if (const auto* compare = std::get_if<ByteCompare>(&subsignature)) {
    data(format::SubsignatureKind::kCompare, Encode(*compare));
    out.depends_on = compare->id;
  } else if (const auto* regex = std::get_if<RegexTest>(&subsignature)) {
    data(format::SubsignatureKind::kRegex, Encode(*regex));
    out.trigger = ParseLogic(regex->trigger).value_or({});
    flags |= NeedsProgram(regex->offset) ? format::kFlagNeedsProgram : 0;
  } else if (const auto* image = std::get_if<ImageTest>(&subsignature)) {
    std::string bytes;
    Append(image->hash, &bytes);
    data(format::SubsignatureKind::kImage, bytes);
    out.is_image = true;
  } else {
    data(format::SubsignatureKind::kMacro, Encode(std::get<MacroTest>(subsignature)));
    out.is_macro = true;
  }
  return out;
}

void BodyBuilder::State::AddLogic(const std::vector<LogicNode>& nodes) {
  constexpr SectionId kLogic = SectionId::kLogic;
  for (const LogicNode& node : nodes) {
    Word(kLogic, static_cast<std::uint32_t>(node.kind) |
                     static_cast<std::uint32_t>(static_cast<unsigned char>(node.op)) << 8 |
                     std::uint32_t{node.id} << 16);
    Word(kLogic, node.left);
    Word(kLogic, node.right);
    Word(kLogic, node.count);
    Word(kLogic, node.different);
  }
}

void BodyBuilder::State::Register(const PatternPlan& pattern) {
  for (const GramChoice& choice : pattern.plan.grams) {
    switch (pattern.plan.lookup) {
      case PartPlan::Class::kSampled:
        sampled.Add(choice, pattern.part, count);
        break;
      case PartPlan::Class::kDense:
        dense.Add(choice, pattern.part, count);
        break;
      case PartPlan::Class::kShort:
        shorts.Add(choice, pattern.part, count);
        break;
    }
  }
}

base::Status BodyBuilder::Add(const Signature& signature, std::uint32_t line) {
  State& state = *state_;
  if (state.count == kBodySignaturesMax || state.At(SectionId::kPool).size() > 0xF0000000) {
    return base::MakeError(base::ErrorKind::kLimit, "too many body signatures");
  }
  DAY_TRY_ASSIGN(const std::vector<LogicNode> logic, ParseLogic(signature.logic));
  for (const Subsignature& subsignature : signature.subsignatures) {
    if (const auto* regex = std::get_if<RegexTest>(&subsignature)) {
      DAY_TRY(Regex::Compile(regex->pattern, regex->flags));
    }
  }
  const auto* first = std::get_if<PatternList>(&signature.subsignatures.front());
  const bool is_macro = first != nullptr && first->front().offset.kind == Offset::Kind::kMacro;
  const std::string conditions = EncodeConditions(signature.conditions);
  const std::uint32_t subs_begin =
      state.Records(SectionId::kSubsignatures, format::kSubsignatureWords);
  const std::uint32_t first_pattern = state.Records(SectionId::kPatterns, format::kPatternWords);
  std::vector<SubsignaturePlan> plans;
  for (const Subsignature& subsignature : signature.subsignatures) {
    plans.push_back(state.AddSubsignature(subsignature));
  }
  const bool is_simple = plans.size() == 1 && logic.size() == 1 && logic[0].op == 0 &&
                         conditions.empty() && first != nullptr && first->size() == 1 &&
                         first->front().parts.size() == 1;
  constexpr SectionId kSignatures = SectionId::kSignatures;
  state.Pooled(kSignatures, signature.name);
  state.Word(kSignatures, state.files == 0 ? 0 : state.files - 1);
  state.Word(kSignatures, line);
  state.Word(kSignatures, signature.conditions.target);
  state.Word(kSignatures, (is_simple ? format::kSignatureIsSimple : 0u) |
                              (is_macro ? format::kSignatureIsMacro : 0u));
  state.Word(kSignatures, state.Records(SectionId::kLogic, format::kLogicWords));
  state.Word(kSignatures, static_cast<std::uint32_t>(logic.size()));
  state.Word(kSignatures, subs_begin);
  state.Word(kSignatures, static_cast<std::uint32_t>(plans.size()));
  state.Pooled(kSignatures, conditions);
  state.AddLogic(logic);
  if (is_macro) {
    state.Word(SectionId::kMacros, first->front().offset.number);
    state.Word(SectionId::kMacros, first_pattern);
  } else {
    state.targets |= 1u << signature.conditions.target;
    if (signature.conditions.entry_point || signature.conditions.section_count) {
      state.flags |= format::kFlagNeedsProgram;
    }
    const auto trigger = ChooseTrigger(logic, plans);
    if (!trigger) {
      state.Word(SectionId::kAlways, state.count);
    } else {
      for (const PatternPlan* pattern : *trigger) {
        state.Register(*pattern);
      }
    }
  }
  ++state.count;
  return base::OkStatus();
}

base::Result<BodyFileReport> BodyBuilder::AddFile(std::string_view name, std::string_view text) {
  const BodyFormat body_format = BodyFormatOf(name);
  if (body_format == BodyFormat::kNone) {
    return base::MakeError(base::ErrorKind::kInvalidUse, "not a file of body signatures");
  }
  BodyFileReport report;
  ++state_->files;
  state_->Pooled(SectionId::kFiles, name);
  std::uint32_t number = 0;
  while (!text.empty()) {
    ++number;
    BodyLine line = ParseBodyLine(body_format, base::TakeLine(&text));
    if (line.kind == BodyLine::Kind::kSignature) {
      const base::Status added = Add(line.signature, number);
      if (added.ok()) {
        ++report.signatures;
        continue;
      }
      if (added.error().kind == base::ErrorKind::kLimit) {
        return added.error();
      }
      line.kind = added.error().kind == base::ErrorKind::kUnsupported ? BodyLine::Kind::kSkipped
                                                                      : BodyLine::Kind::kMalformed;
      line.reason = added.error().message;
    }
    if (line.kind == BodyLine::Kind::kNothing) {
      continue;
    }
    const bool malformed = line.kind == BodyLine::Kind::kMalformed;
    ++(malformed ? report.lines_malformed : report.lines_skipped);
    if (report.reasons.size() < kBodyReasonsMax || report.reasons.count(line.reason) > 0) {
      ++report.reasons[line.reason];
    }
    if (report.diagnostics.size() < kBodyDiagnosticsMax) {
      report.diagnostics.push_back({number, malformed, std::move(line.reason)});
    }
  }
  return report;
}

std::uint32_t BodyBuilder::count() const { return state_->count; }

base::Result<std::string> BodyBuilder::Build() {
  State& state = *state_;
  state.sampled.Write(&state.At(SectionId::kSampledBitmap), &state.At(SectionId::kSampledStarts),
                      &state.At(SectionId::kSampledEntries));
  state.dense.Write(&state.At(SectionId::kDenseBitmap), &state.At(SectionId::kDenseStarts),
                    &state.At(SectionId::kDenseEntries));
  state.shorts.Write(&state.At(SectionId::kShortTables), &state.At(SectionId::kShortStarts),
                     &state.At(SectionId::kShortEntries));
  std::string descriptors;
  std::uint64_t offset = format::kHeaderBytes;
  const auto padding = [](std::uint64_t at) {
    return (format::kSectionAlignment - at % format::kSectionAlignment) % format::kSectionAlignment;
  };
  for (const std::string& section : state.sections) {
    if (section.size() > 0xFFFFFFFF) {
      return base::MakeError(base::ErrorKind::kLimit, "body signatures: a section over 4 GiB");
    }
    offset += padding(offset);
    Append(offset, &descriptors);
    Append(std::uint64_t{section.size()}, &descriptors);
    descriptors += base::AsText(crypto::Sha256(base::AsBytes(section)));
    offset += section.size();
  }
  std::string out(format::kMagic);
  out.reserve(offset);
  Append(format::kVersion, &out);
  Append(static_cast<std::uint32_t>(format::kSectionCount), &out);
  Append(offset, &out);
  Append(state.flags, &out);
  Append(state.targets, &out);
  out += descriptors;
  out += base::AsText(crypto::Sha256(base::AsBytes(out)));
  for (std::string& section : state.sections) {
    out.append(padding(out.size()), '\0');
    out += section;
    section = {};
  }
  return out;
}

}  // namespace day::signatures::clamav
