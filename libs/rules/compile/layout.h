// The compiled form of a rule set, byte by byte: plain structures in sections of one flat blob.
//
// A blob is a BlobHeader followed by sections, each aligned to kSectionAlignment. Everything refers
// to everything else by index; texts are (offset, size) into one pool. Integers are in the
// machine's own order: a blob never leaves the machine that made it. Conditions keep the operations
// of syntax/ruleset.h, with the operands of `and` and `or` sorted by cost where nobody can tell.
//
// A blob is trusted (see compiled_rules.h). Open() only checks that it is whole and of this
// version; indices inside are not checked again.
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/rules/syntax/ruleset.h"

namespace day::rules::compile {

using syntax::kLoopString;
using syntax::kReadBigEndian;
using syntax::kReadSigned;
using syntax::Op;
using syntax::Quantifier;
using syntax::Type;

inline constexpr std::uint32_t kBlobVersion = 1;
inline constexpr std::uint64_t kSectionAlignment = 64;
// Deepest nesting of a condition; the evaluator recurses that far, and no further.
inline constexpr std::uint32_t kConditionDepthMax = 2000;
// Indices on the path of one module field, and arguments of one call.
inline constexpr std::uint32_t kPathIndicesMax = 8;
inline constexpr std::uint32_t kArgumentsMax = 8;

// Kinds of file with a trigger set each, told apart by the first bytes.
enum class Partition : std::uint8_t { kPe, kElf, kRest };
inline constexpr std::size_t kPartitionCount = 3;

inline Partition PartitionOf(base::Bytes data) {
  const std::string_view head = base::AsText(data.first(data.size() < 4 ? data.size() : 4));
  if (head.starts_with("MZ")) {
    return Partition::kPe;
  }
  return head == "\x7f"
                 "ELF"
             ? Partition::kElf
             : Partition::kRest;
}

enum class Section : std::uint8_t {
  kNodes,            // PodNode[]
  kSpans,            // PodSpan[], one a node
  kChildren,         // u32[]: node indices
  kStringSetStarts,  // u32[sets + 1]: into kStringSetItems
  kStringSetItems,   // u32[]: string indices
  kRuleSetStarts,    // u32[sets + 1]: into kRuleSetItems
  kRuleSetItems,     // u32[]: rule indices
  kTexts,            // TextRef[]: constants of conditions
  kRegexStarts,      // u32[regexes + 1]: into kRegexCode
  kRegexCode,        // u64[]
  kExternals,        // PodExternal[]
  kRules,            // PodRule[]
  kTags,             // TextRef[]
  kMetas,            // PodMeta[]
  kStrings,          // PodString[]
  kStringFlags,      // u8[], one a string: StringFlag bits
  kNamespaces,       // PodNamespace[]
  kGlobals,          // u32[]: rule indices, by namespace
  kFiles,            // TextRef[]
  kModules,          // PodModule[]
  kRuleModes,        // u8[rules * kPartitionCount]: RuleMode
  kAlways,           // PodAlways[]; kPartitions says which
  kExtraTriggers,    // PodExtra[], sorted; kPartitions says which
  kKeyGroups,        // PodKeyGroup[]; kPartitions says which
  kKeyTable,         // PodKey[]: open-addressed tables of the groups
  kKeyRules,         // u32[]: rule indices
  kPartitions,       // PodPartition[kPartitionCount]
  kPool,             // bytes of all texts
  kPatterns,         // match::PatternSet
  kTriggersPe,       // match::TriggerSet, one a partition
  kTriggersElf,
  kTriggersRest,
  kCount,
};
inline constexpr std::size_t kSectionCount = static_cast<std::size_t>(Section::kCount);

struct SectionRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // bytes
};

struct BlobHeader {
  char magic[8] = {};
  std::uint32_t version = 0;
  std::uint32_t section_count = 0;
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;  // of everything after this field
  SectionRange sections[kSectionCount];
};
inline constexpr char kBlobMagic[8] = {'D', 'A', 'Y', 'R', 'U', 'L', 'E', 'S'};

