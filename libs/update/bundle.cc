#include "libs/update/bundle.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "libs/crypto/hash.h"

namespace day::update {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::string_view kMagic = "daylight-bundle/v1\n";
constexpr std::size_t kPartMaxBytes = 100;
constexpr std::size_t kLineMaxBytes = 512;

base::Error Malformed(const char* what) {
  return MakeError(ErrorKind::kMalformed, fmt::format("bundle: {}", what));
}

bool IsPart(std::string_view part) {
  const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
  return plain && !part.empty() && part.size() <= kPartMaxBytes && part[0] != '.';
}

// A decimal number without leading zeros.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const bool plain = error == std::errc() && end == last && (text == "0" || text[0] != '0');
  return plain && !text.empty() ? std::optional(value) : std::nullopt;
}

// Cuts the text up to the next `end` off `rest`; nothing if there is none nearby.
std::optional<std::string_view> Cut(std::string_view* rest, char end) {
  const std::size_t at = rest->substr(0, kLineMaxBytes).find(end);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view cut = rest->substr(0, at);
  rest->remove_prefix(at + 1);
  return cut;
}

struct Line {
  std::uint64_t size = 0;
  std::string_view sha256;
  std::string_view path;
};

// "file <size> <sha256> <path>".
std::optional<Line> ParseLine(std::string_view text) {
  constexpr std::string_view kWord = "file ";
  if (!text.starts_with(kWord)) {
    return std::nullopt;
  }
  text.remove_prefix(kWord.size());
  const auto size_text = Cut(&text, ' ');
  const auto sha256 = size_text ? Cut(&text, ' ') : std::nullopt;
  const auto size = size_text ? ParseNumber(*size_text) : std::nullopt;
  if (!size || !sha256 || !IsBundlePath(text)) {
    return std::nullopt;
  }
  return Line{*size, *sha256, text};
}

}  // namespace

bool IsBundlePath(std::string_view path) {
  if (path.size() > kBundlePathMaxBytes) {
    return false;
  }
  while (true) {
    const std::size_t slash = path.find('/');
    if (!IsPart(path.substr(0, slash))) {
      return false;
    }
    if (slash == std::string_view::npos) {
      return true;
    }
    path.remove_prefix(slash + 1);
  }
}

base::Result<std::string> EncodeBundle(const Bundle& bundle) {
  if (bundle.files.size() > kBundleFilesMax) {
    return MakeError(ErrorKind::kLimit, "bundle: too many files");
  }
  std::string out(kMagic);
  out += fmt::format("engine {}\n", bundle.engine);
  for (const auto& [path, content] : bundle.files) {
    if (!IsBundlePath(path)) {
      return MakeError(ErrorKind::kInvalidUse, "bundle: a path that cannot be in one: " + path);
    }
    out += fmt::format("file {} {} {}\n", content.size(), crypto::Sha256Hex(base::AsBytes(content)),
                       path);
  }
  out += "\n";
  for (const auto& [path, content] : bundle.files) {
    out += content;
    if (out.size() > kBundleMaxBytes) {
      return MakeError(ErrorKind::kLimit, "bundle: larger than 256 MiB");
    }
  }
  return out;
}

base::Result<Bundle> DecodeBundle(base::Bytes bytes) {
  if (bytes.size() > kBundleMaxBytes) {
    return MakeError(ErrorKind::kLimit, "bundle: larger than 256 MiB");
  }
  std::string_view rest = base::AsText(bytes);
  if (!rest.starts_with(kMagic)) {
    return Malformed("not one, or of another version");
  }
  rest.remove_prefix(kMagic.size());
  const auto engine_line = Cut(&rest, '\n');
  constexpr std::string_view kEngine = "engine ";
  if (!engine_line || !engine_line->starts_with(kEngine)) {
    return Malformed("no engine line");
  }
  const auto engine = ParseNumber(engine_line->substr(kEngine.size()));
  if (!engine || *engine > 0xFFFFFFFF) {
    return Malformed("no engine line");
  }
  std::vector<Line> lines;
  for (auto text = Cut(&rest, '\n'); !text || !text->empty(); text = Cut(&rest, '\n')) {
    const std::optional<Line> line = text ? ParseLine(*text) : std::nullopt;
    if (!line || (!lines.empty() && line->path <= lines.back().path)) {
      return Malformed("a broken list of files");
    }
    lines.push_back(*line);
    if (lines.size() > kBundleFilesMax) {
      return MakeError(ErrorKind::kLimit, "bundle: too many files");
    }
  }
  Bundle bundle;
  bundle.engine = static_cast<std::uint32_t>(*engine);
  for (const Line& line : lines) {
    if (line.size > rest.size()) {
      return MakeError(ErrorKind::kTruncated, "bundle: ends too early");
    }
    const std::string_view content = rest.substr(0, static_cast<std::size_t>(line.size));
    if (crypto::Sha256Hex(base::AsBytes(content)) != line.sha256) {
      return Malformed("a file with a wrong hash");
    }
    bundle.files.emplace_hint(bundle.files.end(), line.path, content);
    rest.remove_prefix(content.size());
  }
  return rest.empty() ? base::Result<Bundle>(std::move(bundle)) : Malformed("bytes left over");
}

}  // namespace day::update
