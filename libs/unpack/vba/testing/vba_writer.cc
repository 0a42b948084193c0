#include "libs/unpack/vba/testing/vba_writer.h"

#include <algorithm>
#include <bit>

namespace day::unpack::vba {
namespace {

constexpr std::size_t kChunkBytes = 4096;

void Put16(std::uint64_t value, std::string& out) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>((value >> 8) & 0xFF);
}
void Put32(std::uint64_t value, std::string& out) {
  Put16(value & 0xFFFF, out);
  Put16((value >> 16) & 0xFFFF, out);
}

void Record(unsigned id, const std::string& data, std::string& out) {
  Put16(id, out);
  Put32(data.size(), out);
  out += data;
}

std::string Wide(const std::string& text) {
  std::string out;
  for (const char c : text) {
    Put16(static_cast<unsigned char>(c), out);
  }
  return out;
}

std::string CompressChunk(const std::string& chunk) {
  std::string out;
  for (std::size_t at = 0; at < chunk.size();) {
    unsigned flags = 0;
    std::string tokens;
    for (int bit = 0; bit < 8 && at < chunk.size(); ++bit) {
      const int bits = std::max(4, static_cast<int>(std::bit_width(at - (at > 0 ? 1 : 0))));
      const std::size_t longest = (0xFFFFu >> bits) + 3;
      std::size_t best = 0;
      std::size_t distance = 0;
      for (std::size_t from = 0; from < at; ++from) {
        std::size_t length = 0;
        while (length < longest && at + length < chunk.size() &&
               chunk[from + length] == chunk[at + length]) {
          ++length;
        }
        if (length > best) {
          best = length;
          distance = at - from;
        }
      }
      if (best >= 3) {
        flags |= 1u << bit;
        Put16(((distance - 1) << (16 - bits)) | (best - 3), tokens);
        at += best;
      } else {
        tokens += chunk[at++];
      }
    }
    out += static_cast<char>(flags) + tokens;
  }
  return out;
}

}  // namespace

std::string Compress(const std::string& text) {
  std::string out = "\x01";
  for (std::size_t at = 0; at < text.size(); at += kChunkBytes) {
    const std::string tokens = CompressChunk(text.substr(at, kChunkBytes));
    Put16(0xB000u | (tokens.size() - 1), out);
    out += tokens;
  }
  return out;
}

std::string DirStream(const std::vector<ModuleText>& modules) {
  std::string dir;
  Record(0x01, std::string(4, '\1'), dir);
  Record(0x04, "VBAProject", dir);
  Put16(0x09, dir);
  Put32(4, dir);
  dir += std::string(6, '\2');
  for (const ModuleText& module : modules) {
    Record(0x19, module.name, dir);
    Record(0x47, Wide(module.name), dir);
    Record(0x1A, module.name, dir);
    Record(0x32, Wide(module.name), dir);
    std::string offset;
    Put32(module.pcode.size(), offset);
    Record(0x31, offset, dir);
    Record(0x21, "", dir);
    Record(0x2B, "", dir);
  }
  Record(0x10, "", dir);
  return Compress(dir);
}

std::string ModuleStream(const ModuleText& module) {
  return module.pcode + (module.source.empty() ? "" : Compress(module.source));
}

std::string PcodeLiteral(const std::string& text) {
  std::string out;
  Put16(0x00B9, out);
  Put16(text.size(), out);
  out += text;
  if (text.size() % 2 != 0) {
    out += '\0';
  }
  return out;
}

}  // namespace day::unpack::vba
