// The whole descent without rules, over any bytes, with a small signature database so that hashing
// runs too: it must end within its limits, and a gap must always have a reason.
#include <cstdlib>
#include <string>

#include "libs/engine/engine.h"
#include "libs/signatures/database.h"
#include "libs/signatures/database_builder.h"

namespace {

constexpr std::string_view kSignatures =
    "d41d8cd98f00b204e9800998ecf8427e:0:Fuzz.Empty\n"
    "00112233445566778899aabbccddeeff:*:Fuzz.Any:73\n";
constexpr std::string_view kSections =
    "512:00112233445566778899aabbccddeeff:Fuzz.Section\n"
    "*:00112233445566778899aabbccddeeff:Fuzz.Sections:73\n";
constexpr std::string_view kImports = "00112233445566778899aabbccddeeff:*:Fuzz.Import\n";

struct Shared {
  Shared() {
    day::signatures::DatabaseBuilder builder;
    (void)builder.AddFile("fuzz.hdb", kSignatures);
    (void)builder.AddFile("fuzz.mdb", kSections);
    (void)builder.AddFile("fuzz.imp", kImports);
    (void)builder.AddFile("fuzz.fp", kSignatures.substr(0, kSignatures.find('\n')));
    table = builder.Build().value();
    database = day::signatures::Database::Open(day::base::AsBytes(table)).value();
    engine = day::engine::Engine::CreateWithMatcher(nullptr, &database, {});
  }
  std::string table;
  day::signatures::Database database;
  std::unique_ptr<day::engine::Engine> engine;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Shared shared;
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  limits.files_max = 200;
  limits.steps_max = 10'000'000;
  limits.password_tries_max = 15;  // each costs a millisecond
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  const day::engine::Report report = shared.engine->ScanFile(file, "fuzz.bin", limits);
  if (report.objects_scanned > limits.files_max + 1 ||
      report.bytes_scanned > size + limits.bytes_out_max) {
    std::abort();
  }
  // As two volumes, of which the second speaks for both.
  if (size % 4 == 3) {
    const std::uint64_t starts[] = {0, size / 2};
    const day::engine::Volumes volumes = {file, starts, false};
    (void)shared.engine->ScanFile(file.subspan(starts[1]), "fuzz.zip", limits, {}, volumes);
  }
  for (const day::engine::Gap& gap : report.gaps) {
    if (gap.reason.empty()) {
      std::abort();
    }
  }
  const bool is_complete = report.completeness == day::engine::Completeness::kComplete;
  if (is_complete != report.gaps.empty()) {
    std::abort();
  }
  return 0;
}
