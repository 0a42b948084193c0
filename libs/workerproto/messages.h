// The messages between a scanning process and its workers, and their encodings.
//
// Append...() appends a whole frame; Decode...() reads a payload and fails with kMalformed for
// anything that Append...() would not have written: texts over their limits, counts that the
// payload cannot hold, unknown enumerators, ranges outside their arrays, bytes left over. Limits
// stand below. What went into a decoded message was written by the other side: the parent never
// trusts a worker, the worker trusts its parent. Thread safety: free functions are safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/workerproto/frame.h"
#include "libs/workerproto/report.h"

namespace day::workerproto {

inline constexpr std::size_t kPathBytesMax = 64u << 10;  // nested paths grow
inline constexpr std::size_t kNameBytesMax = 64u << 10;  // identifiers, rule names, reasons
inline constexpr std::size_t kTextBytesMax = 16u << 20;  // diagnostics, console lines, metadata
inline constexpr std::size_t kSourcesMax = 200'000;      // rule files of one compilation
inline constexpr std::size_t kExternalsMax = 10'000;
inline constexpr std::size_t kDiagnosticsMax = 20'000;
inline constexpr std::size_t kModulesMax = 64;
inline constexpr std::size_t kBatchItemsMax = kFrameFdsMax;
inline constexpr std::size_t kVolumesMax = 1'000;  // of one archive
inline constexpr std::size_t kCategoriesMax = 1'000;  // of possibly unwanted programs
inline constexpr std::size_t kRulesMax = 10'000'000;
inline constexpr std::size_t kStringsMax = 100'000'000;
inline constexpr std::size_t kMatchDataBytesMax = 512;   // kept of one match
inline constexpr std::size_t kPartItemsMax = 1'000'000;  // findings, matches, lines in one message

// First message. Descriptor 0: the shared progress page (progress.h).
struct Configure {
  std::uint64_t memory_max_bytes = 0;       // 0: unlimited
  std::uint64_t memory_file_max_bytes = 0;  // what the worker may build
  bool preload_magic = false;               // the rules use the magic module
  bool operator==(const Configure&) const = default;
};

// The worker is sealed and waits.
struct Ready {
  bool landlock = false;
  bool operator==(const Ready&) const = default;
};

struct External {
  std::string identifier;
  std::variant<std::int64_t, double, bool, std::string> value;
  bool operator==(const External&) const = default;
};

// Descriptor 0: a memory file with all texts, one after the other.
struct CompileRules {
  struct Source {
    std::string name_space;
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
    bool operator==(const Source&) const = default;
  };
  std::vector<Source> sources;
  std::vector<External> externals;
  bool includes_allowed = true;
  bool strict_escape = false;
  bool yara_x_extensions = true;
  std::uint64_t strings_per_rule_max = 10'000;
  bool stop_at_bad_file = false;  // leave out what comes after a file with errors, as yara does
  bool operator==(const CompileRules&) const = default;
};

struct IncludeRequest {
  std::string path;
  bool operator==(const IncludeRequest&) const = default;
};
// Descriptor 0, if found: the text.
struct IncludeReply {
  bool found = false;
  std::uint64_t size_bytes = 0;
  bool operator==(const IncludeReply&) const = default;
};

struct Diagnostic {
  enum class Severity : std::uint8_t { kError, kWarning, kAdvice };
  Severity severity = Severity::kError;
  std::string code;  // "ERROR_SYNTAX_ERROR"
  std::string path;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
  std::string yara_text;   // YARA's line, with line end; empty if YARA prints nothing
  std::string human_text;  // several lines with the source and a caret
  bool operator==(const Diagnostic&) const = default;
};

// Descriptor 0, if ok: a memory file with the compiled rules.
struct RulesCompiled {
  bool ok = false;
  std::string error;  // not a diagnostic of a rule: a limit, a failure
  std::uint64_t size_bytes = 0;
  std::uint32_t rule_count = 0;
  std::uint32_t string_count = 0;
  std::vector<std::string> modules;  // imported ones
  std::vector<Diagnostic> diagnostics;
  bool operator==(const RulesCompiled&) const = default;
};

// Descriptor 0: the file. Its name tells the format.
struct AddSignatures {
  std::string name;
  std::uint64_t size_bytes = 0;
  bool operator==(const AddSignatures&) const = default;
};
// BuildSignatures and Shutdown have empty payloads.

// Descriptor 0, if ok: a memory file with the table.
struct SignaturesBuilt {
  struct FileSummary {
    std::string name;   // "db/a.hdb", "db/daily.cvd//daily.hdb"
    std::string type;   // "hdb"; empty: none of ClamAV's
    std::string title;  // "hashes of files"
    std::string note;   // why it is not used; of a container, who vouches for it
    bool is_used = true;
    std::uint64_t signatures = 0;
    std::uint64_t lines_skipped = 0;
    std::uint64_t ignored = 0;                                   // left out by name
    std::vector<std::pair<std::string, std::uint64_t>> reasons;  // lines skipped for each
    std::vector<std::string> diagnostics;                        // "12: the hash has 31 digits"
    bool operator==(const FileSummary&) const = default;
  };
  // Without `ok` the summaries still say what was read until then.
  bool ok = false;
  std::string error;
  std::uint64_t size_bytes = 0;
  std::uint64_t signature_count = 0;
  std::vector<FileSummary> files;
  bool operator==(const SignaturesBuilt&) const = default;
};

enum class ScanMode : std::uint8_t { kEngine, kYara };

// Alerts of the engine (kEngine): findings without a signature, each only if asked for.
struct Alerts {
  bool encrypted_archives = false;
  bool encrypted_documents = false;
  bool macros = false;
  bool broken = false;
  bool exceeded_limits = false;
  bool structured = false;
  bool credit_cards_only = false;
  bool broken_media = false;
  bool phishing_links = true;  // links of mails, by the database's lists
  bool phishing_ssl = false;
  bool phishing_cloak = false;
  bool phishing_signatures = true;         // ClamAV's signatures with names of phishing
  bool deceptive = true;                   // containers made to deceive
  bool crossing_partitions = false;        // partitions of a disk that lie in each other
  bool precedence = false;                 // alerts before other findings
  bool unwanted = true;                    // ClamAV's signatures for possibly unwanted programs
  std::vector<std::string> unwanted_only;  // of these categories alone
  std::vector<std::string> unwanted_but;   // of all but these
  std::uint8_t ssn_format = 0;             // 0: with dashes, 1: without, 2: both
  std::uint32_t card_count_min = 3;
  std::uint32_t ssn_count_min = 3;
  bool operator==(const Alerts&) const = default;
};

// How every file of the following batches is scanned.
struct ScanSettings {
  ScanMode mode = ScanMode::kEngine;
  std::uint64_t timeout_ms = 0;  // for one file; 0: none
  std::int64_t deadline_ns = 0;  // kYara: monotonic time at which every scan is over; 0: none
  std::uint64_t file_bytes_max = ~std::uint64_t{0};
  base::BudgetLimits budget;                   // kEngine
  std::uint32_t matches_per_finding_max = 10;  // kEngine
  Alerts alerts;                               // kEngine
  bool official_signatures = false;            // kEngine: those of a verified release
  bool want_matches = false;                   // kYara: -s and friends
  bool want_data = false;                      // kYara: up to 512 bytes of each match
  bool want_console = true;                    // kYara
  bool negate = false;                         // kYara: -n
  bool fast = false;                           // kYara: -f
  std::uint64_t rule_matches_max = 0;          // kYara: -l
  bool operator==(const ScanSettings& other) const;
};

// Descriptors in this order: rules (if any), signatures (if any), one a module_data entry.
struct UseDatabase {
  bool has_rules = false;
  std::uint64_t rules_bytes = 0;
  bool has_signatures = false;
  std::uint64_t signatures_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> module_data;  // module, size
  std::vector<External> externals;        // other values for externals of the rules
  std::vector<std::string> dump_modules;  // kYara: -D, in order of import
  // Before the first report that speaks of rules (any report with `negate`) comes the rule table.
  bool want_rule_table = false;
  bool want_metas = false;  // with the rules' metadata
  ScanSettings settings;
  bool operator==(const UseDatabase&) const = default;
};

struct DatabaseReady {
  bool ok = false;
  std::string error;
  std::uint32_t rule_count = 0;
  std::uint32_t string_count = 0;
  std::uint64_t signature_count = 0;
  bool operator==(const DatabaseReady&) const = default;
};

// One descriptor an item, in order.
struct ScanItem {
  std::uint64_t id = 0;
  std::uint64_t size_hint_bytes = 0;
  std::string_view name;
  std::string_view owner;
  // Sizes of the volumes of an archive, if the file is one of several: then the descriptor has all
  // of them, one after the other, and the file itself is number `volume`, from 0.
  std::vector<std::uint64_t> volume_bytes = {};
  std::uint32_t volume = 0;
  // A volume whose archive is looked at with another one of them.
  bool is_left_to_another = false;
  bool operator==(const ScanItem&) const = default;
};
struct ScanBatch {
  std::uint32_t batch = 0;
  std::vector<ScanItem> items;  // views into the payload
};

// Some results of a batch; `last` with the final ones.
struct ScanResults {
  std::uint32_t batch = 0;
  bool last = false;
  std::vector<FileReport> reports;
  bool operator==(const ScanResults&) const = default;
};

// A part of the result of one file in yara mode.
struct YaraResults {
  std::uint32_t batch = 0;
  bool last_of_batch = false;
  bool last_of_file = false;
  YaraReport report;
  bool operator==(const YaraResults&) const = default;
};

// A part of the rule table: rules and strings are appended to what came before.
struct RuleTablePart {
  bool last = false;
  RuleTable table;
  bool operator==(const RuleTablePart&) const = default;
};

struct Stats {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t cpu_ns = 0;
  bool operator==(const Stats&) const = default;
};

// Each appends one frame. Errors: kLimit if it is larger than a frame may be.
base::Status Append(const Configure& message, std::string* out);
base::Status Append(const Ready& message, std::string* out);
base::Status Append(const CompileRules& message, std::string* out);
base::Status Append(const IncludeRequest& message, std::string* out);
base::Status Append(const IncludeReply& message, std::string* out);
base::Status Append(const RulesCompiled& message, std::string* out);
base::Status Append(const AddSignatures& message, std::string* out);
base::Status Append(const SignaturesBuilt& message, std::string* out);
base::Status Append(const UseDatabase& message, std::string* out);
base::Status Append(const DatabaseReady& message, std::string* out);
base::Status Append(const ScanBatch& message, std::string* out);
base::Status Append(const ScanResults& message, std::string* out);
base::Status Append(const YaraResults& message, std::string* out);
base::Status Append(const RuleTablePart& message, std::string* out);
base::Status Append(const Stats& message, std::string* out);
// A message without payload: kBuildSignatures, kShutdown.
base::Status AppendEmpty(MessageType type, std::string* out);

// Encodes one report where it stands, so that a worker needs no ScanResults in memory.
void AppendReport(const FileReport& report, std::string* out);
// One report as AppendReport() wrote it, and nothing after it.
base::Result<FileReport> DecodeReport(base::Bytes bytes);

base::Result<Configure> DecodeConfigure(base::Bytes payload);
base::Result<Ready> DecodeReady(base::Bytes payload);
base::Result<CompileRules> DecodeCompileRules(base::Bytes payload);
base::Result<IncludeRequest> DecodeIncludeRequest(base::Bytes payload);
base::Result<IncludeReply> DecodeIncludeReply(base::Bytes payload);
base::Result<RulesCompiled> DecodeRulesCompiled(base::Bytes payload);
base::Result<AddSignatures> DecodeAddSignatures(base::Bytes payload);
base::Result<SignaturesBuilt> DecodeSignaturesBuilt(base::Bytes payload);
base::Result<UseDatabase> DecodeUseDatabase(base::Bytes payload);
base::Result<DatabaseReady> DecodeDatabaseReady(base::Bytes payload);
base::Result<ScanBatch> DecodeScanBatch(base::Bytes payload);
base::Result<ScanResults> DecodeScanResults(base::Bytes payload);
base::Result<YaraResults> DecodeYaraResults(base::Bytes payload);
base::Result<RuleTablePart> DecodeRuleTable(base::Bytes payload);
base::Result<Stats> DecodeStats(base::Bytes payload);

}  // namespace day::workerproto
