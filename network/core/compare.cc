#include "network/core/compare.h"

#include <fmt/core.h>

#include "network/core/scratch.h"
#include "network/core/tools.h"

namespace day::network::core {

base::Result<update::Blindness> CompareBundles(const std::string& program,
                                               const update::Bundle& older,
                                               const update::Bundle& newer,
                                               const std::string& scratch) {
  constexpr std::uint8_t kFailed = 2;
  const Scratch folder(scratch);
  const auto diff = [&](const std::string& old_rules,
                        const std::string& new_rules) -> base::Result<std::string> {
    DAY_TRY(folder.Write("old.yar", old_rules));
    DAY_TRY(folder.Write("new.yar", new_rules));
    DAY_TRY_ASSIGN(const os::ProgramOutput done,
                   RunTool({program, "rules", "diff", folder.Path("old.yar"),
                            folder.Path("new.yar"), "--json"}));
    if (done.status.signalled || done.status.code >= kFailed) {
      return base::MakeError(base::ErrorKind::kMalformed,
                             fmt::format("daylight rules diff failed ({}): {}",
                                         os::DescribeExit(done.status), done.err.substr(0, 4000)));
    }
    return done.out;
  };
  return update::CompareBundles(older, newer, diff);
}

}  // namespace day::network::core
