// Alerts with ClamAV's names: findings that are made of facts and of gaps, each only if it is asked
// for. A finding says no more than its name; the gap it was made of stays. Where our meaning is not
// ClamAV's stands in docs/clamav-compatibility.md. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/engine/descend/container.h"
#include "libs/engine/descend/identify.h"
#include "libs/engine/report.h"

namespace day::engine {

struct HeuristicOptions {
  bool encrypted_archives = false;   // Heuristics.Encrypted.Zip, ...
  bool encrypted_documents = false;  // Heuristics.Encrypted.PDF, .OLE2
  bool macros = false;               // Heuristics.OLE2.ContainsMacros.VBA, .XLM
  bool broken = false;               // Heuristics.Broken.Executable
  bool broken_media = false;         // Heuristics.Broken.Media.PNG.EOFReadingChunk, ...
  bool exceeded_limits = false;      // Heuristics.Limits.Exceeded.MaxFileSize, ...
  bool structured = false;           // Heuristics.Structured.CreditCardNumber, .SSN
  bool credit_cards_only = false;
  std::uint8_t ssn_format = 0;  // 0: with dashes, 1: without, 2: both
  std::uint32_t card_count_min = 3;
  std::uint32_t ssn_count_min = 3;
  bool phishing_links = true;        // Heuristics.Phishing.*: links against the database's lists
  bool phishing_ssl = false;         // https shown and http behind it: for all hosts
  bool phishing_cloak = false;       // a zero byte in a host: for all hosts
  bool phishing_signatures = true;   // signatures named HTML.Phishing... or Email.Phishing...
  bool deceptive = true;             // Heuristics.Zip.OverlappingFiles, .PDF.ObfuscatedNameObject
  bool crossing_partitions = false;  // Heuristics.GPTPartitionIntersection, ...
  bool precedence = false;           // these findings before all others, not behind them
  bool unwanted = true;  // signatures of ClamAV's files for possibly unwanted programs (.ndu, ...)
  // Of those, only some categories ("Packed" of PUA.Packed.X), or all but some.
  std::vector<std::string> unwanted_only;
  std::vector<std::string> unwanted_but;

  bool operator==(const HeuristicOptions&) const = default;
};

// The alert for a gap of something in, or of, an object of this type; empty: none.
std::string_view AlertOfGap(std::string_view reason, FileType type,
                            const HeuristicOptions& options);

// Whether somebody wants this alert of a container (Container::alert()).
bool IsWanted(std::string_view alert, const HeuristicOptions& options);

// Appends the alerts for an object by itself; `parent` is the type of what it was taken out of.
// inner_path is left empty. Numbers in the streams of a PDF file are coordinates, not data.
void AlertsOfObject(base::Bytes data, FileType type, FileType parent, Origin origin,
                    const HeuristicOptions& options, std::vector<Finding>& findings);

// Whether files of this type are read by people: pages, scripts and plain texts.
bool IsText(FileType type);

// A finding of that name.
Finding MakeAlert(std::string_view name);

// Whether the finding is of a signature in one of ClamAV's files for unwanted programs, and those,
// or those of its category, are not asked for.
bool IsLeftOut(const Finding& finding, const HeuristicOptions& options);

// Puts these findings behind (or before) all others of a file.
void OrderFindings(const HeuristicOptions& options, std::vector<Finding>& findings);

}  // namespace day::engine
