// Checking what an endpoint keeps (docs/formats/endpoint-state.md), without its program and
// without a network: that the rules in each slot are those of a release, and that the log has it.
//
// Thread safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/policy.h"

namespace day::network::audit {

struct EndpointReport {
  std::vector<std::string> good;      // one line each
  std::vector<std::string> problems;  // empty: all is well
};

// `folder`: the endpoint's state folder. Errors: kNotFound if it is none; the files cannot be read;
// what is wrong in them is in the report.
base::Result<EndpointReport> CheckEndpoint(const std::string& folder, const tlog::Policy& policy);

}  // namespace day::network::audit
