// Walks any bytes as an encrypted 7z archive under a small budget; or reads, changes and writes
// what headers say of streams, which checksums and keys keep from most of what a fuzzer makes.
#include <cstdlib>

#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/sevenzip/sevenzip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace sevenzip = day::unpack::sevenzip;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (sevenzip::SevenZipReader::Is7z(file)) {
    day::base::BudgetLimits limits = parts::testing::SmallLimits();
    limits.password_tries_max = 12;  // one key of 7-Zip's usual cost
    day::base::Budget budget(limits);
    sevenzip::SevenZipReader reader(file);
    parts::testing::Drain(reader, budget);
    return 0;
  }
  auto streams = sevenzip::ReadStreams(file);
  if (!streams) {
    return 0;
  }
  const auto again = sevenzip::ReadStreams(sevenzip::WriteStreams(*streams));
  if (!again || again->pack_sizes != streams->pack_sizes ||
      again->folders.size() != streams->folders.size() || again->has_aes() != streams->has_aes()) {
    std::abort();
  }
  for (sevenzip::Folder& folder : streams->folders) {
    while (sevenzip::RemoveAes(folder)) {
    }
  }
  (void)sevenzip::WriteStreams(*streams);
  return 0;
}
