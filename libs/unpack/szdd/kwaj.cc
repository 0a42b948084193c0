#include "libs/unpack/szdd/kwaj.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/prefix_code.h"

namespace day::unpack::szdd {
namespace {

// The codes, in the order of their lengths.
enum CodeIndex : std::size_t { kLength, kLengthAfterRun, kRun, kPlace, kLiteral, kCodes };
constexpr std::array<std::size_t, kCodes> kSymbols = {16, 16, 32, 64, 256};

// How the lengths of one code are written.
enum class Form : std::uint8_t { kEqual, kUnary, kSteps, kPlain };

bool TakeCode(parts::MsbBits& bits, Form form, std::size_t symbols, parts::PrefixCode& code) {
  constexpr unsigned kLengthBits = 4;
  std::vector<std::uint8_t> lengths(symbols, 0);
  if (form == Form::kEqual) {
    std::uint8_t equal = 0;
    for (; (std::size_t{1} << equal) < symbols; ++equal) {
    }
    std::fill(lengths.begin(), lengths.end(), equal);
    return code.Build(lengths);
  }
  std::uint32_t length = bits.Take(kLengthBits);
  for (std::size_t i = 0; i < symbols; ++i) {
    if (i > 0 && form == Form::kUnary) {
      if (bits.Bit() != 0) {
        length = bits.Bit() != 0 ? bits.Take(kLengthBits) : length + 1;
      }
    } else if (i > 0 && form == Form::kSteps) {
      const std::uint32_t step = bits.Take(2);
      length = step == 3 ? bits.Take(kLengthBits) : length + step - 1;
    } else if (i > 0) {
      length = bits.Take(kLengthBits);
    }
    if (length > parts::kPrefixBitsMax) {
      return false;
    }
    lengths[i] = static_cast<std::uint8_t>(length);
  }
  return code.Build(lengths);
}

bool TakeCodes(parts::MsbBits& bits, std::array<parts::PrefixCode, kCodes>& codes) {
  constexpr unsigned kFormBits = 4;
  std::array<std::uint32_t, kCodes> forms{};
  for (std::uint32_t& form : forms) {
    form = bits.Take(kFormBits);
  }
  bits.Drop(kFormBits);
  for (std::size_t i = 0; i < kCodes; ++i) {
    if (forms[i] > 3 || !TakeCode(bits, static_cast<Form>(forms[i]), kSymbols[i], codes[i])) {
      return false;
    }
  }
  return !bits.overrun();
}

}  // namespace

void DecodeJohnson(base::Bytes packed, parts::Sink& sink) {
  constexpr std::uint64_t kWindowBytes = 4096;
  constexpr unsigned kLowBits = 6;
  constexpr std::uint32_t kLengthAdd = 2;
  constexpr std::uint32_t kRunMax = 31;
  parts::MsbBits bits(packed);
  std::array<parts::PrefixCode, kCodes> codes;
  if (!TakeCodes(bits, codes)) {
    return sink.End(bits.overrun() ? parts::kEndsTooEarly : "damaged: invalid codes");
  }
  bool is_after_run = false;
  while (sink.ok()) {
    const auto length = codes[is_after_run ? kLengthAfterRun : kLength].Decode(bits);
    if (bits.overrun()) {
      return;  // the end
    }
    const auto second = length ? codes[*length > 0 ? kPlace : kRun].Decode(bits) : std::nullopt;
    if (!second) {
      return bits.overrun() ? void() : sink.End("damaged: invalid code");
    }
    if (*length > 0) {
      const std::uint64_t distance = std::uint64_t{*second} << kLowBits | bits.Take(kLowBits);
      if (bits.overrun()) {
        return;
      }
      sink.CopyBack(distance == 0 ? kWindowBytes : distance, *length + kLengthAdd,
                    parts::Sink::Before::kBlanks);
      is_after_run = false;
      continue;
    }
    for (std::uint32_t left = *second + 1; left > 0 && sink.ok(); --left) {
      const auto literal = codes[kLiteral].Decode(bits);
      if (bits.overrun()) {
        return;
      }
      literal ? void(sink.Put(static_cast<std::uint8_t>(*literal)))
              : sink.End("damaged: invalid code");
    }
    is_after_run = *second != kRunMax;
  }
}

std::string DecodeMszip(base::Bytes packed, base::Budget& budget, inflate::OutputBuffer& buffer) {
  constexpr std::uint64_t kBlockBytesMax = 32 * 1024;
  constexpr std::uint64_t kMarkBytes = 2;
  const auto inflater = std::make_unique<inflate::Inflater>();
  const std::size_t start = buffer.size();
  base::ByteReader reader(packed);
  while (reader.remaining() > 0) {
    const std::uint16_t size = reader.U16();
    if (reader.ok() && size == 0) {
      return {};
    }
    const bool is_whole = reader.ok() && size <= reader.remaining();
    const base::Bytes block = reader.Take(std::min<std::uint64_t>(size, reader.remaining()));
    if (block.size() < kMarkBytes || !base::AsText(block).starts_with("CK")) {
      return is_whole ? "damaged: no mark of a block" : std::string(parts::kEndsTooEarly);
    }
    const std::uint64_t history = std::min<std::uint64_t>(buffer.size() - start, kBlockBytesMax);
    const auto outcome = inflater->Inflate(block.subspan(kMarkBytes), budget, buffer, history);
    if (std::string gap = inflate::GapReason(outcome); !gap.empty()) {
      return gap;
    }
    if (outcome.produced > kBlockBytesMax) {
      return "damaged: a block is longer than it may be";
    }
    if (buffer.size() - start > budget.limits().file_bytes_max) {
      return parts::LimitReason(base::Limit::kFileBytes);
    }
  }
  return {};
}

}  // namespace day::unpack::szdd
