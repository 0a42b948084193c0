#include "libs/unpack/sevenzip/streams.h"

#include <algorithm>
#include <utility>

namespace day::unpack::sevenzip {
namespace {

using std::string_literals::operator""s;

constexpr std::uint8_t kEnd = 0x00;
constexpr std::uint8_t kPackInfo = 0x06;
constexpr std::uint8_t kUnpackInfo = 0x07;
constexpr std::uint8_t kSize = 0x09;
constexpr std::uint8_t kCrc = 0x0A;
constexpr std::uint8_t kFolders = 0x0B;
constexpr std::uint8_t kUnpackSizes = 0x0C;

constexpr unsigned kIdSizeMask = 0x0F;
constexpr unsigned kIsComplex = 0x10;
constexpr unsigned kHasProperties = 0x20;

// The ones in front of the first byte's first zero tell how many bytes follow.
std::uint64_t TakeNumber(base::ByteReader& reader) {
  const unsigned first = reader.U8();
  std::uint64_t value = 0;
  unsigned mask = 0x80;
  for (unsigned i = 0; i < 8; ++i, mask >>= 1) {
    if ((first & mask) == 0) {
      return value | std::uint64_t{first & (mask - 1)} << (8 * i);
    }
    value |= std::uint64_t{reader.U8()} << (8 * i);
  }
  return value;
}

void PutNumber(std::vector<std::byte>& out, std::uint64_t value) {
  unsigned more = 0;
  while (more < 8 && value >> (7 * (more + 1)) != 0) {
    ++more;
  }
  const unsigned ones = 0xFF00u >> more & 0xFF;
  const std::uint64_t high = more < 8 ? value >> (8 * more) : 0;
  out.push_back(static_cast<std::byte>(ones | high));
  for (unsigned i = 0; i < more; ++i) {
    out.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
}

// A byte for all, or a bit for each; then a checksum for each that has one.
void SkipDigests(base::ByteReader& reader, std::uint64_t count) {
  std::uint64_t defined = count;
  if (reader.U8() == 0) {
    defined = 0;
    unsigned bits = 0;
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
      bits = i % 8 == 0 ? reader.U8() : bits << 1;
      defined += (bits & 0x80) != 0 ? 1 : 0;
    }
  }
  reader.Skip(4 * defined);
}

bool ReadPackInfo(base::ByteReader& reader, Streams& streams) {
  streams.pack_position = TakeNumber(reader);
  const std::uint64_t count = TakeNumber(reader);
  if (count > kStreamsMax || reader.U8() != kSize) {
    return false;
  }
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    streams.pack_sizes.push_back(TakeNumber(reader));
  }
  std::uint8_t id = reader.U8();
  if (id == kCrc) {
    SkipDigests(reader, count);
    id = reader.U8();
  }
  return reader.ok() && id == kEnd;
}

bool ReadFolder(base::ByteReader& reader, Folder& folder) {
  const std::uint64_t coders = TakeNumber(reader);
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 0;
  if (coders == 0 || coders > kCodersMax) {
    return false;
  }
  for (std::uint64_t i = 0; i < coders && reader.ok(); ++i) {
    Coder coder;
    const unsigned flags = reader.U8();
    coder.id = base::AsText(reader.Take(flags & kIdSizeMask));
    if ((flags & kIsComplex) != 0) {
      coder.inputs = TakeNumber(reader);
      coder.outputs = TakeNumber(reader);
    }
    if (coder.inputs > kCodersMax || coder.outputs > kCodersMax) {
      return false;
    }
    coder.has_properties = (flags & kHasProperties) != 0;
    if (coder.has_properties) {
      coder.properties = reader.Take(TakeNumber(reader));
    }
    inputs += coder.inputs;
    outputs += coder.outputs;
    folder.coders.push_back(std::move(coder));
  }
  if (!reader.ok() || outputs == 0 || inputs < outputs - 1) {
    return false;
  }
  std::vector<bool> is_bound(inputs);
  for (std::uint64_t i = 0; i + 1 < outputs; ++i) {
    Folder::Bond bond;
    bond.input = TakeNumber(reader);
    bond.output = TakeNumber(reader);
    if (bond.input >= inputs || bond.output >= outputs) {
      return false;
    }
    is_bound[bond.input] = true;
    folder.bonds.push_back(bond);
  }
  const std::uint64_t packed = inputs - (outputs - 1);
  if (packed == 1) {
    const auto free = std::find(is_bound.begin(), is_bound.end(), false);
    folder.packed_inputs.push_back(static_cast<std::uint64_t>(free - is_bound.begin()));
  } else {
    for (std::uint64_t i = 0; i < packed; ++i) {
      folder.packed_inputs.push_back(TakeNumber(reader));
    }
  }
  folder.unpack_sizes.resize(outputs);
  return reader.ok();
}

void PutFolder(std::vector<std::byte>& out, const Folder& folder) {
  PutNumber(out, folder.coders.size());
  for (const Coder& coder : folder.coders) {
    const bool is_complex = coder.inputs != 1 || coder.outputs != 1;
    out.push_back(static_cast<std::byte>(coder.id.size() | (is_complex ? kIsComplex : 0) |
                                         (coder.has_properties ? kHasProperties : 0)));
    const base::Bytes id = base::AsBytes(coder.id);
    out.insert(out.end(), id.begin(), id.end());
    if (is_complex) {
      PutNumber(out, coder.inputs);
      PutNumber(out, coder.outputs);
    }
    if (coder.has_properties) {
      PutNumber(out, coder.properties.size());
      out.insert(out.end(), coder.properties.begin(), coder.properties.end());
    }
  }
  for (const Folder::Bond& bond : folder.bonds) {
    PutNumber(out, bond.input);
    PutNumber(out, bond.output);
  }
  for (const std::uint64_t input : folder.packed_inputs) {
    if (folder.packed_inputs.size() > 1) {
      PutNumber(out, input);
    }
  }
}

}  // namespace

