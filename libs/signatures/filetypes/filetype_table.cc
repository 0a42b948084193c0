#include "libs/signatures/filetypes/filetype_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/base/lines.h"
#include "libs/signatures/clamav/place.h"
#include "libs/signatures/lists.h"

namespace day::signatures::filetypes {
namespace {

using clamav::ClamType;

ClamType Named(std::string_view name) { return clamav::TypeOfName(name).value_or(0); }

// Types that tell where another file starts, or that nothing is to be done.
bool SaysNothing(ClamType type) {
  constexpr std::array<std::string_view, 10> kNames = {
      "CL_TYPE_ANY",   "CL_TYPE_IGNORED", "CL_TYPE_SFX",    "CL_TYPE_ZIPSFX", "CL_TYPE_RARSFX",
      "CL_TYPE_7ZSFX", "CL_TYPE_CABSFX",  "CL_TYPE_ARJSFX", "CL_TYPE_EGGSFX", "CL_TYPE_PART_ANY"};
  return std::find(kNames.begin(), kNames.end(), clamav::TypeName(type)) != kNames.end();
}

// Texts and bytes of no kind: what patterns are asked about.
bool IsGeneral(ClamType type) {
  return clamav::TypeName(type).starts_with("CL_TYPE_TEXT_") ||
         type == Named("CL_TYPE_BINARY_DATA");
}

// Of two patterns that hold, ClamAV prefers mails to pages, those to other types, and what stands
// anywhere in a file (from CL_TYPE_SFX on, and programs) to all before it. Types are in that order.
bool Outranks(ClamType type, ClamType before) {
  return type > before || type >= Named("CL_TYPE_SFX") || type == Named("CL_TYPE_MSEXE");
}

std::optional<ClamType> ByBytes(const std::vector<FileTypeMagic>& magics, base::Bytes data) {
  for (const FileTypeMagic& magic : magics) {
    const auto bytes = base::Slice(data, magic.offset.number, magic.bytes.size());
    if (bytes && base::AsText(*bytes) == magic.bytes) {
      return magic.type;
    }
  }
  return std::nullopt;
}

}  // namespace

FileTypeTable::FileTypeTable(std::string_view lists) {
  while (const auto list = TakeList(&lists)) {
    std::string_view text = list->name.ends_with(".ftm") ? list->text : std::string_view();
    while (!text.empty()) {
      FileTypeLine line = ParseFileTypeLine(base::TakeLine(&text));
      if (line.kind != FileTypeLine::Kind::kMagic) {
        continue;
      }
      switch (line.magic.mode) {
        case FileTypeMagic::Mode::kBytes:
          bytes_.push_back(std::move(line.magic));
          break;
        case FileTypeMagic::Mode::kPartition:
          partitions_.push_back(std::move(line.magic));
          break;
        case FileTypeMagic::Mode::kPattern:
          if (!SaysNothing(line.magic.type)) {
            patterns_.push_back({std::move(line.magic), std::nullopt, false});
          }
          break;
      }
    }
  }
  std::reverse(bytes_.begin(), bytes_.end());
  std::reverse(partitions_.begin(), partitions_.end());
}

// Where the pattern's first match ends; nothing if there is none.
std::optional<std::uint64_t> FileTypeTable::EndOf(Pattern& pattern, base::Bytes data) {
  clamav::ProgramFacts program;
  program.parsed = true;  // offsets from the end need nothing else
  const auto place = clamav::PlaceOf(pattern.magic.offset, data.size(), program, false);
  if (!place || place->first >= data.size()) {
    return std::nullopt;
  }
  const bool is_any = pattern.magic.offset.kind == clamav::Offset::Kind::kAny;
  const bool from_end = pattern.magic.offset.kind == clamav::Offset::Kind::kFromEnd;
  const base::Bytes window =
      base::ClippedSlice(data, from_end ? place->first : 0,
                         from_end ? kStartBytes : kStartBytes + (is_any ? 0 : place->first));
  // Most files have not even these bytes.
  if (base::AsText(window).find(pattern.magic.literal) == std::string_view::npos) {
    return std::nullopt;
  }
  if (!pattern.is_compiled) {
    pattern.is_compiled = true;
    auto regex = clamav::Regex::Compile(pattern.magic.expression, "s");
    if (regex.ok()) {
      pattern.regex = std::move(regex).value();
    }
  }
  if (!pattern.regex) {
    return std::nullopt;
  }
  const std::uint64_t first = from_end || is_any ? 0 : place->first;
  const std::uint64_t starts = is_any ? window.size() : place->last - place->first;
  bool limited = false;
  const auto match = pattern.regex->Find(
      window, first, starts == 0, [] { return true; }, &limited);
  return match && match->begin - first <= starts ? std::optional(match->end) : std::nullopt;
}

std::optional<ClamType> FileTypeTable::ByPatterns(base::Bytes data, ClamType now) {
  struct Hit {
    std::uint64_t end;
    ClamType type;
  };
  std::vector<Hit> hits;
  for (Pattern& pattern : patterns_) {
    const ClamType required = pattern.magic.required;
    if (required == Named("CL_TYPE_ANY") || required == now) {
      if (const auto end = EndOf(pattern, data)) {
        hits.push_back({*end, pattern.magic.type});
      }
    }
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return a.end < b.end; });
  std::optional<ClamType> best;
  for (const Hit& hit : hits) {
    if (Outranks(hit.type, best.value_or(now))) {
      best = hit.type;
    }
  }
  return best;
}

std::optional<ClamType> FileTypeTable::TypeOf(base::Bytes data, ClamType now, bool is_partition) {
  const base::Bytes start = base::ClippedSlice(data, 0, kStartBytes);
  if (is_partition) {
    // Four bytes more, so that magic behind the first kilobyte can be seen.
    const auto type = ByBytes(partitions_, base::ClippedSlice(data, 0, kStartBytes + 4));
    if (type && !SaysNothing(*type)) {
      return type;
    }
  }
  const auto by_bytes = ByBytes(bytes_, start);
  if (by_bytes && !IsGeneral(*by_bytes)) {
    return SaysNothing(*by_bytes) ? std::nullopt : by_bytes;
  }
  const ClamType so_far = by_bytes.value_or(now);
  if (!IsGeneral(so_far)) {
    return std::nullopt;
  }
  const auto by_pattern = ByPatterns(data, so_far);
  return by_pattern ? by_pattern : by_bytes;
}

}  // namespace day::signatures::filetypes
