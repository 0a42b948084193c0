#include "libs/rules/compile/compiled_rules.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "libs/rules/compile/keys.h"
#include "libs/rules/compile/state.h"

namespace day::rules::compile {
namespace {

base::Error Damaged(const char* what) {
  return base::MakeError(base::ErrorKind::kMalformed,
                         std::string("not a usable compiled rule set: ") + what);
}

base::Status CheckHeader(base::Bytes blob, BlobHeader& header) {
  if (blob.size() < sizeof(header)) {
    return Damaged("too short");
  }
  std::memcpy(&header, blob.data(), sizeof(header));
  if (std::memcmp(header.magic, kBlobMagic, sizeof(kBlobMagic)) != 0) {
    return Damaged("wrong magic");
  }
  if (header.version != kBlobVersion || header.section_count != kSectionCount) {
    return Damaged("another version");
  }
  if (header.size != blob.size()) {
    return Damaged("wrong size");
  }
  if (header.checksum != HashBytes(blob.subspan(offsetof(BlobHeader, sections)))) {
    return Damaged("wrong checksum");
  }
  for (const SectionRange& section : header.sections) {
    if (section.offset % kSectionAlignment != 0 ||
        !base::Slice(blob, section.offset, section.size).has_value()) {
      return Damaged("a section lies outside");
    }
  }
  return base::OkStatus();
}

// Reads sections in place. The one place where bytes become structures: the blob is our own, its
// checksum was verified, and sections are aligned.
class SectionReader {
 public:
  SectionReader(base::Bytes blob, const BlobHeader& header) : blob_(blob), header_(header) {}

  base::Bytes Raw(Section section) const {
    const SectionRange& range = header_.sections[static_cast<std::size_t>(section)];
    return blob_.subspan(static_cast<std::size_t>(range.offset),
                         static_cast<std::size_t>(range.size));
  }
  template <typename T>
  void Read(Section section, std::span<const T>& out) {
    const base::Bytes raw = Raw(section);
    ok_ = ok_ && raw.size() % sizeof(T) == 0;
    out = {reinterpret_cast<const T*>(raw.data()), raw.size() / sizeof(T)};
  }
  bool ok() const { return ok_; }

