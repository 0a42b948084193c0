#include "libs/unpack/stream/stream.h"

#include <cstring>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::size_t kLzmaHeaderBytes = 13;
constexpr std::uint32_t kZstdMagic = 0xFD2FB528;
constexpr std::uint32_t kLz4Magic = 0x184D2204;
constexpr std::uint32_t kSkippableMagic = 0x184D2A50;  // the low four bits are free
// Skippable frames that may stand before the first real one; they do not tell zstd from LZ4.
constexpr int kSkippableFramesMax = 16;

bool StartsWith(base::Bytes data, std::string_view magic) {
  return base::AsText(data).starts_with(magic);
}

bool IsBzip2(base::Bytes data) {
  if (data.size() < 10 || !StartsWith(data, "BZh"sv)) {
    return false;
  }
  const std::string_view text = base::AsText(data);
  const std::string_view block = text.substr(4, 6);
  return text[3] >= '1' && text[3] <= '9' &&
         (block == "1AY&SY"sv || block == "\x17\x72\x45\x38\x50\x90"sv);
}

// lzma-alone has no magic number. Believed are the properties that every encoder writes by default,
// a window of 2^n or 2^n + 2^(n-1) bytes, a size that is unknown or below 256 GiB, and the zero
// that starts the range coder.
bool IsLzma(base::Bytes data) {
  constexpr std::uint64_t kSizeUnknown = ~std::uint64_t{0};
  if (data.size() <= kLzmaHeaderBytes || data[0] != std::byte{0x5D} ||
      data[kLzmaHeaderBytes] != std::byte{0}) {
    return false;
  }
  const std::uint32_t window = *base::ReadAt<std::uint32_t>(data, 1);
  const std::uint64_t size = *base::ReadAt<std::uint64_t>(data, 5);
  if (window < 4096 || (size != kSizeUnknown && size >= (std::uint64_t{1} << 38))) {
    return false;
  }
  if (window == 0xFFFFFFFF) {
    return true;
  }
  const std::uint32_t lowest = window & (~window + 1);
  const std::uint32_t others = window - lowest;
  return others == 0 || others == std::uint64_t{lowest} * 2;
}

bool IsSkippable(std::uint32_t magic) { return (magic & 0xFFFFFFF0) == kSkippableMagic; }

std::optional<Format> FrameFormat(base::Bytes data) {
  std::uint64_t offset = 0;
  for (int i = 0; i <= kSkippableFramesMax; ++i) {
    const auto magic = base::ReadAt<std::uint32_t>(data, offset);
    if (magic == kZstdMagic) {
      return Format::kZstd;
    }
    if (magic == kLz4Magic) {
      return Format::kLz4;
    }
    const auto size = base::ReadAt<std::uint32_t>(data, offset + 4);
    if (!magic || !size || !IsSkippable(*magic)) {
      return std::nullopt;
    }
    offset += 8 + std::uint64_t{*size};
  }
  return std::nullopt;
}

bool IsCompress(base::Bytes data) {
  if (data.size() < 4 || !StartsWith(data, "\x1F\x9D"sv)) {
    return false;
  }
  const auto flags = std::to_integer<unsigned>(data[2]);
  return (flags & 0x1F) >= 9 && (flags & 0x1F) <= 16 && (flags & 0x60) == 0;
}

// Whether another stream of the format follows.
bool Continues(Format format, base::Bytes rest) {
  switch (format) {
    case Format::kZstd:
    case Format::kLz4: {
      const auto magic = base::ReadAt<std::uint32_t>(rest, 0);
      return magic &&
             (IsSkippable(*magic) || *magic == (format == Format::kZstd ? kZstdMagic : kLz4Magic));
    }
    case Format::kCompress:
      return false;  // codes go on to the end of the file
    case Format::kBrotli:
      return false;  // nothing tells another stream from anything else
    default:
      return FormatOf(rest) == format;
  }
}

