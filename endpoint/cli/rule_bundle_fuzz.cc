// Feeds bytes to the reader of `daylight yara -C`: as they are, and as the content of a bundle with
// a right header and checksum, which finds its way deeper. What is read must be written back as a
// bundle that reads the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "endpoint/cli/rule_bundle.h"
#include "libs/crypto/hash.h"
#include "libs/wire/codec.h"

namespace {

namespace cli = day::endpoint::cli;

void RoundTrip(day::base::Bytes bytes) {
  const day::base::Result<cli::RuleBundle> bundle = cli::DecodeBundle(bytes);
  if (!bundle.ok()) {
    return;
  }
  const auto again = cli::EncodeBundle(*bundle);
  if (!again.ok()) {
    std::abort();
  }
  const auto canonical = cli::DecodeBundle(day::base::AsBytes(*again));
  if (!canonical.ok() || cli::EncodeBundle(*canonical).value() != *again) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  RoundTrip(bytes);
  std::string whole(cli::kBundleMagic);
  day::wire::Encoder(&whole).U32(cli::kBundleVersion);
  whole += day::base::AsText(day::crypto::Sha256(bytes));
  whole += day::base::AsText(bytes);
  RoundTrip(day::base::AsBytes(whole));
  return 0;
}
