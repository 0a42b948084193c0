// Reads any bytes as an OLE 1 object, a package and compressed RTF: what is found lies inside.
#include <cstdlib>
#include <span>

#include "libs/unpack/document/ole_object.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/document/rtf_compression.h"
#include "libs/unpack/document/text.h"

namespace {

void CheckInside(day::base::Bytes inner, day::base::Bytes outer) {
  if (!inner.empty() &&
      (inner.data() < outer.data() || inner.data() + inner.size() > outer.data() + outer.size())) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace document = day::unpack::document;
  const day::base::Bytes bytes = std::as_bytes(std::span(data, size));
  if (const auto file = document::ReadOle10Native(bytes)) {
    CheckInside(file->data, bytes);
  }
  if (const auto object = document::ReadOleObject(bytes)) {
    CheckInside(object->native, bytes);
    if (const auto file = document::ReadPackage(object->native)) {
      CheckInside(file->data, object->native);
    }
  }
  if (document::DecompressRtf(bytes, 100'000).size() > 100'000 ||
      document::Utf16ToUtf8(bytes).size() > 3 * size) {
    std::abort();
  }
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 64;
  day::base::Budget budget(limits);
  const document::Part part = document::PaidPart("part", bytes, budget);
  CheckInside(part.content, bytes);
  if (part.gap.empty() != (size <= 64)) {
    std::abort();
  }
  (void)document::FileNameOf(document::Latin1UpToZero(bytes));
  return 0;
}
