// Differential: our decoder and zlib's must agree on whether a stream is complete, on what came out
// before its end, and on where it ended. Then once more under a small budget: never more than it
// allows.
#include <zlib.h>

#include <cstdlib>
#include <vector>

#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/inflate/inflate.h"

namespace {

using day::unpack::inflate::Outcome;

constexpr std::size_t kOutputMax = 256 * 1024;

void Check(bool condition) {
  if (!condition) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<std::uint8_t> expected(kOutputMax);
  z_stream stream{};
  Check(inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = const_cast<Bytef*>(data);
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = expected.data();
  stream.avail_out = static_cast<uInt>(expected.size());
  const int status = inflate(&stream, Z_SYNC_FLUSH);
  const std::size_t expected_size = expected.size() - stream.avail_out;
  const std::size_t expected_consumed = size - stream.avail_in;
  inflateEnd(&stream);
  if (expected_size == kOutputMax) {
    return 0;
  }

  const day::base::Bytes input = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits;
  day::base::Budget budget(limits);
  day::unpack::inflate::Inflater inflater;
  day::unpack::inflate::OutputBuffer out;
  const Outcome outcome = inflater.Inflate(input, budget, out);
  Check((outcome.end == Outcome::End::kComplete) == (status == Z_STREAM_END));
  Check(outcome.produced == expected_size && out.size() == expected_size);
  Check(expected_size == 0 || std::memcmp(out.bytes().data(), expected.data(), expected_size) == 0);
  if (status == Z_STREAM_END) {
    Check(outcome.consumed == expected_consumed);
  }
  Check(day::unpack::inflate::Crc32(out.bytes()) ==
        crc32(0, expected.data(), static_cast<uInt>(expected_size)));

  limits.file_bytes_max = size % 1000;
  day::base::Budget small(limits);
  day::unpack::inflate::OutputBuffer little;
  const Outcome bounded = inflater.Inflate(input, small, little);
  Check(little.size() <= limits.file_bytes_max);
  Check(bounded.end == Outcome::End::kLimit || bounded.produced == expected_size);
  Check(little.size() == 0 ||
        std::memcmp(little.bytes().data(), expected.data(), little.size()) == 0);
  return 0;
}
