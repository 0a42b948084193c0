#include "libs/unpack/vba/project.h"

#include <algorithm>

#include "libs/unpack/document/text.h"
#include "libs/unpack/vba/compression.h"

namespace day::unpack::vba {
namespace {

using std::string_view_literals::operator""sv;

// Identifiers of records.
constexpr std::uint16_t kVersion = 0x09;
constexpr std::uint16_t kModuleName = 0x19;
constexpr std::uint16_t kModuleStreamName = 0x1A;
constexpr std::uint16_t kModuleStreamNameUnicode = 0x32;
constexpr std::uint16_t kModuleOffset = 0x31;
constexpr std::uint16_t kModuleIsClass = 0x22;
constexpr std::uint16_t kModuleEnd = 0x2B;

// The instruction that puts a text constant on the stack.
constexpr std::uint16_t kLiteralText = 0x00B9;
// Shorter constants stand in any source by chance.
constexpr std::size_t kLiteralBytesMin = 4;
constexpr std::size_t kNameBytesMin = 3;
// How every module's source begins once compressed: "Attribut", its flag byte before it.
constexpr std::string_view kSourceStart = "\0Attribut"sv;

bool IsPrintable(char c) {
  const auto code = static_cast<unsigned char>(c);
  return (code >= 0x20 && code != 0x7F) || code == '\t' || code == '\r' || code == '\n';
}

// The text constants in p-code, as source text has them: quotation marks doubled.
std::vector<std::string> LiteralsOf(std::string_view pcode) {
  std::vector<std::string> literals;
  const base::Bytes bytes = base::AsBytes(pcode);
  for (std::size_t i = 0; i + 4 <= pcode.size();) {
    const std::size_t size = base::ReadAt<std::uint16_t>(bytes, i + 2).value_or(0);
    const bool is_literal = base::ReadAt<std::uint16_t>(bytes, i) == kLiteralText &&
                            size >= kLiteralBytesMin && size <= pcode.size() - i - 4;
    const std::string_view text = is_literal ? pcode.substr(i + 4, size) : std::string_view{};
    if (text.empty() || !std::all_of(text.begin(), text.end(), IsPrintable)) {
      // Operands are words.
      i += 2;
      continue;
    }
    std::string literal;
    for (const char c : text) {
      literal.append(c == '"' ? 2 : 1, c);
    }
    literals.push_back(std::move(literal));
    i += 4 + size + (size & 1);
  }
  return literals;
}

void AppendNames(std::string_view bytes, std::string& out) {
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t end = i;
    while (end < bytes.size() && is_name(bytes[end])) {
      ++end;
    }
    if (end - i >= kNameBytesMin) {
      out += bytes.substr(i, end - i);
      out += '\n';
    }
    i = end + 1;
  }
}

}  // namespace

std::vector<Module> ReadModules(base::Bytes dir) {
  std::vector<Module> modules;
  Module module;
  base::ByteReader reader(dir);
  while (reader.ok() && reader.remaining() >= 6 && modules.size() < kModulesMax) {
    const std::uint16_t id = reader.U16();
    const std::uint32_t size = reader.U32();
    // The one record whose size is a lie by specification.
    const base::Bytes data = reader.Take(id == kVersion ? 6 : size);
    switch (id) {
      case kModuleName:
        module.name = document::Latin1UpToZero(data);
        break;
      case kModuleStreamName:
        module.stream_name = document::Latin1UpToZero(data);
        break;
      case kModuleStreamNameUnicode:
        if (!data.empty()) {
          module.stream_name = document::Utf16UpToZero(data, data.size());
        }
        break;
      case kModuleOffset:
        module.source_offset = base::ReadAt<std::uint32_t>(data, 0).value_or(0);
        break;
      case kModuleIsClass:
        module.is_class = true;
        break;
      case kModuleEnd:
        modules.push_back(std::move(module));
        module = {};
        break;
      default:
        break;
    }
  }
  if (!module.stream_name.empty() && modules.size() < kModulesMax) {
    modules.push_back(std::move(module));
  }
  return modules;
}

std::optional<std::size_t> FindSource(base::Bytes stream) {
  const std::string_view text = base::AsText(stream);
  for (std::size_t at = text.find(kSourceStart); at != std::string_view::npos;
       at = text.find(kSourceStart, at + 1)) {
    // Before the first token: 0x01 and the first chunk's header.
    if (at >= 3 && text[at - 3] == '\x01') {
      return at - 3;
    }
  }
  return std::nullopt;
}

std::string HiddenPcodeTexts(base::Bytes pcode, std::string_view source, base::Bytes vba_project) {
  std::string out;
  // Sources are searched once for each constant: beyond this much work they are listed unasked.
  constexpr std::size_t kSearchBytesMax = 64 * 1024 * 1024;
  std::size_t searched = 0;
  for (const std::string& literal : LiteralsOf(base::AsText(pcode))) {
    searched += source.size();
    if (searched > kSearchBytesMax || source.find(literal) == std::string_view::npos) {
      out += '"' + literal + "\"\n";
    }
  }
  if (!out.empty() || source.empty()) {
    AppendNames(base::AsText(vba_project), out);
  }
  return out;
}

}  // namespace day::unpack::vba
