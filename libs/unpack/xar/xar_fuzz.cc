// Any bytes as a xar archive, and as its table of contents with a heap of bytes, under a small
// budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/xar/xar_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace base = day::base;
  const base::Bytes file = std::as_bytes(std::span(data, size));
  base::Budget budget(parts::testing::SmallLimits());
  if (day::unpack::xar::XarReader::IsXar(file)) {
    day::unpack::xar::XarReader reader(file);
    parts::testing::Drain(reader, budget);
    return 0;
  }
  // The table as one stored block of deflate, so that the fuzzer reaches the XML; the heap begins
  // with the table, so that its data are bytes of the input.
  if (size > 0xFFFF) {
    return 0;
  }
  std::string archive("xar!\0\x1C\0\1\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\x78\x01\1", 31);
  archive[22] = static_cast<char>(size >> 8);
  archive[23] = static_cast<char>(size);
  for (const std::size_t count : {size, ~size}) {
    archive += static_cast<char>(count);
    archive += static_cast<char>(count >> 8);
  }
  archive += base::AsText(file);
  day::unpack::xar::XarReader reader(base::AsBytes(archive));
  parts::testing::Drain(reader, budget);
  return 0;
}
