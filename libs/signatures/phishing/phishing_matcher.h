// Says whether a link leads where it seems to, by ClamAV's lists (phishing_line.h).
//
//   PhishingMatcher matcher(database.lists());
//   const Suspicion found = matcher.Judge({real, shown, kind}, options);
//
// A link is bad if a list has its hash. Else it is only looked at if what is shown is an address
// too: it is suspicious if that host is one that is imitated and belongs to another domain than
// the one that it leads to, and no list allows the pair; a link with a hidden zero byte, or with
// https shown and http behind it, is said so of imitated hosts, and of all if asked for.
//
// Lists are read when the matcher is made; expressions are compiled when first needed. An
// expression that PCRE2 refuses, or gives up on, does not match. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "libs/signatures/clamav/regex.h"
#include "libs/signatures/phishing/address.h"
#include "libs/signatures/phishing/phishing_line.h"

namespace day::signatures::phishing {

struct SuspectLink {
  std::string_view real;
  std::string_view shown;
  bool is_anchor = false;  // an anchor's text: protocols are compared
  bool is_image = false;
};

struct PhishingOptions {
  bool all_protocols = false;  // https over http is reported for every host
  bool all_cloaks = false;     // likewise %00
};

enum class Suspicion : std::uint8_t {
  kNone,
  kSpoofedDomain,
  kSslSpoof,
  kNumericAddress,
  kNullByte,
  kUserName,
  kMalwareList,
  kBlockedList,
  kPhishingList,
};

class PhishingMatcher {
 public:
  // Lists as database_builder.h's AddList() puts them together; others in them are passed over.
  explicit PhishingMatcher(std::string_view lists);

  // Whether `lists` has any of the lists.
  static bool HasLists(std::string_view lists);

  Suspicion Judge(const SuspectLink& link, const PhishingOptions& options);
  // How much work one link may be, in steps of a budget.
  std::uint64_t steps_per_link() const;

 private:
  struct Expression {
    std::string text;
    std::optional<clamav::Regex> regex;
    bool is_compiled = false;
  };
  struct BadAddress {
    std::array<std::byte, 32> hash;
    Entry entry;
  };

  void Add(PhishingLine line);
  Suspicion JudgeHash(std::string_view real) const;
  Suspicion JudgePair(const std::string& real, Shown shown, const SuspectLink& link,
                      const PhishingOptions& options);
  bool IsImitated(std::string* host, const Shown& shown, const Host& place) const;
  static bool MatchesAny(std::vector<Expression>& expressions, std::string_view pair);

  std::unordered_set<std::string> shown_hosts_;    // "paypal.com/"
  std::unordered_set<std::string> allowed_hosts_;  // "real:shown/"
  std::vector<Expression> watched_;
  std::vector<Expression> allowed_;
  std::vector<BadAddress> addresses_;  // sorted by hash, allowed ones first
};

}  // namespace day::signatures::phishing
