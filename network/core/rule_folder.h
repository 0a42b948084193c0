// The sources of a release as they lie in a folder: what a proposal is made from, and what a third
// party rebuilds it from.
//
//   DAY_TRY_ASSIGN(const RuleFolder folder, ReadRuleFolder("rules"));
//   DAY_TRY_ASSIGN(const std::string bytes, update::EncodeBundle(folder.bundle));
//
// The same files give the same bytes for anybody, anywhere. Thread safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/update/bundle.h"

namespace day::network::core {

// The rule files and hash lists of a folder. Everything else is left out, and told.
struct RuleFolder {
  update::Bundle bundle;
  std::vector<std::string> left_out;
};
// Errors: kInvalidUse for names that a bundle cannot hold; kNotFound if there is nothing; as
// os::ReadFile().
base::Result<RuleFolder> ReadRuleFolder(const std::string& folder);

}  // namespace day::network::core
