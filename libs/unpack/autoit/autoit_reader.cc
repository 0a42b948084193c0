#include "libs/unpack/autoit/autoit_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "libs/unpack/autoit/key_stream.h"
#include "libs/unpack/autoit/script_text.h"
#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::autoit {
namespace {

using std::string_view_literals::operator""sv;
using parts::Member;

constexpr std::string_view kMark =
    "\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9\x99\x4C\x53\x0A\x86\xD6\x48\x7D"
    "AU3!EA0"sv;
constexpr std::uint64_t kMarkBytes = 24;  // with the format's digit
constexpr std::uint64_t kPasswordBytes = 16;
constexpr std::uint64_t kTimesBytes = 16;
constexpr std::uint64_t kNameBytesMax = 65'536;
constexpr std::string_view kFileMark = "FILE";

// What is added to, or XORed with, the fields of a record.
struct Keys {
  std::uint32_t mark;
  std::uint32_t type_size;
  std::uint32_t type;
  std::uint32_t path_size;
  std::uint32_t path;
  std::uint32_t size;
  std::uint32_t content;
  unsigned character_bytes;
};
constexpr Keys kEa05 = {0x16FA, 0x29BC, 0xA25E, 0x29AC, 0xF25E, 0x45AA, 0x22AF, 1};
constexpr Keys kEa06 = {0x18EE, 0xADBC, 0xB33F, 0xF820, 0xF479, 0x87BC, 0x2477, 2};

template <typename Stream>
std::vector<std::byte> ApplyStream(base::Bytes data, Stream stream) {
  std::vector<std::byte> plain(data.begin(), data.end());
  for (std::byte& byte : plain) {
    byte ^= std::byte{stream.Next()};
  }
  return plain;
}

std::vector<std::byte> Decrypt(base::Bytes data, std::uint32_t key, bool is_ea06) {
  return is_ea06 ? ApplyStream(data, Ea06Stream(key)) : ApplyStream(data, Ea05Stream(key));
}

// UTF-16 texts are cut down to their low bytes: names are for people.
std::string TakeText(base::ByteReader& reader, std::uint32_t size_key, std::uint32_t key,
                     const Keys& keys) {
  const std::uint32_t count = reader.U32() ^ size_key;
  const std::uint64_t size = std::uint64_t{count} * keys.character_bytes;
  if (size > kNameBytesMax) {
    reader.Skip(~std::uint64_t{0});
    return {};
  }
  const auto plain = Decrypt(reader.Take(size), key + count, keys.character_bytes == 2);
  std::string text;
  for (std::size_t i = 0; i < plain.size(); i += keys.character_bytes) {
    text += static_cast<char>(plain[i]);
  }
  return text;
}

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// ">>>AUTOIT SCRIPT<<<" is a type; installed files have their path there.
constexpr std::string_view kScriptName = "script.au3";

std::string NameOf(const std::string& type, const std::string& path) {
  if (type.find("AUTOIT") != std::string::npos) {
    return std::string(kScriptName);
  }
  const std::string_view name = BaseName(path.empty() ? type : path);
  return name.empty() ? "(content)" : std::string(name);
}

// Two bits, and with all ones three, five, eight and then any number of eight more.
std::uint64_t TakeLength(parts::MsbBits& bits) {
  std::uint64_t length = bits.Take(2);
  if (length < 3) {
    return length;
  }
  constexpr unsigned kWidths[] = {3, 5, 8};
  for (const unsigned width : kWidths) {
    const std::uint32_t more = bits.Take(width);
    length += more;
    if (more != (1u << width) - 1) {
      return length;
    }
  }
  while (!bits.overrun()) {
    const std::uint32_t more = bits.Take(8);
    length += more;
    if (more != 0xFF) {
      break;
    }
  }
  return length;
}

}  // namespace

