// Texts of body signatures: any bytes as a file of each format; what is taken is built and opened.
#include <string>

#include "libs/signatures/clamav/body_builder.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/clamav/testing/open_copy.h"

namespace {

namespace clamav = day::signatures::clamav;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  static constexpr const char* kNames[] = {"a.ldb", "a.ndb", "a.db", "a.hdb"};
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  clamav::BodyBuilder builder;
  const auto report = builder.AddFile(kNames[data[0] % 4], text);
  const auto file = builder.Build();
  if (!file.ok()) {
    __builtin_trap();
  }
  const clamav::testing::AlignedCopy copy(day::base::AsBytes(*file));
  const auto database = clamav::BodyDatabase::Open(copy.bytes());
  if (!database.ok() || !database->VerifySections().ok() ||
      (report.ok() && database->signature_count() != report->signatures)) {
    __builtin_trap();
  }
  return 0;
}