struct TextRef {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

// PodNode::flags.
inline constexpr std::uint8_t kNodeCheapCall = 1;  // a call that does not read the whole file
inline constexpr std::uint8_t kNodeLeafItem = 2;   // kForArray, kForDict: elements are values

// syntax::Node without what only the compiler needs. kFloat keeps its bits in `value`; kForArray
// and kForDict the element's field id.
struct PodNode {
  Op op = Op::kBoolean;
  Type type = Type::kBoolean;
  Quantifier quantifier = Quantifier::kNoQuantifier;
  std::uint8_t slot_first = 0;
  std::uint32_t index = 0;
  std::uint32_t children_begin = 0;
  std::uint32_t children_count = 0;
  std::int64_t value = 0;
  std::uint16_t module = 0;
  std::uint16_t field = 0;
  std::uint8_t flags = 0;
  std::uint8_t reserved[3] = {};
};
static_assert(sizeof(PodNode) == 32);

struct PodSpan {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t begin_offset = 0;
  std::uint32_t end_offset = 0;
};

struct PodExternal {
  TextRef identifier;
  std::uint32_t alternative = 0;  // index into the variant of syntax::External
  TextRef text;
  std::uint32_t reserved = 0;
  std::int64_t value = 0;  // integer, boolean, or the bits of a float
};

// PodRule::flags.
inline constexpr std::uint8_t kRulePrivate = 1;
inline constexpr std::uint8_t kRuleGlobal = 2;
// The condition writes to the console: it is evaluated exactly when libyara would.
inline constexpr std::uint8_t kRuleSideEffects = 4;
// libyara evaluates the condition only if one of the rule's strings matched.
inline constexpr std::uint8_t kRuleNeedsString = 8;

struct PodRule {
  TextRef identifier;
  std::uint32_t name_space = 0;
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint32_t condition = 0;
  std::uint32_t strings_begin = 0;
  std::uint32_t strings_count = 0;
  std::uint32_t tags_begin = 0;
  std::uint32_t tags_count = 0;
  std::uint32_t metas_begin = 0;
  std::uint32_t metas_count = 0;
  // The condition is false outside these sizes (inclusive).
  std::uint64_t filesize_min = 0;
  std::uint64_t filesize_max = 0;
  std::uint8_t flags = 0;
  std::uint8_t reserved[7] = {};
};

struct PodMeta {
  TextRef key;
  std::uint32_t alternative = 0;  // index into the variant of MetaInfo
  std::uint32_t reserved = 0;
  std::int64_t value = 0;
  TextRef text;
};

struct PodString {
  TextRef identifier;
  std::uint32_t rule = 0;
  std::uint8_t kind = 0;  // match::PatternSpec::Kind
  std::uint8_t is_private = 0;
  std::uint8_t is_xor = 0;
  std::uint8_t is_single_match = 0;
};

// kStringFlags. Bit p: the string is in the trigger set of partition p.
inline constexpr std::uint8_t kStringTriggerMask = 7;
// Bit 3 + p: other rules than its own are triggered by it too (kExtraTriggers).
inline constexpr int kStringExtraShift = 3;

struct PodNamespace {
  TextRef name;
  std::uint32_t globals_begin = 0;
  std::uint32_t globals_count = 0;
};

struct PodModule {
  TextRef name;
  std::uint64_t schema_hash = 0;
};

// What is known of a rule in a partition before a file is seen.
enum class RuleMode : std::uint8_t {
  kNever,      // cannot be true
  kTriggered,  // can be true only if a trigger fires
  kAlways,     // to be evaluated for every file
};

struct PodAlways {
  std::uint32_t rule = 0;
  std::uint32_t reserved = 0;
  std::uint64_t filesize_min = 0;
  std::uint64_t filesize_max = 0;
};

struct PodExtra {
  std::uint32_t string = 0;
  std::uint32_t rule = 0;
};

inline constexpr std::uint32_t kKeyDepthMax = 2;
inline constexpr std::uint32_t kNoNode = 0xFFFFFFFF;

// Rules that need one module value to equal one of many constants, joined through a hash table; or
// (table_size 0) rules that need one expression to be true.
struct PodKeyGroup {
  // The expression to evaluate, or kNoNode: then every element of `field` below the arrays.
  std::uint32_t node = kNoNode;
  std::uint16_t module = 0;
  std::uint16_t field = 0;
  std::uint16_t arrays[kKeyDepthMax] = {};
  std::uint32_t arrays_count = 0;
  std::uint32_t table_begin = 0;   // into kKeyTable
  std::uint32_t table_size = 0;    // a power of two, or 0: one entry, for `node` being true
  std::uint64_t filesize_min = 0;  // no rule of the group can match outside
  std::uint64_t filesize_max = 0;
};

// A slot of a key table; rules_count 0: empty.
struct PodKey {
  std::uint64_t hash = 0;
  TextRef text;
  std::uint32_t rules_begin = 0;
  std::uint32_t rules_count = 0;
};

struct PodPartition {
  std::uint32_t always_begin = 0;
  std::uint32_t always_count = 0;
  std::uint32_t extra_begin = 0;
  std::uint32_t extra_count = 0;
  std::uint32_t groups_begin = 0;
  std::uint32_t groups_count = 0;
};

// A 64-bit hash of bytes, for key tables, the checksum of a blob and schema hashes. Fast, not
// secure.
std::uint64_t HashBytes(base::Bytes bytes, std::uint64_t seed = 0);

}  // namespace day::rules::compile
