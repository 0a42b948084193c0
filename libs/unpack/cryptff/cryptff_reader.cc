#include "libs/unpack/cryptff/cryptff_reader.h"

#include <utility>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::cryptff {
namespace {

constexpr std::uint64_t kHeaderBytes = 16;

}  // namespace

std::optional<document::Part> CryptFfReader::Next(base::Budget& budget, inflate::Inflater&,
                                                  inflate::OutputBuffer& buffer) {
  if (std::exchange(is_given_, true)) {
    return std::nullopt;
  }
  buffer.Clear();
  parts::Sink sink(file_.size(), budget, buffer);
  for (const std::byte byte : base::ClippedSlice(file_, kHeaderBytes, file_.size())) {
    if (!sink.Put(std::to_integer<std::uint8_t>(~byte))) {
      break;
    }
  }
  document::Part part;
  part.name = "(content)";
  part.content = sink.content();
  part.gap = sink.gap();
  part.has_content = !part.content.empty() || part.gap.empty();
  return part;
}

}  // namespace day::unpack::cryptff
