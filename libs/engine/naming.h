// What a finding is called and how severe it is: docs/naming.md in code. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "libs/engine/report.h"

namespace day::engine {

// One metadata entry of a rule, as the compiled rules give it.
struct RuleMeta {
  std::string_view key;
  std::variant<std::int64_t, bool, std::string_view> value;
};

// Rules of a ClamAV database folder are in a namespace that starts with this (as
// endpoint/scan/database.h makes it): they are called "YARA.RULE.UNOFFICIAL", as ClamAV does.
inline constexpr std::string_view kClamavNamespace = "clamav:";
std::string ClamavRuleName(std::string_view identifier);

// Whether a signature with this provenance ("db/daily.cvd//daily.hdb:17") comes from one of
// ClamAV's kinds of lists, outside the containers that ClamAV signs (.cvd, .cld): such a signature
// is called "NAME.UNOFFICIAL", as ClamAV does.
inline constexpr std::string_view kUnofficialEnding = ".UNOFFICIAL";
bool IsUnofficialList(std::string_view provenance);

// The threat name: the meta `threat_name`; else `family`, `malware_family` or `malware`, behind the
// platform and type that the rule's identifier starts with, if it does; else the identifier, its
// parts joined by dots if it starts with a platform. Control characters become '?'; at most 128
// bytes.
std::string ThreatName(std::string_view identifier, std::span<const RuleMeta> metas);

// From the metas `severity` (a word, or 0 to 100) or `score` (0 to 100); else kHigh.
Severity RuleSeverity(std::span<const RuleMeta> metas);

// Of hash signatures: kHigh, but kLow for potentially unwanted programs ("PUA.", "PUP.").
Severity SignatureSeverity(std::string_view name);

// "info", "low", "medium", "high", "critical".
std::string_view SeverityName(Severity severity);

}  // namespace day::engine
