#include "libs/unpack/cryptff/cryptff_reader.h"

#include <algorithm>
#include <utility>

namespace day::unpack::cryptff {
namespace {

constexpr std::uint64_t kHeaderBytes = 16;

}  // namespace

std::optional<document::Part> CryptFfReader::Next(base::Budget& budget, inflate::Inflater&,
                                                  inflate::OutputBuffer& buffer) {
  if (std::exchange(is_given_, true)) {
    return std::nullopt;
  }
  const base::Bytes hidden = base::ClippedSlice(file_, kHeaderBytes, file_.size());
  document::Part part = document::PaidPart("(content)", hidden, budget);
  buffer.Clear();
  if (!part.content.empty() && !buffer.Reserve(part.content.size())) {
    part.content = {};
    part.has_content = false;
    part.gap = "limit memory";
    return part;
  }
  std::transform(part.content.begin(), part.content.end(), buffer.free().begin(),
                 [](std::byte byte) { return ~byte; });
  buffer.Commit(part.content.size());
  part.content = buffer.bytes();
  return part;
}

}  // namespace day::unpack::cryptff
