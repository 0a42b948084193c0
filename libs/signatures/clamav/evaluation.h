// One signature against one object: conditions, then the logic over its subsignatures, each
// searched when it is first asked for. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/signatures/clamav/scan.h"

namespace day::signatures::clamav {

class Evaluation {
 public:
  Evaluation(BodyMatcher& matcher, Scan& scan, std::uint32_t signature);

  // Whether the signature is true of the object. May stop early when the work has to end.
  bool IsTrue();
  // Where a match of the first subsignature with matches starts; after IsTrue().
  std::uint64_t offset() const;
  const Conditions& conditions() const { return conditions_; }

 private:
  enum class State : std::uint8_t { kUnknown, kInProgress, kKnown };
  struct Matches {
    State state = State::kUnknown;
    std::uint64_t count = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::vector<std::uint64_t> starts;  // kept for those that a macro follows
  };
  struct Value {
    bool is_true = false;
    std::uint64_t count = 0;
    std::uint64_t ids = 0;
  };

  // More matches of one subsignature than this make no difference.
  std::uint64_t CountMax() const;
  bool ConditionsHold();
  bool ContainersHold() const;
  bool IconHolds() const;
  Value EvaluateLogic(std::uint32_t node, bool counted);
  Value EvaluateNodes(const std::vector<LogicNode>& nodes, std::uint32_t node);
  Value EvaluateNode(const LogicNode& node, const Value& left, const Value& right);
  const Matches& MatchesOf(std::uint32_t id);
  void FindPatterns(const SubsignatureView& subsignature, bool keep_starts, Matches* out);
  void FindPattern(const PatternView& pattern, bool keep_starts, Matches* out);
  // Calls found(start, ends) for the part's matches that start in the place, ascending.
  template <typename Found>
  void FindPart(const PartView& part, const Place& place, const Found& found);
  bool StartMayBe(const PatternView& pattern, std::uint64_t start);
  struct RegexView {
    Offset offset;
    std::vector<LogicNode> trigger;
    std::string_view flags;
    std::string_view pattern;
  };
  // Nothing if it is damaged.
  static std::optional<RegexView> ReadRegex(base::Bytes data);
  void Compare(base::Bytes data, Matches* out);
  void FindRegex(std::uint32_t subsignature, base::Bytes data, Matches* out);
  void FindMacro(std::uint32_t id, base::Bytes data, Matches* out);

  BodyMatcher& matcher_;
  Scan& scan_;
  SignatureView signature_;
  Conditions conditions_;
  std::array<Matches, kSubsignatureCountMax> matches_;
  std::uint32_t logic_steps_ = 0;
  std::uint64_t count_max_ = 0;
};

}  // namespace day::signatures::clamav
