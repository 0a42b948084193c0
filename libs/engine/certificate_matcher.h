// Rules about certificates against one PE file: trust.h has what they mean. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/engine/report.h"
#include "libs/signatures/certificates/certificate_line.h"

namespace day::engine {

class CertificateMatcher {
 public:
  // Lists as Database::lists() has them.
  explicit CertificateMatcher(std::string_view lists)
      : rules_(signatures::certificates::RulesIn(lists)) {}

  bool empty() const { return rules_.rules.empty(); }

  // Appends a finding for each rule that blocks a certificate of the file; inner_path is left
  // empty. True if the file is trusted: nothing else is to be said of it. `now`: seconds since
  // 1970.
  bool Match(base::Bytes data, std::int64_t now, std::vector<Finding>& findings) const;

 private:
  signatures::certificates::CertificateRules rules_;
};

}  // namespace day::engine
