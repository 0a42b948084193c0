// Alerts for links in mails that do not lead where they seem to, with ClamAV's names: the page's
// links (libs/formats/html/links.h) judged by the database's lists (libs/signatures/phishing).
//
// Lists are read when the first page with links comes. A finding's matches are what made it: $real
// and $shown. Each name is given once for a page. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/engine/heuristics.h"
#include "libs/engine/report.h"
#include "libs/signatures/phishing/phishing_matcher.h"

namespace day::engine {

class LinkMatcher {
 public:
  // Null if nothing can be found: neither lists, nor an option that works without. REQUIRES:
  // `lists` and `options` outlive it.
  static std::unique_ptr<LinkMatcher> Create(std::string_view lists,
                                             const HeuristicOptions& options);

  // Appends findings, without their inner_path; returns why not all links were judged, or nothing.
  std::string Match(base::Bytes page, base::Budget& budget, std::vector<Finding>& findings);

 private:
  LinkMatcher(std::string_view lists, const HeuristicOptions& options)
      : lists_(lists), options_(&options) {}

  std::string_view lists_;
  const HeuristicOptions* options_;
  std::optional<signatures::phishing::PhishingMatcher> matcher_;
};

}  // namespace day::engine
