// Any file: contents lie inside of it, behind its beginning, not where others gave them, and there
// is an end to them. The last byte says what is wanted, and what is given by others.
#include <cstdlib>

#include "libs/unpack/embedded/embedded_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  const unsigned options = size > 0 ? data[size - 1] : 0;
  day::unpack::embedded::Wanted wanted;
  wanted.zips_end = (options & 1) == 0 ? ~std::uint64_t{0} : size / 2;
  wanted.programs = (options & 2) == 0;
  wanted.mails = (options & 4) == 0;
  day::unpack::embedded::EmbeddedReader reader(file, wanted);
  const std::size_t claimed = (options & 8) != 0 ? size * (options >> 4) / 16 : size;
  const day::base::Bytes claim = day::base::ClippedSlice(file, claimed, 64);
  reader.Claim(claim);
  std::size_t count = 0;
  while (const auto found = reader.Next()) {
    const bool is_inside = found->content.data() > file.data() &&
                           found->content.data() + found->content.size() <= file.data() + size;
    const bool is_claimed = !claim.empty() && found->content.data() >= claim.data() &&
                            found->content.data() < claim.data() + claim.size();
    if (!is_inside || is_claimed || found->content.empty() ||
        ++count > day::unpack::embedded::kFoundMax) {
      std::abort();
    }
    if ((options & 16) != 0) {
      reader.LastWasDamaged();
    }
  }
  return 0;
}
