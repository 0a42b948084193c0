// Walks any bytes as a RAR 5 archive under a small budget, or gives them to the decoder, which
// checksums keep from most of what a fuzzer makes.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/rar/rar5_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace rar = day::unpack::rar;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = 8;  // one key of RAR's usual cost
  day::base::Budget budget(limits);
  if (rar::Rar5Reader::IsRar5(file)) {
    // As several volumes, if there are more starts than one.
    const auto starts = parts::testing::StartsOf(file, std::string_view("Rar!\x1A\x07\x01\0", 8));
    rar::Rar5Reader reader(file, {}, starts);
    parts::testing::Drain(reader, budget);
    return 0;
  }
  if (size == 0) {
    return 0;
  }
  // Headers without their checksums, too.
  if (data[0] == 2) {
    rar::Rar5Header header;
    header.type = rar::Rar5Header::kFile;
    header.fields = file.subspan(1, (size - 1) / 2);
    header.extra = file.subspan(1 + (size - 1) / 2);
    (void)rar::ReadRar5File(header);
    (void)rar::ReadRar5ArchiveEncryption(header);
    return 0;
  }
  // The same file twice, the second time with what the first taught.
  day::unpack::inflate::OutputBuffer buffer;
  rar::Rar5Decoder decoder(1 << 20, data[0] % 2 == 1);
  for (const bool goes_on : {false, true}) {
    parts::Sink sink(size, budget, buffer);
    decoder.Decode(file.subspan(1), 20'000, goes_on, budget, sink);
  }
  return 0;
}
