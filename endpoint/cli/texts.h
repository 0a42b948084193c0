// Every text of the command line that a person reads, in one place, so that it can be translated
// and read as a whole. Placeholders are fmt's.
#pragma once

#include <string>
#include <string_view>

namespace day::endpoint::cli::texts {

inline constexpr std::string_view kVersion = "0.1.0";

// Help pages.
std::string_view MainHelp();
std::string_view FingerprintHelp();
std::string_view ScanHelp();
std::string_view ImportHelp();

// Errors: what is wrong, and what to do about it.
inline constexpr const char kUnknownCommand[] =
    "there is no command \"{}\"; `daylight help` lists them";
inline constexpr const char kUsageHint[] = "{}\nTry `daylight help {}`.";
inline constexpr const char kNothingToScan[] =
    "nothing to scan: name files or folders, or - for standard input";
inline constexpr const char kBadSize[] =
    "--{}: \"{}\" is no size; write a number with an optional K, M, G or T, such as 64M";
inline constexpr std::string_view kPuaBothWays =
    "--include-pua and --exclude-pua do not go together: name what to report, or what not";
inline constexpr std::string_view kPuaTooMany = "too many categories of possibly unwanted programs";
inline constexpr const char kNoRules[] =
    "the rules that ship with Daylight are missing (looked in {}); name rules with --rules FILE, "
    "or "
    "signatures with --db FILE";
inline constexpr const char kUpdatesNotUsed[] =
    "the rules of the last update are not used, those that ship with Daylight are: {}";
inline constexpr const char kNoRuleFiles[] =
    "{}: no rule files (*.yar, *.yara) in it; name a file, or another folder";
inline constexpr const char kRulesHaveErrors[] =
    "the rules have {} error(s); nothing was scanned. Correct them, or leave the file out";
inline constexpr const char kRulesFailed[] = "the rules cannot be used: {}";
inline constexpr const char kSignaturesFailed[] = "the signatures cannot be used: {}";
inline constexpr const char kCacheOff[] = "scanning without the cache: {}";
inline constexpr const char kCacheNotSaved[] =
    "the cache was not saved ({}); the next scan will take longer";
inline constexpr const char kSarifNotWritten[] = "{}: {}";
inline constexpr const char kScanFailed[] = "the scan cannot go on: {}";
inline constexpr const char kSkippedSignatures[] =
    "{}: {} line(s) are no signatures and were skipped";
inline constexpr const char kUnusedSignatures[] =
    "{} signature(s) are not used: {} (`daylight import` tells more)";
inline constexpr const char kSkippedRuleFile[] = "{}: the file is not used: line {}: {}";
inline constexpr std::string_view kNothingToImport =
    "nothing to read: name database files or folders";

// Results.
inline constexpr std::string_view kFound = "FOUND";
inline constexpr std::string_view kPartial = "PARTIAL";
inline constexpr std::string_view kNotScanned = "NOT SCANNED";
inline constexpr std::string_view kClean = "clean";
inline constexpr std::string_view kKnownClean = "clean (known)";
inline constexpr std::string_view kVolume = "clean (volume of an archive)";
inline constexpr std::string_view kNotReadable = "NOT READABLE";
inline constexpr const char kFindingLine[] = "       {}  severity {}, {} {} ({})";
// In the order of Finding::Source.
inline constexpr std::string_view kSources[] = {"rule", "hash signature", "signature",
                                                "nearly the same", "heuristic"};
// Path, size, MD5, SHA-256, TLSH, ssdeep.
inline constexpr const char kFingerprint[] =
    "{}\n  size    {}\n  md5     {}\n  sha256  {}\n  tlsh    {}\n  ssdeep  {}\n";
inline constexpr std::string_view kNoTlsh = "none: too short or too uniform";
inline constexpr const char kNearLine[] = "       {}: {}";
inline constexpr const char kEvidenceLine[] = "       {} at 0x{:x}, {} bytes: {}";
inline constexpr const char kMoreEvidence[] = "       and {} more matches";

// Summary.
inline constexpr const char kSummaryFiles[] = "Scanned        {} files, {} in {} ({})\n";
inline constexpr const char kSummaryKnown[] =
    "Known          {} files, unchanged since they were scanned\n";
inline constexpr const char kSummaryFound[] = "Found          {} files with {} findings\n";
inline constexpr const char kSummaryNothing[] = "Found          nothing\n";
inline constexpr const char kSummaryIncomplete[] =
    "Not completed  {} files partly, {} files and {} folders not at all: see above\n";
inline constexpr const char kSummaryDatabase[] =
    "Database       {} rules, {} hash signatures, ready in {}{}\n";
inline constexpr std::string_view kFromCache = " (compiled before)";
inline constexpr const char kSummaryWorkers[] = "Workers        {} ended early and were replaced\n";
inline constexpr std::string_view kSummaryStopped =
    "Stopped        before the end, as you asked: not everything was scanned\n";

// Progress.
inline constexpr const char kProgressKnown[] = "{:3}%  {} of {} files  {}  found {}  {} left  ";
inline constexpr const char kProgressCounting[] = "{} files  {}  found {}  ";

}  // namespace day::endpoint::cli::texts