void DecodeAutoit(base::Bytes packed, bool is_ea06, base::Budget& budget,
                  inflate::OutputBuffer& buffer, Member& member) {
  constexpr std::uint64_t kHeaderBytes = 8;
  constexpr unsigned kDistanceBits = 15;
  constexpr std::uint64_t kLengthMin = 3;
  const std::string_view magic = base::AsText(base::ClippedSlice(packed, 0, 4));
  const std::uint32_t size = base::ReadAt<std::uint32_t>(packed, 4, base::Endian::kBig).value_or(0);
  const bool has_header = magic == "EA05" || magic == "EA06";
  const unsigned literal = magic == "EA06" || (!has_header && is_ea06) ? 1 : 0;
  parts::MsbBits bits(base::ClippedSlice(packed, kHeaderBytes, packed.size()));
  parts::Sink sink(packed.size(), budget, buffer);
  while (sink.ok() && sink.produced() < size) {
    if (bits.Bit() == literal) {
      const auto byte = static_cast<std::uint8_t>(bits.Take(8));
      if (!bits.overrun()) {
        sink.Put(byte);
      }
    } else {
      const std::uint64_t distance = bits.Take(kDistanceBits);
      const std::uint64_t length = TakeLength(bits) + kLengthMin;
      if (!bits.overrun()) {
        sink.CopyBack(distance, std::min(length, size - sink.produced()));
      }
    }
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
    }
  }
  member.gap = sink.gap().empty() && !has_header ? "damaged: no header" : sink.gap();
  member.content = sink.content();
}

bool AutoitReader::IsAutoit(base::Bytes data) {
  return data.size() >= kMarkBytes && base::AsText(data).starts_with(kMark) &&
         (data[kMarkBytes - 1] == std::byte{'5'} || data[kMarkBytes - 1] == std::byte{'6'});
}

std::optional<std::uint64_t> AutoitReader::Find(base::Bytes data, std::uint64_t from) {
  const std::size_t at = base::AsText(data).find(kMark, static_cast<std::size_t>(from));
  return at == std::string_view::npos ? std::nullopt : std::optional<std::uint64_t>(at);
}

AutoitReader::AutoitReader(base::Bytes data)
    : data_(data),
      is_ea06_(data[kMarkBytes - 1] == std::byte{'6'}),
      offset_(kMarkBytes + kPasswordBytes) {
  for (const std::byte byte : base::ClippedSlice(data, kMarkBytes, kPasswordBytes)) {
    password_sum_ += std::to_integer<std::uint32_t>(byte);
  }
}

std::optional<Member> AutoitReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  const Keys& keys = is_ea06_ ? kEa06 : kEa05;
  base::ByteReader reader(data_);
  reader.Seek(offset_);
  if (ended_) {
    return std::nullopt;
  }
  if (base::AsText(Decrypt(reader.Take(4), keys.mark, is_ea06_)) != kFileMark) {
    ended_ = true;
    return std::nullopt;
  }
  const std::string type = TakeText(reader, keys.type_size, keys.type, keys);
  const std::string path = TakeText(reader, keys.path_size, keys.path, keys);
  const bool is_packed = reader.U8() != 0;
  const std::uint32_t packed_size = reader.U32() ^ keys.size;
  reader.Skip(8 + kTimesBytes);  // the plain size, a checksum, times
  if (!reader.ok()) {
    ended_ = true;
    problem_ = "damaged: a record ends too early";
    return std::nullopt;
  }
  const base::Bytes data = base::ClippedSlice(data_, reader.offset(), packed_size);
  offset_ = reader.offset() + data.size();
  Member member;
  if (!budget.SpendSteps(data.size()).ok()) {
    ended_ = true;
    member.gap = parts::LimitReason(base::Limit::kSteps);
    return member;
  }
  const std::uint32_t key = keys.content + (is_ea06_ ? 0 : password_sum_);
  const std::vector<std::byte> plain = Decrypt(data, key, is_ea06_);
  buffer.Clear();
  if (is_packed) {
    DecodeAutoit(plain, is_ea06_, budget, buffer, member);
  } else {
    parts::Sink sink(plain.size(), budget, buffer);
    sink.Write(plain);
    member.gap = sink.gap();
    member.content = sink.content();
  }
  member.name = NameOf(type, path);
  if (member.gap.empty() && data.size() < packed_size) {
    member.gap = parts::kEndsTooEarly;
  }
  if (is_ea06_ && member.name == kScriptName) {
    ShowScript(budget, member);
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

// What is no script at all stays as it is.
void AutoitReader::ShowScript(base::Budget& budget, Member& member) {
  const ScriptText script = WriteScript(member.content, budget, script_);
  if (!script.text.empty()) {
    member.content = script.text;
  }
  if (member.gap.empty()) {
    member.gap = script.gap;
  }
}

}  // namespace day::unpack::autoit
