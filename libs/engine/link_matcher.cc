#include "libs/engine/link_matcher.h"

#include <algorithm>

#include "libs/engine/descend/content.h"
#include "libs/formats/html/links.h"

namespace day::engine {
namespace {

using signatures::phishing::PhishingMatcher;
using signatures::phishing::Suspicion;

std::string_view NameOf(Suspicion suspicion) {
  switch (suspicion) {
    case Suspicion::kNone:
      break;
    case Suspicion::kSpoofedDomain:
      return "Heuristics.Phishing.Email.SpoofedDomain";
    case Suspicion::kSslSpoof:
      return "Heuristics.Phishing.Email.SSL-Spoof";
    case Suspicion::kNumericAddress:
      return "Heuristics.Phishing.Email.Cloaked.NumericIP";
    case Suspicion::kNullByte:
      return "Heuristics.Phishing.Email.Cloaked.Null";
    case Suspicion::kUserName:
      return "Heuristics.Phishing.Email.Cloaked.Username";
    case Suspicion::kMalwareList:
      return "Heuristics.Safebrowsing.Suspected-malware_safebrowsing.clamav.net";
    case Suspicion::kBlockedList:
      return "Heuristics.Phishing.URL.Blocked";
    case Suspicion::kPhishingList:
      return "Heuristics.Safebrowsing.Suspected-phishing_safebrowsing.clamav.net";
  }
  return {};
}

StringMatch Evidence(std::string_view identifier, std::string_view text) {
  StringMatch match;
  match.identifier = identifier;
  match.length = static_cast<std::uint32_t>(text.size());
  match.data = text;
  return match;
}

}  // namespace

std::unique_ptr<LinkMatcher> LinkMatcher::Create(std::string_view lists,
                                                 const HeuristicOptions& options) {
  const bool works_without = options.phishing_ssl || options.phishing_cloak;
  if (!options.phishing_links || (!works_without && !PhishingMatcher::HasLists(lists))) {
    return nullptr;
  }
  return std::unique_ptr<LinkMatcher>(new LinkMatcher(lists, options));
}

std::string LinkMatcher::Match(base::Bytes page, base::Budget& budget,
                               std::vector<Finding>& findings) {
  if (!budget.SpendSteps(page.size()).ok()) {
    return LimitReason(base::Limit::kSteps);
  }
  const formats::html::PageLinks links = formats::html::ReadLinks(page, {});
  if (!links.pairs.empty() && !matcher_) {
    matcher_.emplace(lists_);
  }
  const std::size_t first = findings.size();
  for (const formats::html::LinkPair& pair : links.pairs) {
    if (!budget.SpendSteps(matcher_->steps_per_link()).ok()) {
      return LimitReason(base::Limit::kSteps);
    }
    const std::string_view name =
        NameOf(matcher_->Judge({pair.real, pair.shown, pair.is_anchor, pair.is_image},
                               {options_->phishing_ssl, options_->phishing_cloak}));
    const auto is_known = [&](const Finding& finding) { return finding.name == name; };
    if (name.empty() || std::any_of(findings.begin() + static_cast<std::ptrdiff_t>(first),
                                    findings.end(), is_known)) {
      continue;
    }
    Finding finding = MakeAlert(name);
    finding.matches = {Evidence("$real", pair.real), Evidence("$shown", pair.shown)};
    findings.push_back(std::move(finding));
  }
  return links.cut.empty() ? std::string() : LimitReason(links.cut);
}

}  // namespace day::engine
