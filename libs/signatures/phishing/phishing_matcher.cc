#include "libs/signatures/phishing/phishing_matcher.h"

#include <algorithm>
#include <utility>

#include "libs/base/lines.h"
#include "libs/crypto/hash.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/phishing/address_hash.h"

namespace day::signatures::phishing {
namespace {

// Names of hosts are not longer; what is shown may have words before one.
constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kWordsBytesMax = 1024;
constexpr std::uint64_t kStepsPerLink = 10'000;
constexpr std::uint64_t kStepsPerExpression = 500;

// Whether a set has `text`, or what is behind one of the separators in it.
bool HasEndOf(const std::unordered_set<std::string>& set, std::string_view text,
              std::string_view separators) {
  std::size_t begin = 0;
  for (;;) {
    if (set.count(std::string(text.substr(begin))) > 0) {
      return true;
    }
    begin = text.find_first_of(separators, begin);
    if (begin == std::string_view::npos) {
      return false;
    }
    ++begin;
  }
}

// The character before the place in a text with blanks that has `letters` others before it: a
// blank, if one stands there.
char Before(std::string_view spaced, std::size_t letters) {
  std::size_t at = 0;
  const auto is_alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  while (at < spaced.size() && !is_alnum(spaced[at])) {
    ++at;
  }
  for (; at < spaced.size() && letters > 0; --letters) {
    while (at < spaced.size() && spaced[at] == ' ') {
      ++at;
    }
    ++at;
  }
  while (at < spaced.size() && spaced[at] == ' ') {
    ++at;
  }
  return letters > 0 || at == 0 || at > spaced.size() ? '\0' : spaced[at - 1];
}

Suspicion SuspicionOf(Entry entry) {
  switch (entry) {
    case Entry::kMalwareHash:
      return Suspicion::kMalwareList;
    case Entry::kBlockedHash:
      return Suspicion::kBlockedList;
    case Entry::kPhishingHash:
      return Suspicion::kPhishingList;
    default:
      return Suspicion::kNone;
  }
}

bool IsUsable(const Host& host) {
  return !host.is_mail && !host.name.empty() && host.name.size() <= kWordsBytesMax &&
         host.name.find(' ') == std::string::npos;
}

}  // namespace

PhishingMatcher::PhishingMatcher(std::string_view lists) {
  while (const auto list = TakeList(&lists)) {
    std::string_view text = IsPhishingList(list->name) ? list->text : std::string_view();
    while (!text.empty()) {
      Add(ParsePhishingLine(list->name, base::TakeLine(&text)));
    }
  }
  const auto order = [](const BadAddress& a, const BadAddress& b) {
    return std::pair(a.hash, a.entry != Entry::kAllowedHash) <
           std::pair(b.hash, b.entry != Entry::kAllowedHash);
  };
  std::stable_sort(addresses_.begin(), addresses_.end(), order);
}

bool PhishingMatcher::HasLists(std::string_view lists) {
  while (const auto list = TakeList(&lists)) {
    if (IsPhishingList(list->name)) {
      return true;
    }
  }
  return false;
}

void PhishingMatcher::Add(PhishingLine line) {
  switch (line.entry) {
    case Entry::kNothing:
    case Entry::kBad:
      return;
    case Entry::kShownHost:
      shown_hosts_.insert(std::move(line.text));
      return;
    case Entry::kAllowedHosts:
      allowed_hosts_.insert(std::move(line.text));
      return;
    case Entry::kWatchedPair:
      watched_.push_back({std::move(line.text), std::nullopt, false});
      return;
    case Entry::kAllowedPair:
      allowed_.push_back({std::move(line.text), std::nullopt, false});
      return;
    case Entry::kMalwareHash:
    case Entry::kBlockedHash:
    case Entry::kPhishingHash:
    case Entry::kAllowedHash:
      addresses_.push_back({line.hash, line.entry});
      return;
  }
}

std::uint64_t PhishingMatcher::steps_per_link() const {
  return kStepsPerLink + kStepsPerExpression * (watched_.size() + 2 * allowed_.size());
}

bool PhishingMatcher::MatchesAny(std::vector<Expression>& expressions, std::string_view pair) {
  return std::any_of(expressions.begin(), expressions.end(), [&](Expression& expression) {
    if (!expression.is_compiled) {
      expression.is_compiled = true;
      base::Result<clamav::Regex> regex = clamav::Regex::Compile(expression.text, "");
      if (regex.ok()) {
        expression.regex = std::move(regex).value();
      }
    }
    bool limited = false;
    const auto go_on = [] { return true; };
    return expression.regex &&
           expression.regex->Find(base::AsBytes(pair), 0, false, go_on, &limited).has_value();
  });
}

Suspicion PhishingMatcher::JudgeHash(std::string_view real) const {
  if (addresses_.empty()) {
    return Suspicion::kNone;
  }
  for (const std::string& text : HashedTexts(real)) {
    const crypto::Sha256Digest digest = crypto::Sha256(base::AsBytes(text));
    const auto found =
        std::lower_bound(addresses_.begin(), addresses_.end(), digest,
                         [](const BadAddress& a, const auto& hash) { return a.hash < hash; });
    const bool is_listed = found != addresses_.end() && found->hash == digest;
    if (is_listed && found->entry != Entry::kAllowedHash) {
      return SuspicionOf(found->entry);
    }
  }
  return Suspicion::kNone;
}

Suspicion PhishingMatcher::Judge(const SuspectLink& link, const PhishingOptions& options) {
  if (!IsRealAddress(link.real)) {
    return Suspicion::kNone;
  }
  if (const Suspicion listed = JudgeHash(link.real); listed != Suspicion::kNone) {
    return listed;
  }
  if (link.shown.empty() || link.real == link.shown) {
    return Suspicion::kNone;
  }
  const std::string real = CleanReal(link.real);
  Shown shown = CleanShown(link.shown);
  if (real == shown.text || !IsShownAddress(&shown.text) || real == shown.text) {
    return Suspicion::kNone;
  }
  return JudgePair(real, std::move(shown), link, options);
}

// Whether what is shown is a host of the list, or one below it. Words before it, which were joined
// with it when blanks went, are parted from it again.
bool PhishingMatcher::IsImitated(std::string* host, const Shown& shown, const Host& place) const {
  const std::string whole = *host + "/";
  if (shown_hosts_.count(whole) > 0) {
    return true;
  }
  // Where the text with blanks is cut, so much of the one without them is host.
  const std::string_view spaced =
      std::string_view(shown.spaced).substr(0, std::min(place.end, shown.spaced.size()));
  const std::size_t first = std::max(host->size(), kHostBytesMax) - kHostBytesMax;
  for (std::size_t begin = std::max<std::size_t>(first, 1); begin < host->size(); ++begin) {
    if (shown_hosts_.count(whole.substr(begin)) == 0) {
      continue;
    }
    const char before = Before(spaced, begin + place.begin);
    if (before == '.' || before == ' ') {
      if ((*host)[begin - 1] != '.') {
        host->insert(begin, 1, '.');
      }
      return true;
    }
  }
  return false;
}

Suspicion PhishingMatcher::JudgePair(const std::string& real, Shown shown, const SuspectLink& link,
                                     const PhishingOptions& options) {
  const std::string pair = real + ":" + shown.text + "/";
  if (MatchesAny(allowed_, pair)) {
    return Suspicion::kNone;
  }
  bool is_watched = MatchesAny(watched_, pair) || HasEndOf(shown_hosts_, pair, ". ");
  Host shown_host = HostOfShown(shown.text);
  const Host real_host = HostOfReal(real);
  if (!IsUsable(shown_host) || !IsUsable(real_host) || real_host.name.front() == '.' ||
      real_host.name.find("..") != std::string::npos) {
    return Suspicion::kNone;
  }
  const std::string hosts = real_host.name + ":" + shown_host.name + "/";
  if (HasEndOf(allowed_hosts_, hosts, ". ") || MatchesAny(allowed_, hosts)) {
    return Suspicion::kNone;
  }
  const bool is_imitated = IsImitated(&shown_host.name, shown, shown_host) ||
                           MatchesAny(watched_, shown_host.name + "/");
  is_watched = is_watched || is_imitated;
  if (link.is_image && !is_imitated) {
    return Suspicion::kNone;
  }
  if ((is_imitated || options.all_cloaks) && real.find(kNullMark) != std::string::npos) {
    return Suspicion::kNullByte;
  }
  if (link.is_anchor && (is_imitated || options.all_protocols) &&
      shown.text.starts_with("https:") && !real.starts_with("https:")) {
    return Suspicion::kSslSpoof;
  }
  if (!is_watched || RegisteredDomain(real_host.name) == RegisteredDomain(shown_host.name)) {
    return Suspicion::kNone;
  }
  if (real_host.has_user) {
    return Suspicion::kUserName;
  }
  return IsNumericHost(real_host.name) ? Suspicion::kNumericAddress : Suspicion::kSpoofedDomain;
}

}  // namespace day::signatures::phishing
