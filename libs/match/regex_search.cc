#include <algorithm>

#include "libs/match/automaton_plan.h"
#include "libs/match/code.h"
#include "libs/match/regex.h"

namespace day::match {

base::Result<std::vector<std::uint64_t>> Regex::Compile(const RegexTree& tree) {
  AutomatonPlan plan;
  DAY_TRY_ASSIGN(plan.expanded, Expand(tree));
  std::vector<std::uint64_t> code;
  CodeWriter writer(code);
  PartHeader part;
  writer.Append(std::span<const PartHeader>(&part, 1));
  if (tree.greedy) {
    part.flags |= kPartGreedy;
  }
  WriteAutomaton(plan, writer, part);
  writer.Put(0, part);
  return code;
}

std::int64_t Regex::Search(base::Bytes subject) const {
  const PartHeader& part = *CodeAt<PartHeader>(code_, 0);
  // YARA looks at the first 4096 bytes only, and tries no start behind the last byte, except that
  // an empty subject has one.
  const std::uint64_t limit = std::min<std::uint64_t>(subject.size(), kRegexScanMax);
  AutomatonScratch scratch;
  std::uint64_t length = 0;
  const std::int64_t offset = SearchAutomaton(
      code_, part, subject, std::max<std::uint64_t>(limit, 1), limit, scratch, length);
  return offset < 0 ? -1 : static_cast<std::int64_t>(length);
}

}  // namespace day::match
