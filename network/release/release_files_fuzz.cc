// Every file of a workspace that may come from elsewhere or be damaged. What is accepted and has a
// writer must read back as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "network/release/log_copy.h"
#include "network/release/metadata.h"
#include "network/release/proposal.h"
#include "network/release/signing.h"
#include "network/release/workspace.h"

namespace {

namespace release = day::network::release;

template <typename Parse, typename Write>
void Check(std::string_view text, const Parse& parse, const Write& write) {
  const auto first = parse(text);
  if (!first.ok()) {
    return;
  }
  const auto second = parse(write(*first));
  if (!second.ok() || !(*second == *first)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 9) {
    case 0:
      Check(text, release::ParseSigningRequest, release::WriteSigningRequest);
      if (const auto request = release::ParseSigningRequest(text); request.ok()) {
        for (const release::SigningPart& part : request->parts) {
          (void)release::DescribePart(part);
        }
      }
      break;
    case 1:
      Check(text, release::ParseSignatureFile, release::WriteSignatureFile);
      break;
    case 2:
      Check(text, release::ParseChange, release::WriteChange);
      break;
    case 3:
      Check(text, release::ParseTestReport, release::WriteTestReport);
      break;
    case 4:
      Check(text, release::ParseReviews, release::WriteReviews);
      break;
    case 5:
      (void)release::ParseConfig(text);
      break;
    case 6:
      (void)release::ParseReleaseRules(text);
      break;
    case 7:
      (void)release::ParseRollout(text);
      break;
    default:
      (void)release::ParseEntryNotes(text);
  }
  return 0;
}