void DecodeOne(Format format, Run& run) {
  switch (format) {
    case Format::kBzip2:
      return DecodeBzip2(run);
    case Format::kXz:
      return DecodeXz(run);
    case Format::kLzma:
      return DecodeLzma(run);
    case Format::kLzip:
      return DecodeLzip(run);
    case Format::kZstd:
      return DecodeZstd(run);
    case Format::kLz4:
      return DecodeLz4(run);
    case Format::kCompress:
      return DecodeCompress(run);
    case Format::kBrotli:
      return DecodeBrotli(run);
  }
}

}  // namespace

Run::Run(base::Bytes input, base::Budget& budget, inflate::OutputBuffer& out)
    : input_(input), budget_(budget), out_(out), start_(out.size()) {}

std::span<std::byte> Run::Room() {
  const base::BudgetLimits& limits = budget_.limits();
  const std::uint64_t file_left =
      limits.file_bytes_max - std::min(limits.file_bytes_max, produced());
  const std::uint64_t total_left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget_.bytes_out());
  const std::uint64_t left = std::min(file_left, total_left);
  limit_ = base::Limit::kNone;
  if (left == 0) {
    limit_ = file_left == 0 ? base::Limit::kFileBytes : base::Limit::kBytesOut;
  } else if (produced() > kRatioFreeBytes &&
             produced() / std::max<std::uint64_t>(position_, 1) > limits.ratio_max) {
    limit_ = base::Limit::kRatio;
  }
  if (limit_ != base::Limit::kNone) {
    return {};
  }
  if (!out_.Reserve(kChunkBytes)) {
    End(kNoMemory);
    return {};
  }
  return out_.free().first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunkBytes)));
}

void Run::Commit(std::size_t count) {
  out_.Commit(count);
  (void)budget_.SpendBytesOut(count);
}

bool Run::Write(base::Bytes bytes) {
  while (!bytes.empty()) {
    const std::span<std::byte> room = Room();
    if (room.empty()) {
      EndAtLimit();
      return false;
    }
    const std::size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    Commit(size);
    bytes = bytes.subspan(size);
  }
  return true;
}

void Run::EndAtLimit() {
  if (ok()) {
    (void)budget_.Exceed(limit_);
    End("limit " + std::string(base::LimitName(limit_)));
  }
}

void Run::End(std::string_view gap) {
  if (gap_.empty()) {
    gap_ = gap;
  }
}

bool Run::SpendStream() {
  if (budget_.SpendSteps(kStepsPerStream).ok()) {
    return true;
  }
  End("limit " + std::string(base::LimitName(base::Limit::kSteps)));
  return false;
}

std::optional<Format> FormatOf(base::Bytes file) {
  if (IsBzip2(file)) {
    return Format::kBzip2;
  }
  if (StartsWith(file,
                 "\xFD"
                 "7zXZ\0"sv)) {
    return Format::kXz;
  }
  if (StartsWith(file, "LZIP\0"sv) || StartsWith(file, "LZIP\1"sv)) {
    return Format::kLzip;
  }
  if (IsCompress(file)) {
    return Format::kCompress;
  }
  if (IsLzma(file)) {
    return Format::kLzma;
  }
  return FrameFormat(file);
}

Outcome Decode(Format format, base::Bytes input, base::Budget& budget, inflate::OutputBuffer& out) {
  Run run(input, budget, out);
  if (format != Format::kBrotli && FormatOf(input) != format) {
    run.End("damaged: no header");
  }
  std::uint64_t streams_end = 0;
  while (run.ok() && run.SpendStream()) {
    DecodeOne(format, run);
    streams_end = run.position();
    // Zeros between streams, and behind the last one, are padding.
    const base::Bytes rest = run.rest();
    const auto next =
        std::find_if(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; });
    const auto zeros = static_cast<std::size_t>(next - rest.begin());
    if (!Continues(format, rest.subspan(zeros))) {
      break;
    }
    run.Advance(zeros);
  }
  return {run.gap(), streams_end, run.produced()};
}

}  // namespace day::unpack::stream
