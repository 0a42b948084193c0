// Feeds bytes to the readers of all four types of metadata, and to a client that trusts a fixed
// root and gets the bytes as every file. What a reader takes must be written back as what it was;
// what the client stores must be something that it verified, which random bytes are not.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libs/tuf/client.h"
#include "libs/tuf/metadata.h"
#include "libs/tuf/testing/simulator.h"

namespace {

namespace tuf = day::tuf;

template <typename T>
void RoundTrip(const day::base::Result<T>& parsed, const day::wire::Json& from) {
  if (parsed.ok() && !(tuf::ToJson(*parsed) == from)) {
    std::abort();
  }
}

class SameAnswer : public tuf::MetadataSource {
 public:
  explicit SameAnswer(std::string_view bytes) : bytes_(bytes) {}
  day::base::Result<std::string> Fetch(const std::string&, std::uint64_t) override {
    return std::string(bytes_);
  }

 private:
  std::string_view bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto envelope = tuf::ParseEnvelope(bytes, 1u << 20);
  if (envelope.ok()) {
    const std::string again = tuf::WriteEnvelope(*envelope);
    const auto reread = tuf::ParseEnvelope(day::base::AsBytes(again), 16u << 20);
    if (!reread.ok() || tuf::WriteEnvelope(*reread) != again) {
      std::abort();
    }
    const day::wire::Json& json = envelope->signed_part;
    RoundTrip(tuf::ParseRoot(json), json);
    RoundTrip(tuf::ParseTimestamp(json), json);
    RoundTrip(tuf::ParseSnapshot(json), json);
    RoundTrip(tuf::ParseTargets(json), json);
  }
  static const std::string root = tuf::testing::Simulator().served["root"][0];
  tuf::testing::MemoryStore store;
  store.files["root.json"] = root;
  SameAnswer source(day::base::AsText(bytes));
  if (tuf::Client(&source, &store, tuf::testing::kNow, {.roots_max = 2}).Refresh().ok()) {
    std::abort();
  }
  return 0;
}
