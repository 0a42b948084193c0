// Opens any bytes as an unsigned container, and the same bytes as the content of one whose digests
// are right, so that what lies behind the checks is reached too. Texts go through the readers of
// headers and of signatures beside containers.
#include <cstdlib>
#include <string>

#include "libs/signatures/cvd/cvd.h"
#include "libs/signatures/cvd/testing/cvd_builder.h"

namespace {

namespace cvd = day::signatures::cvd;
using day::base::AsBytes;

void OpenAll(const std::string& file) {
  for (const cvd::Kind kind : {cvd::Kind::kCvd, cvd::Kind::kCld, cvd::Kind::kCud}) {
    const auto container = cvd::Container::Open(kind, AsBytes(file), {});
    if (!container.ok()) {
      continue;
    }
    if (kind != cvd::Kind::kCud) {
      std::abort();  // nobody has the keys
    }
    for (const cvd::Member& member : container->members()) {
      if (member.name.empty() || member.name.find('/') != std::string::npos) {
        std::abort();
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  OpenAll(text);
  cvd::testing::CvdSpec spec;
  spec.compressed = size % 2 == 0;
  const std::string sound = cvd::testing::MakeCvd(spec);
  OpenAll(sound.substr(0, cvd::kHeaderBytes) + text);
  spec.files = {{"a.hdb", text}};
  if (!cvd::Container::Open(cvd::Kind::kCud, AsBytes(cvd::testing::MakeCvd(spec)), {}).ok()) {
    std::abort();
  }
  if (const auto header = cvd::ParseHeader(text); header.ok()) {
    (void)cvd::VerifyHeaderSignature(cvd::OfficialKeys().header, header->md5, header->signature);
  }
  (void)cvd::VerifyInfoSignature(cvd::OfficialKeys().info, {}, text);
  (void)cvd::VerifyBeside(AsBytes(text), text, {});
  return 0;
}