 private:
  base::Bytes blob_;
  const BlobHeader& header_;
  bool ok_ = true;
};

void ReadTables(SectionReader& reader, CompiledRules::State& state) {
  reader.Read(Section::kNodes, state.nodes);
  reader.Read(Section::kSpans, state.spans);
  reader.Read(Section::kChildren, state.children);
  reader.Read(Section::kStringSetStarts, state.string_set_starts);
  reader.Read(Section::kStringSetItems, state.string_set_items);
  reader.Read(Section::kRuleSetStarts, state.rule_set_starts);
  reader.Read(Section::kRuleSetItems, state.rule_set_items);
  reader.Read(Section::kTexts, state.texts);
  reader.Read(Section::kRegexStarts, state.regex_starts);
  reader.Read(Section::kRegexCode, state.regex_code);
  reader.Read(Section::kExternals, state.externals);
  reader.Read(Section::kRules, state.rules);
  reader.Read(Section::kTags, state.tags);
  reader.Read(Section::kMetas, state.metas);
  reader.Read(Section::kStrings, state.strings);
  reader.Read(Section::kStringFlags, state.string_flags);
  reader.Read(Section::kNamespaces, state.namespaces);
  reader.Read(Section::kGlobals, state.globals);
  reader.Read(Section::kFiles, state.files);
  reader.Read(Section::kModules, state.module_names);
  reader.Read(Section::kRuleModes, state.rule_modes);
  reader.Read(Section::kAlways, state.always);
  reader.Read(Section::kExtraTriggers, state.extra_triggers);
  reader.Read(Section::kKeyGroups, state.key_groups);
  reader.Read(Section::kKeyTable, state.key_table);
  reader.Read(Section::kKeyRules, state.key_rules);
  reader.Read(Section::kPartitions, state.partitions);
  state.pool = base::AsText(reader.Raw(Section::kPool));
}

// Tables that are read side by side must be equally long.
bool Consistent(const CompiledRules::State& state) {
  return state.spans.size() == state.nodes.size() &&
         state.string_flags.size() == state.strings.size() &&
         state.rule_modes.size() == state.rules.size() * kPartitionCount &&
         state.partitions.size() == kPartitionCount && !state.string_set_starts.empty() &&
         !state.rule_set_starts.empty() && !state.regex_starts.empty();
}

base::Status FindModules(const module::Registry& registry, CompiledRules::State& state) {
  for (const PodModule& wanted : state.module_names) {
    const std::string name(state.Text(wanted.name));
    const module::Module* module = registry.Find(name);
    if (module == nullptr) {
      return base::MakeError(base::ErrorKind::kNotFound, "module \"" + name + "\" is missing");
    }
    if (SchemaHash(*module) != wanted.schema_hash) {
      return Damaged("made with another version of a module");
    }
    state.modules.push_back(module);
  }
  return base::OkStatus();
}

}  // namespace

CompiledRules::CompiledRules() : state_(std::make_unique<State>()) {}
CompiledRules::~CompiledRules() = default;

base::Result<std::unique_ptr<CompiledRules>> CompiledRules::Open(base::Bytes blob,
                                                                 const module::Registry& registry) {
  BlobHeader header;
  DAY_TRY(CheckHeader(blob, header));
  std::unique_ptr<CompiledRules> rules(new CompiledRules());
  State& state = *rules->state_;
  SectionReader reader(blob, header);
  ReadTables(reader, state);
  if (!reader.ok() || !Consistent(state)) {
    return Damaged("a section has a wrong size");
  }
  DAY_TRY(FindModules(registry, state));
  DAY_TRY_ASSIGN(state.patterns, match::PatternSet::Open(reader.Raw(Section::kPatterns)));
  if (state.patterns->size() != state.strings.size()) {
    return Damaged("the patterns do not belong to it");
  }
  for (const Section section :
       {Section::kTriggersPe, Section::kTriggersElf, Section::kTriggersRest}) {
    DAY_TRY_ASSIGN(match::TriggerSet triggers,
                   match::TriggerSet::Open(reader.Raw(section), &*state.patterns));
    state.triggers.push_back(std::move(triggers));
  }
  return rules;
}

std::uint32_t CompiledRules::rule_count() const {
  return static_cast<std::uint32_t>(state_->rules.size());
}

std::uint32_t CompiledRules::string_count() const {
  return static_cast<std::uint32_t>(state_->strings.size());
}

RuleInfo CompiledRules::rule(std::uint32_t index) const {
  const PodRule& pod = state_->rules[index];
  return {.identifier = state_->Text(pod.identifier),
          .name_space = state_->Text(state_->namespaces[pod.name_space].name),
          .file = pod.file < state_->files.size() ? state_->Text(state_->files[pod.file])
                                                  : std::string_view(),
          .line = pod.line,
          .is_private = (pod.flags & kRulePrivate) != 0,
          .is_global = (pod.flags & kRuleGlobal) != 0,
          .strings_begin = pod.strings_begin,
          .strings_count = pod.strings_count};
}

std::vector<std::string_view> CompiledRules::tags(std::uint32_t rule) const {
  const PodRule& pod = state_->rules[rule];
  std::vector<std::string_view> tags;
  for (const TextRef& tag : state_->tags.subspan(pod.tags_begin, pod.tags_count)) {
    tags.push_back(state_->Text(tag));
  }
  return tags;
}

std::vector<MetaInfo> CompiledRules::metas(std::uint32_t rule) const {
  const PodRule& pod = state_->rules[rule];
  std::vector<MetaInfo> metas;
  for (const PodMeta& meta : state_->metas.subspan(pod.metas_begin, pod.metas_count)) {
    MetaInfo info;
    info.key = state_->Text(meta.key);
    if (meta.alternative == 0) {
      info.value = meta.value;
    } else if (meta.alternative == 1) {
      info.value = meta.value != 0;
    } else {
      info.value = state_->Text(meta.text);
    }
    metas.push_back(info);
  }
  return metas;
}

StringInfo CompiledRules::string(std::uint32_t index) const {
  const PodString& pod = state_->strings[index];
  return {.identifier = state_->Text(pod.identifier),
          .kind = static_cast<match::PatternSpec::Kind>(pod.kind),
          .is_private = pod.is_private != 0,
          .is_xor = pod.is_xor != 0,
          .is_single_match = pod.is_single_match != 0};
}

std::vector<syntax::External> CompiledRules::externals() const {
  std::vector<syntax::External> externals;
  for (const PodExternal& pod : state_->externals) {
    syntax::External external;
    external.identifier = state_->Text(pod.identifier);
    switch (pod.alternative) {
      case 0:
        external.value = pod.value;
        break;
      case 1:
        external.value = std::bit_cast<double>(pod.value);
        break;
      case 2:
        external.value = pod.value != 0;
        break;
      default:
        external.value = std::string(state_->Text(pod.text));
        break;
    }
    externals.push_back(std::move(external));
  }
  return externals;
}

}  // namespace day::rules::compile
