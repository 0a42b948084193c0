#include "libs/unpack/pdf/written_filters.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "libs/unpack/pdf/object_parser.h"

namespace day::unpack::pdf {
namespace {

constexpr std::size_t kWrittenMax = 16;

// The number behind the word, with up to a few other characters in between; or `otherwise`.
std::int64_t NumberBehind(std::string_view text, std::string_view word, std::int64_t otherwise) {
  constexpr std::size_t kBetweenMax = 4;
  const std::size_t found = text.find(word);
  if (found == std::string_view::npos) {
    return otherwise;
  }
  text.remove_prefix(found + word.size());
  const std::size_t digit = text.substr(0, kBetweenMax).find_first_of("0123456789");
  if (digit == std::string_view::npos) {
    return otherwise;
  }
  text.remove_prefix(digit);
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The filter of this name, or of the one that it starts with.
std::optional<Filter> FilterOf(std::string_view name) {
  if (const auto known = FilterByName(name)) {
    return known;
  }
  for (const std::string_view word : {"FlateDecode", "LZWDecode", "ASCIIHexDecode", "ASCII85Decode",
                                      "RunLengthDecode", "DCTDecode", "JPXDecode"}) {
    if (name.starts_with(word)) {
      return FilterByName(word);
    }
  }
  return std::nullopt;
}

// The header of zlib: deflate, and a checksum of its own.
bool LooksLikeFlate(base::Bytes data) {
  const auto is_line_end = [](std::byte b) { return b == std::byte{'\r'} || b == std::byte{'\n'}; };
  data = data.subspan(static_cast<std::size_t>(
      std::find_if_not(data.begin(), data.end(), is_line_end) - data.begin()));
  const auto header = base::ReadAt<std::uint16_t>(data, 0, base::Endian::kBig);
  return header && (*header & 0x8F00) == 0x0800 && *header % 31 == 0;
}

}  // namespace

std::vector<WrittenFilter> FiltersWrittenIn(std::string_view dictionary, base::Bytes data) {
  FilterParameters parameters;
  parameters.predictor = NumberBehind(dictionary, "Predictor", 1);
  parameters.colors = NumberBehind(dictionary, "Colors", 1);
  parameters.bits_per_component = NumberBehind(dictionary, "BitsPerComponent", 8);
  parameters.columns = NumberBehind(dictionary, "Columns", 1);
  parameters.early_change = NumberBehind(dictionary, "EarlyChange", 1);
  std::vector<WrittenFilter> filters;
  for (std::size_t at = dictionary.find('/');
       at != std::string_view::npos && filters.size() < kWrittenMax;
       at = dictionary.find('/', at + 1)) {
    std::size_t end = at + 1;
    while (end < dictionary.size() && IsRegular(dictionary[end])) {
      ++end;
    }
    const auto filter = FilterOf(dictionary.substr(at + 1, end - at - 1));
    if (filter == Filter::kImage) {
      return filters;
    }
    if (filter && filter != Filter::kCrypt) {
      const bool has_parameters = filter == Filter::kFlate || filter == Filter::kLzw;
      filters.push_back({*filter, has_parameters ? parameters : FilterParameters{}});
    }
  }
  if (filters.empty() && LooksLikeFlate(data)) {
    filters.push_back({Filter::kFlate, parameters});
  }
  return filters;
}

}  // namespace day::unpack::pdf