bool Coder::is_aes() const { return id == "\x06\xF1\x07\x01"s && inputs == 1 && outputs == 1; }

bool Streams::has_aes() const {
  return std::any_of(folders.begin(), folders.end(), [](const Folder& folder) {
    return std::any_of(folder.coders.begin(), folder.coders.end(),
                       [](const Coder& coder) { return coder.is_aes(); });
  });
}

std::optional<Streams> ReadStreams(base::Bytes header) {
  base::ByteReader reader(header);
  Streams streams;
  if (reader.U8() != kPackInfo || !ReadPackInfo(reader, streams) || reader.U8() != kUnpackInfo ||
      reader.U8() != kFolders) {
    return std::nullopt;
  }
  const std::uint64_t count = TakeNumber(reader);
  const std::uint8_t is_elsewhere = reader.U8();
  if (count > kStreamsMax || is_elsewhere != 0) {
    return std::nullopt;
  }
  std::uint64_t coders = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    Folder folder;
    if (!ReadFolder(reader, folder)) {
      return std::nullopt;
    }
    coders += folder.coders.size();
    if (coders > kStreamsMax) {
      return std::nullopt;
    }
    streams.folders.push_back(std::move(folder));
  }
  if (reader.U8() != kUnpackSizes) {
    return std::nullopt;
  }
  for (Folder& folder : streams.folders) {
    for (std::uint64_t& size : folder.unpack_sizes) {
      size = TakeNumber(reader);
    }
  }
  streams.rest = reader.Take(reader.remaining());
  return reader.ok() ? std::optional(std::move(streams)) : std::nullopt;
}

std::vector<std::byte> WriteStreams(const Streams& streams) {
  std::vector<std::byte> out;
  const auto put_id = [&out](std::uint8_t id) { out.push_back(std::byte{id}); };
  put_id(kPackInfo);
  PutNumber(out, 0);
  PutNumber(out, streams.pack_sizes.size());
  put_id(kSize);
  for (const std::uint64_t size : streams.pack_sizes) {
    PutNumber(out, size);
  }
  put_id(kEnd);
  put_id(kUnpackInfo);
  put_id(kFolders);
  PutNumber(out, streams.folders.size());
  put_id(0);
  for (const Folder& folder : streams.folders) {
    PutFolder(out, folder);
  }
  put_id(kUnpackSizes);
  for (const Folder& folder : streams.folders) {
    for (const std::uint64_t size : folder.unpack_sizes) {
      PutNumber(out, size);
    }
  }
  out.insert(out.end(), streams.rest.begin(), streams.rest.end());
  return out;
}

std::optional<Removed> RemoveAes(Folder& folder) {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  const auto coder = std::find_if(folder.coders.begin(), folder.coders.end(), [&](const Coder& c) {
    if (c.is_aes()) {
      return true;
    }
    input += c.inputs;
    output += c.outputs;
    return false;
  });
  if (coder == folder.coders.end()) {
    return std::nullopt;
  }
  const auto packed = std::find(folder.packed_inputs.begin(), folder.packed_inputs.end(), input);
  if (packed == folder.packed_inputs.end()) {
    return std::nullopt;
  }
  const Removed removed = {static_cast<std::size_t>(packed - folder.packed_inputs.begin()),
                           coder->properties, folder.unpack_sizes[output]};
  const auto bond =
      std::find_if(folder.bonds.begin(), folder.bonds.end(),
                   [&](const Folder::Bond& candidate) { return candidate.output == output; });
  if (bond == folder.bonds.end()) {
    *coder = Coder{"\0"s, 1, 1, {}, false};  // nothing behind it: the data as it is
    return removed;
  }
  // Whoever read the coder's output reads the stream itself.
  *packed = bond->input;
  folder.bonds.erase(bond);
  folder.coders.erase(coder);
  folder.unpack_sizes.erase(folder.unpack_sizes.begin() + static_cast<std::ptrdiff_t>(output));
  for (std::uint64_t& other : folder.packed_inputs) {
    other -= other > input ? 1 : 0;
  }
  for (Folder::Bond& other : folder.bonds) {
    other.input -= other.input > input ? 1 : 0;
    other.output -= other.output > output ? 1 : 0;
  }
  return removed;
}

}  // namespace day::unpack::sevenzip
