#include "libs/unpack/zip/methods.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/unpack/zip/old_methods.h"
#include "libs/unpack/zip/ppmd.h"
#include "libs/unpack/zip/zip_format.h"

namespace day::unpack::zip {
namespace {

// Methods whose data is a stream that libs/unpack/stream decodes; not LZMA, which has a header of
// its own.
std::optional<stream::Format> StreamFormat(std::uint16_t method) {
  switch (method) {
    case kMethodBzip2:
      return stream::Format::kBzip2;
    case kMethodZstdOld:
    case kMethodZstd:
      return stream::Format::kZstd;
    case kMethodXz:
      return stream::Format::kXz;
    default:
      return std::nullopt;
  }
}

// APPNOTE 5.8: a version, the size of the properties, the properties, the stream.
stream::Outcome DecodeLzma(base::Bytes data, base::Budget& budget, inflate::OutputBuffer& buffer) {
  constexpr std::uint64_t kSizeOffset = 2;
  constexpr std::uint64_t kPropertiesOffset = 4;
  const std::uint64_t size = base::ReadAt<std::uint16_t>(data, kSizeOffset).value_or(0);
  const std::uint64_t begin = kPropertiesOffset + size;
  stream::Outcome outcome =
      stream::DecodeRawLzma(base::ClippedSlice(data, kPropertiesOffset, size),
                            base::ClippedSlice(data, begin, data.size()), budget, buffer);
  outcome.consumed = std::min<std::uint64_t>(begin + outcome.consumed, data.size());
  return outcome;
}

}  // namespace

bool IsStreamMethod(std::uint16_t method) {
  return method == kMethodLzma || StreamFormat(method).has_value();
}

stream::Outcome DecodeStream(std::uint16_t method, base::Bytes data, base::Budget& budget,
                             inflate::OutputBuffer& buffer) {
  const auto format = StreamFormat(method);
  return format ? stream::Decode(*format, data, budget, buffer) : DecodeLzma(data, budget, buffer);
}

bool IsSinkMethod(std::uint16_t method) {
  return (method >= kMethodShrink && method <= kMethodImplode) || method == kMethodDeflate64 ||
         method == kMethodPpmd;
}

std::uint64_t DecodeToSink(const Entry& entry, std::uint64_t size, parts::Sink& sink) {
  if (entry.method == kMethodDeflate64) {
    return DecodeDeflate64(entry.data, sink);
  }
  if (entry.method == kMethodShrink) {
    DecodeShrink(entry.data, size, sink);
  } else if (entry.method == kMethodImplode) {
    DecodeImplode(entry.data, entry.flags, size, sink);
  } else if (entry.method == kMethodPpmd) {
    DecodePpmd(entry.data, size, sink);
  } else {
    DecodeReduce(entry.data, entry.method - kMethodReduce1 + 1u, size, sink);
  }
  return entry.data.size();
}

std::string UnsupportedReason(std::uint16_t method) {
  std::string reason = "unsupported: method " + std::to_string(method);
  const std::string_view name = MethodName(method);
  if (!name.empty()) {
    reason += " (" + std::string(name) + ")";
  }
  return reason;
}

}  // namespace day::unpack::zip
