#include "libs/unpack/mail/mail_limits.h"

#include <algorithm>

namespace day::unpack::mail {
namespace {

constexpr std::size_t kHeaderBytes = 256 * 1024;
constexpr std::size_t kHeaders = 1024;
constexpr std::size_t kArguments = 256;

bool IsContentField(std::string_view line) {
  constexpr std::string_view kContent = "content-";
  return line.size() >= kContent.size() &&
         std::equal(kContent.begin(), kContent.end(), line.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b | 0x20 : b); });
}

// Pieces between semicolons that hold something.
std::size_t CountPieces(std::string_view line) {
  std::size_t pieces = 0;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(';'), line.size());
    pieces += line.substr(0, end).find_first_not_of(" \t\r") != std::string_view::npos ? 1u : 0u;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return pieces;
}

}  // namespace

Excess HeaderExcess(std::string_view text) {
  std::size_t bytes = 0;
  std::size_t fields = 0;
  std::size_t arguments = 0;
  bool is_content = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    if (line.empty()) {
      break;
    }
    const bool is_fold = line.front() == ' ' || line.front() == '\t';
    fields += is_fold ? 0 : 1;
    is_content = is_fold ? is_content : IsContentField(line);
    // The first piece of a field is its value.
    const std::size_t pieces = is_content ? CountPieces(line) : 0;
    arguments = is_fold ? arguments + pieces : pieces - std::min<std::size_t>(pieces, 1);
    bytes += line.size();
    if (bytes > kHeaderBytes) {
      return Excess::kHeaderBytes;
    }
    if (fields > kHeaders) {
      return Excess::kHeaders;
    }
    if (arguments >= kArguments) {
      return Excess::kArguments;
    }
  }
  return Excess::kNone;
}

}  // namespace day::unpack::mail
