// Opens any bytes as the streams of an encrypted document. The first byte chooses the kind, the
// next two say how long the first stream is; the rest is the second one.
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "libs/unpack/officecrypt/opendocument.h"
#include "libs/unpack/officecrypt/package.h"
#include "libs/unpack/officecrypt/powerpoint.h"
#include "libs/unpack/officecrypt/word.h"
#include "libs/unpack/officecrypt/workbook.h"

namespace day::unpack::officecrypt {
namespace {

using base::Budget;
using base::Bytes;
using inflate::OutputBuffer;

const std::vector<std::string> kPasswords = {"VelvetSweatshop", ""};

void Check(const OutputBuffer& out, Bytes stream) {
  if (out.size() > stream.size()) {
    std::abort();
  }
}

void OpenWord(Bytes first, Bytes second, Budget& budget) {
  if (!IsEncryptedWordDocument(first)) {
    return;
  }
  const auto key = WordKey::Find(first, second, kPasswords, budget);
  OutputBuffer out;
  if (key.ok() && key->Decrypt(WordKey::Stream::kDocument, first, out)) {
    Check(out, first);
  }
  if (key.ok() && key->Decrypt(WordKey::Stream::kData, second, out)) {
    Check(out, second);
  }
}

void OpenPresentation(Bytes first, Bytes second, Budget& budget) {
  if (!IsEncryptedPresentation(first)) {
    return;
  }
  const auto key = PresentationKey::Find(first, second, kPasswords, budget);
  OutputBuffer out;
  if (key.ok() && key->DecryptDocument(second, out) && key->DecryptPictures(second, out)) {
    Check(out, second);
  }
}

void OpenEntries(Bytes first, Bytes second, Budget& budget) {
  const auto entries = ReadManifest(base::AsText(first));
  OpenDocumentKeys keys(entries, kPasswords);
  OutputBuffer out;
  for (const auto& [name, entry] : entries) {
    (void)keys.Decrypt(name, second, budget, out);
    Check(out, second);
  }
}

void OpenOne(Bytes input) {
  const auto kind = base::ReadAt<std::uint8_t>(input, 0);
  const auto length = base::ReadAt<std::uint16_t>(input, 1);
  if (!kind || !length) {
    return;
  }
  const Bytes first = base::ClippedSlice(input, 3, *length);
  const Bytes second = base::ClippedSlice(input, std::uint64_t{3} + *length, input.size());
  base::BudgetLimits limits;
  limits.password_tries_max = 8;
  Budget budget(limits);
  OutputBuffer out;
  switch (*kind % 5) {
    case 0:
      if (const auto key = PackageKey::Find(first, kPasswords, budget); key.ok()) {
        (void)key->Decrypt(second, out);
        Check(out, second);
      }
      break;
    case 1:
      (void)DecryptWorkbook(second, kPasswords, budget, out);
      Check(out, second);
      break;
    case 2:
      OpenWord(first, second, budget);
      break;
    case 3:
      OpenPresentation(first, second, budget);
      break;
    default:
      OpenEntries(first, second, budget);
  }
}

}  // namespace
}  // namespace day::unpack::officecrypt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::unpack::officecrypt::OpenOne(std::as_bytes(std::span(data, size)));
  return 0;
}
