#include "libs/unpack/document/part.h"

#include <algorithm>
#include <utility>

namespace day::unpack::document {

Room RoomOf(const base::Budget& budget) {
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  if (left < limits.file_bytes_max) {
    return {left, base::Limit::kBytesOut};
  }
  return {limits.file_bytes_max, base::Limit::kFileBytes};
}

std::string LimitGap(base::Limit limit, base::Budget& budget) {
  (void)budget.Exceed(limit);
  return "limit " + std::string(base::LimitName(limit));
}

Part PaidPart(std::string name, base::Bytes view, base::Budget& budget) {
  Part part;
  part.name = std::move(name);
  const Room room = RoomOf(budget);
  part.content = base::ClippedSlice(view, 0, room.size_bytes);
  if (part.content.size() < view.size()) {
    part.gap = LimitGap(room.limit, budget);
  }
  part.has_content = !part.content.empty() || part.gap.empty();
  (void)budget.SpendBytesOut(part.content.size());
  return part;
}

}  // namespace day::unpack::document
