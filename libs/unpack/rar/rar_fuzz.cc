// Walks any bytes as a RAR archive under a small budget, and gives them to the decoders, which
// checksums keep from most of what a fuzzer makes.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/rar/rar_reader.h"

namespace {

// A model so small that its memory is full all the time, which files cannot ask for.
void FuzzModel(std::span<const std::uint8_t> data) {
  namespace rar = day::unpack::rar;
  constexpr int kBytesMax = 4000;
  if (data.size() < 3) {
    return;
  }
  static rar::PpmdModel model;
  if (!model.Start(4096 + data[1] * 256u, 2u + data[2] % 63)) {
    return;
  }
  day::unpack::parts::MsbBits bits(std::as_bytes(data.subspan(3)));
  rar::RangeDecoder decoder(bits);
  for (int i = 0; i < kBytesMax && !bits.overrun() && model.Next(decoder); ++i) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace rar = day::unpack::rar;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = 14;  // one key
  limits.steps_max = 50'000;       // a model of PPMd costs much more than its block
  day::base::Budget budget(limits);
  if (rar::RarReader::IsRar(file)) {
    // As several volumes, if there are more starts than one.
    const auto starts = parts::testing::StartsOf(file, std::string_view("Rar!\x1A\x07\0", 7));
    rar::RarReader reader(file, {}, starts);
    parts::testing::Drain(reader, budget);
    return 0;
  }
  if (size == 0) {
    return 0;
  }
  if (data[0] % 3 == 2) {
    FuzzModel({data, size});
    return 0;
  }
  // The same file twice, the second time with what the first taught.
  static rar::Rar2Decoder rar2;
  static rar::Rar3Decoder rar3;
  day::unpack::inflate::OutputBuffer buffer;
  for (const bool goes_on : {false, true}) {
    parts::Sink sink(size, budget, buffer);
    if (data[0] % 3 == 0) {
      rar2.Decode(file.subspan(1), 20'000, goes_on, budget, sink);
    } else {
      rar3.Decode(file.subspan(1), 20'000, goes_on, budget, sink);
    }
  }
  return 0;
}
