// Any bytes as a signature file of each format; then every signature that was taken must be found
// in the database that was built.
#include <cstdlib>
#include <string>

#include "libs/base/lines.h"
#include "libs/signatures/database_builder.h"
#include "libs/signatures/signature_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using std::string_view_literals::operator""sv;
  namespace signatures = day::signatures;
  constexpr std::array kNames = {"a.hdb"sv, "a.mdb"sv, "a.imp"sv, "a.fp"sv,
                                 "a.csv"sv, "SUMS"sv,  "a.near"sv};
  if (size == 0) {
    return 0;
  }
  const std::string_view name = kNames[data[0] % kNames.size()];
  const std::string_view text = day::base::AsText(std::as_bytes(std::span(data, size).subspan(1)));
  signatures::DatabaseBuilder builder;
  const auto report = builder.AddFile(name, text);
  if (!report.ok() || report->signatures != builder.count()) {
    std::abort();
  }
  const std::string file = builder.Build().value();
  const auto database = signatures::Database::Open(day::base::AsBytes(file));
  if (!database.ok() || database->count() > report->signatures) {
    std::abort();
  }
  std::uint32_t line_number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = signatures::ParseLine(signatures::FormatOfName(name),
                                            day::base::TakeLine(&rest), ++line_number);
    if (line.kind != signatures::LineKind::kSignature) {
      continue;
    }
    if (!line.signature.near_digest.empty()) {
      if (database->near_lines().find(line.signature.near_digest) == std::string_view::npos) {
        std::abort();
      }
      continue;
    }
    const auto digest =
        day::base::Bytes(line.signature.digest).first(signatures::DigestSize(line.signature.table));
    const std::uint64_t size_bytes = line.signature.size_bytes.value_or(12345);
    const auto found = database->Find(line.signature.table, digest, size_bytes);
    if (!found || !database->MayMatchSize(line.signature.table, size_bytes)) {
      std::abort();
    }
    const signatures::Description description = database->Describe(*found);
    if (description.file != name || description.line > line_number) {
      std::abort();
    }
  }
  return 0;
}
