// Times, patterns, signatures and hashes of metadata.
#include "libs/tuf/metadata.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "libs/crypto/hash.h"

namespace day::tuf {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::array<std::string_view, 4> kTopRoleNames = {"root", "timestamp", "snapshot",
                                                           "targets"};
constexpr std::int64_t kDaySeconds = 86'400;

// Days from 1970-01-01 to a date of the Gregorian calendar (years 0 to 9999).
std::int64_t DaysBefore(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

struct Date {
  std::int64_t year, month, day;
};

Date DateOf(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted + (shifted < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted + 2) / 5 + 1};
}

// One part of a pattern against one part of a path, both without slashes. The last star alone is
// gone back to, so the time is at most the product of the sizes.
class PartMatcher {
 public:
  PartMatcher(std::string_view pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  bool Run() {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    while (t < text_.size()) {
      if (p < pattern_.size() && pattern_[p] == '*') {
        star = p++;
        star_text = t;
        continue;
      }
      const std::size_t width = p < pattern_.size() ? MatchOne(p, text_[t]) : 0;
      if (width > 0) {
        p += width;
        ++t;
      } else if (star != std::string_view::npos) {
        p = star + 1;
        t = ++star_text;
      } else {
        return false;
      }
    }
    while (p < pattern_.size() && pattern_[p] == '*') {
      ++p;
    }
    return p == pattern_.size();
  }

 private:
  // The length of the pattern's item at `p` if it matches `c`, else 0.
  std::size_t MatchOne(std::size_t p, char c) const {
    if (pattern_[p] == '?') {
      return 1;
    }
    if (pattern_[p] == '[') {
      const std::size_t negated = p + 1 < pattern_.size() && pattern_[p + 1] == '!' ? 1 : 0;
      const std::size_t first = p + 1 + negated;
      // A bracket right after the opening one stands for itself; one that never closes as well.
      const std::size_t end = pattern_.find(']', first + 1);
      if (end != std::string_view::npos && first < pattern_.size()) {
        return InSet(pattern_.substr(first, end - first), c) != (negated == 1) ? end + 1 - p : 0;
      }
    }
    return pattern_[p] == c ? 1 : 0;
  }

  static bool InSet(std::string_view set, char c) {
    const auto code = static_cast<unsigned char>(c);
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (i + 2 < set.size() && set[i + 1] == '-') {
        if (static_cast<unsigned char>(set[i]) <= code &&
            code <= static_cast<unsigned char>(set[i + 2])) {
          return true;
        }
        i += 2;
      } else if (set[i] == c) {
        return true;
      }
    }
    return false;
  }

  std::string_view pattern_;
  std::string_view text_;
};

// Cuts the text up to the next slash off `rest`; sets `more` if a slash followed.
std::string_view NextPart(std::string_view* rest, bool* more) {
  const std::size_t slash = rest->find('/');
  *more = slash != std::string_view::npos;
  const std::string_view part = rest->substr(0, slash);
  *rest = *more ? rest->substr(slash + 1) : std::string_view();
  return part;
}

}  // namespace

std::string_view TopRoleName(TopRole role) { return kTopRoleNames[static_cast<std::size_t>(role)]; }

bool IsTopRoleName(std::string_view name) {
  return std::find(kTopRoleNames.begin(), kTopRoleNames.end(), name) != kTopRoleNames.end();
}

base::Result<Time> ParseTime(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:ddZ";
  const base::Error malformed =
      MakeError(ErrorKind::kMalformed, "a time that is not YYYY-MM-DDTHH:MM:SSZ");
  if (text.size() != kShape.size()) {
    return malformed;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) {
      return malformed;
    }
  }
  const auto number = [text](std::size_t at, std::size_t size) {
    std::int64_t value = 0;
    for (const char c : text.substr(at, size)) {
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const Date date{number(0, 4), number(5, 2), number(8, 2)};
  const std::int64_t hour = number(11, 2);
  const std::int64_t minute = number(14, 2);
  const std::int64_t second = number(17, 2);
  if (date.month < 1 || date.month > 12 || date.day < 1 || hour > 23 || minute > 59 ||
      second > 59) {
    return malformed;
  }
  const std::int64_t days = DaysBefore(date.year, date.month, date.day);
  const Date back = DateOf(days);
  if (back.month != date.month || back.day != date.day) {
    return malformed;
  }
  return days * kDaySeconds + hour * 3600 + minute * 60 + second;
}

std::string TimeText(Time time) {
  const std::int64_t day_second = ((time % kDaySeconds) + kDaySeconds) % kDaySeconds;
  const Date date = DateOf((time - day_second) / kDaySeconds);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", date.year, date.month, date.day,
                     day_second / 3600, day_second / 60 % 60, day_second % 60);
}

