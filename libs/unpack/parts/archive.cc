#include "libs/unpack/parts/archive.h"

#include <algorithm>
#include <utility>

namespace day::unpack::parts {

std::string LimitReason(base::Limit limit) {
  return "limit " + std::string(base::LimitName(limit));
}

Member StoredMember(std::string name, base::Bytes view, base::Budget& budget) {
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  Member member;
  member.name = std::move(name);
  member.content = base::ClippedSlice(view, 0, std::min(limits.file_bytes_max, left));
  (void)budget.SpendBytesOut(member.content.size());
  if (member.content.size() < view.size()) {
    const base::Limit limit =
        left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    (void)budget.Exceed(limit);
    member.gap = LimitReason(limit);
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::parts
