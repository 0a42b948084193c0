// Makes a body signature database (body_database.h) from texts.
//
//   BodyBuilder builder;
//   BodyFileReport report = builder.AddFile("local.ndb", text);
//   DAY_TRY_ASSIGN(std::string file, builder.Build());
//
// Deterministic: the same files in the same order give the same bytes. A line that cannot be used
// is counted and reported; it never discards the file. 100,000 signatures take about half a second.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

struct BodyDiagnostic {
  std::uint32_t line = 0;  // from 1
  bool malformed = false;  // or sound but skipped
  std::string reason;
};

struct BodyFileReport {
  std::uint64_t signatures = 0;
  std::uint64_t lines_skipped = 0;               // sound, but not for us
  std::uint64_t lines_malformed = 0;             // ClamAV would refuse the whole database
  std::vector<BodyDiagnostic> diagnostics;       // the first kBodyDiagnosticsMax of them
  std::map<std::string, std::uint64_t> reasons;  // lines for each; kBodyReasonsMax of them
};
inline constexpr std::size_t kBodyReasonsMax = 200;
inline constexpr std::size_t kBodyDiagnosticsMax = 20;
inline constexpr std::uint32_t kBodySignaturesMax = 20'000'000;

class BodyBuilder {
 public:
  BodyBuilder();
  ~BodyBuilder();
  BodyBuilder(BodyBuilder&&) noexcept;
  BodyBuilder& operator=(BodyBuilder&&) noexcept;

  // The ending of `name` tells the format (signature_line.h); `name` becomes the provenance of
  // findings. Errors: kLimit; kInvalidUse for another ending.
  base::Result<BodyFileReport> AddFile(std::string_view name, std::string_view text);
  // Adds a signature of the file named last. Errors: kLimit; kUnsupported with the reason if it
  // cannot be used (a regex that PCRE refuses).
  base::Status Add(const Signature& signature, std::uint32_t line);

  std::uint32_t count() const;

  // The file. Ends the builder: call once. Errors: kLimit (over 4 GiB).
  base::Result<std::string> Build();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace day::signatures::clamav