const RoleKeys& Root::role(TopRole which) const {
  switch (which) {
    case TopRole::kTimestamp:
      return timestamp;
    case TopRole::kSnapshot:
      return snapshot;
    case TopRole::kTargets:
      return targets;
    case TopRole::kRoot:
      break;
  }
  return root;
}

RoleKeys& Root::role(TopRole which) {
  return const_cast<RoleKeys&>(static_cast<const Root*>(this)->role(which));
}

bool MatchesPattern(std::string_view pattern, std::string_view path) {
  bool more_pattern = true;
  bool more_path = true;
  while (more_pattern && more_path) {
    const std::string_view pattern_part = NextPart(&pattern, &more_pattern);
    const std::string_view path_part = NextPart(&path, &more_path);
    if (!PartMatcher(pattern_part, path_part).Run()) {
      return false;
    }
  }
  return more_pattern == more_path;
}

bool Delegation::Covers(std::string_view target_path) const {
  if (path_hash_prefixes) {
    const std::string hash = crypto::Sha256Hex(base::AsBytes(target_path));
    return std::any_of(path_hash_prefixes->begin(), path_hash_prefixes->end(),
                       [&](const std::string& prefix) { return hash.starts_with(prefix); });
  }
  return paths && std::any_of(paths->begin(), paths->end(), [&](const std::string& pattern) {
           return MatchesPattern(pattern, target_path);
         });
}

std::int64_t CountSigners(const Envelope& envelope, const Keys& keys, const RoleKeys& role) {
  const std::string covered = envelope.Covered();
  std::set<std::string> signers;
  for (const Signature& signature : envelope.signatures) {
    const bool named =
        std::find(role.key_ids.begin(), role.key_ids.end(), signature.key_id) != role.key_ids.end();
    const auto key = keys.find(signature.key_id);
    if (!named || key == keys.end() || !key->second.verifier) {
      continue;
    }
    const crypto::PublicKey& verifier = *key->second.verifier;
    if (!signers.contains(verifier.der()) &&
        verifier.Verify(base::AsBytes(covered), base::AsBytes(signature.signature))) {
      signers.insert(verifier.der());
    }
  }
  return static_cast<std::int64_t>(signers.size());
}

base::Status VerifySignatures(const Envelope& envelope, const Keys& keys, const RoleKeys& role,
                              std::string_view what) {
  const std::int64_t count = CountSigners(envelope, keys, role);
  if (count < role.threshold) {
    return MakeError(ErrorKind::kPermission, fmt::format("{}: {} of the {} signatures it needs",
                                                         what, count, role.threshold));
  }
  return base::OkStatus();
}

base::Status CheckHashes(base::Bytes bytes, const Hashes& hashes, std::string_view what) {
  bool known = false;
  for (const auto& [algorithm, wanted] : hashes) {
    std::string hash;
    if (algorithm == "sha256") {
      hash = crypto::Sha256Hex(bytes);
    } else if (algorithm == "sha512") {
      hash = crypto::ToHexDigest(crypto::Sha512(bytes));
    } else {
      continue;
    }
    known = true;
    if (hash != wanted) {
      return MakeError(ErrorKind::kPermission, fmt::format("{}: wrong {}", what, algorithm));
    }
  }
  if (!known) {
    return MakeError(ErrorKind::kUnsupported, fmt::format("{}: no hash that is known here", what));
  }
  return base::OkStatus();
}

}  // namespace day::tuf
