#include "libs/unpack/script/blobs.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/unpack/script/decode.h"

namespace day::unpack::script {
namespace {

constexpr std::size_t kLineMin = 60;  // shorter lines do not go on in the next one

constexpr std::array<bool, 256> RunTable() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
  }
  return table;
}
constexpr std::array<bool, 256> kInRun = RunTable();

bool InRun(char c) { return kInRun[static_cast<unsigned char>(c)]; }

std::size_t EndOfLine(std::string_view text, std::size_t at) {
  while (at < text.size() && InRun(text[at])) {
    ++at;
  }
  return at;
}

// The run's end: lines are put together while they are long.
std::size_t EndOfRun(std::string_view text, std::size_t start) {
  std::size_t end = EndOfLine(text, start);
  std::size_t line = start;
  while (end - line >= kLineMin) {
    std::size_t next = end;
    if (next < text.size() && text[next] == '\r') {
      ++next;
    }
    if (next >= text.size() || text[next] != '\n') {
      break;
    }
    line = next + 1;
    const std::size_t next_end = EndOfLine(text, line);
    if (next_end == line) {
      break;
    }
    end = next_end;
  }
  return end;
}

std::optional<Blob> Decoded(std::string_view form, std::string bytes) {
  Blob blob;
  blob.form = form;
  if (auto text = FromUtf16(bytes)) {
    blob.content = *std::move(text);
    blob.is_text = true;
  } else {
    blob.content = std::move(bytes);
  }
  if (!IsMeaningful(blob.content)) {
    return std::nullopt;
  }
  const char first = blob.content[0];
  blob.is_text = blob.is_text || (first >= ' ' && first <= '~' && blob.content[1] != 'Z');
  return blob;
}

}  // namespace

std::optional<Blob> FindBlob(std::string_view text, std::size_t& at) {
  // A run's first line alone is long enough: a byte that is in none ends all that began before it.
  static_assert(kRunBytesMin <= kLineMin);
  while (text.size() - at >= kRunBytesMin) {
    std::size_t start = at + kRunBytesMin - 1;
    if (!InRun(text[start])) {
      at = start + 1;
      continue;
    }
    while (start > at && InRun(text[start - 1])) {
      --start;
    }
    at = EndOfRun(text, start);
    start += text.substr(start, 2) == "0x" ? 2U : 0U;
    if (at - start < kRunBytesMin) {
      continue;
    }
    const std::string_view run = text.substr(start, at - start);
    const bool is_hex = std::all_of(
        run.begin(), run.end(), [](char c) { return HexValue(c) >= 0 || c == '\n' || c == '\r'; });
    // A beginning is enough to tell most names and numbers from data.
    constexpr std::size_t kProbe = 344;
    const std::string probe =
        is_hex ? DecodeHex(run.substr(0, kProbe)) : DecodeBase64(run.substr(0, kProbe));
    if (!IsMeaningful(probe) && !FromUtf16(probe)) {
      continue;
    }
    auto blob = is_hex ? Decoded("hex", DecodeHex(run)) : Decoded("base64", DecodeBase64(run));
    if (blob) {
      return blob;
    }
  }
  at = text.size();
  return std::nullopt;
}

}  // namespace day::unpack::script
