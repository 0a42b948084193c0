// Makes a signature table file (database.h) from signature texts.
//
//   DatabaseBuilder builder;
//   FileReport report = builder.AddFile("main.hdb", text);   // lines read, lines skipped and why
//   DAY_TRY_ASSIGN(std::string table, builder.Build());
//
// Deterministic: the same files in the same order give the same bytes. A line that cannot be read
// is skipped, counted and reported; it never discards the file. Of several signatures with one
// digest and size the first is kept. Formats are listed in signature_text.h. Memory: digest size +
// 12 bytes a signature, and the names front-coded; 8.1 million signatures take about 450 MB and a
// few seconds. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::signatures {

// A line that was not taken, and why.
struct LineDiagnostic {
  std::uint32_t line = 0;  // from 1
  std::string reason;      // "the hash has 31 digits", "needs functionality level 300", ...
};

struct FileReport {
  std::uint64_t signatures = 0;                  // taken
  std::uint64_t lines_skipped = 0;               // not blank, not comment, not taken
  std::vector<LineDiagnostic> diagnostics;       // the first kDiagnosticsMax of them
  std::map<std::string, std::uint64_t> reasons;  // lines skipped for each; kReasonsMax of them

  // Counts a line that was not taken.
  void Skip(std::uint32_t line, std::string_view reason);
};
inline constexpr std::size_t kDiagnosticsMax = 20;
inline constexpr std::size_t kReasonsMax = 100;

// At most this many signatures in one database.
inline constexpr std::uint64_t kSignaturesMax = 100'000'000;
// And so many of those that say what a file is near to.
inline constexpr std::uint64_t kNearSignaturesMax = 100'000;

class DatabaseBuilder {
 public:
  DatabaseBuilder();
  ~DatabaseBuilder();
  DatabaseBuilder(DatabaseBuilder&&) noexcept;
  DatabaseBuilder& operator=(DatabaseBuilder&&) noexcept;

  // Reads signatures; the ending of `name` tells the format: .hdb .hsb .mdb .msb .imp .fp .sfp and
  // their unofficial twins (.hdu .hsu .mdu .msu), .near .tlsh .ssdeep, .csv, and anything else as a
  // list like that of sha256sum. `name` becomes the provenance of its hits. Errors: kLimit
  // (kSignaturesMax).
  base::Result<FileReport> AddFile(std::string_view name, std::string_view text);

  // Bytes that travel in the file: Database::body().
  void SetBody(std::string body);
  // A small file that travels as it is, in Database::lists(); `signatures` are counted in count().
  void AddList(std::string_view name, std::string_view text, std::uint64_t signatures);

  std::uint64_t count() const;

  // The table file. Ends the builder: call once. Errors: kLimit, and those of `write`.
  base::Result<std::string> Build();
  base::Status WriteTo(const std::function<base::Status(base::Bytes)>& write);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace day::signatures
