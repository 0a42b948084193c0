#include "libs/unpack/parts/testing/drain.h"

#include <cstdlib>

namespace day::unpack::parts::testing {

base::BudgetLimits SmallLimits() {
  base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  limits.files_max = 200;
  limits.steps_max = 10'000'000;
  return limits;
}

std::vector<Drained> Drain(Archive& archive, base::Budget& budget) {
  std::vector<Drained> all;
  inflate::OutputBuffer buffer;
  std::uint64_t paid_before = budget.bytes_out();
  while (auto member = archive.Next(budget, buffer)) {
    const std::uint64_t paid = budget.bytes_out() - paid_before;
    if (member->content.size() > budget.limits().file_bytes_max || member->content.size() > paid ||
        (!member->has_content && member->gap.empty())) {
      std::abort();
    }
    paid_before = budget.bytes_out();
    all.push_back({member->name, std::string(base::AsText(member->content)), member->has_content,
                   member->gap});
    if (!budget.SpendFile().ok()) {
      break;
    }
  }
  if (budget.bytes_out() > budget.limits().bytes_out_max) {
    std::abort();
  }
  return all;
}

std::vector<std::uint64_t> StartsOf(base::Bytes file, std::string_view marker) {
  std::vector<std::uint64_t> starts;
  const std::string_view text = base::AsText(file);
  for (std::size_t at = text.find(marker); at != std::string_view::npos;
       at = text.find(marker, at + 1)) {
    starts.push_back(at);
  }
  return starts;
}

}  // namespace day::unpack::parts::testing
