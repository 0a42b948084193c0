#include "libs/unpack/embedded/marks.h"

#include <string_view>

#include "libs/match/pair_kernel.h"

namespace day::unpack::embedded {
namespace {

using std::string_view_literals::operator""sv;

struct Mark {
  Kind kind;
  std::string_view bytes;
  std::uint64_t pair;    // of the mark: the two bytes that are rarest in other files
  std::uint64_t before;  // where the mark stands in such a file
  unsigned bucket;
};

// What shares a bucket is rare when mixed, too: "!\xBC", "lC".
constexpr Mark kMarks[] = {
    {Kind::kPe, "MZ"sv, 0, 0, 0},
    {Kind::kZip, "PK\x03\x04"sv, 1, 0, 1},
    {Kind::kRar, "Rar!\x1A\x07"sv, 3, 0, 2},
    {Kind::k7z, "7z\xBC\xAF\x27\x1C"sv, 1, 0, 2},
    {Kind::kCab, "MSCF\0\0\0\0"sv, 2, 0, 3},
    {Kind::kArj, "\x60\xEA"sv, 0, 0, 4},
    {Kind::kNsis, "\xEF\xBE\xAD\xDENullsoftInst"sv, 3, 4, 5},
    {Kind::kAutoit, "\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9\x99\x4C\x53\x0A\x86\xD6\x48\x7D"sv, 3, 0, 5},
    {Kind::kOle2, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, 4, 0, 5},
    {Kind::kInstallshield, "InstallShield\0"sv, 6, 0, 6},
    {Kind::kIso9660, "\x01\x43\x44\x30\x30\x31\x01"sv, 0, 0x8000, 6},
    {Kind::kPdf, "%PDF-"sv, 0, 0, 7},
    {Kind::kMail, "-Version: "sv, 0, 4, 7},
    {Kind::kMail, "-version: "sv, 0, 4, 7},
};

constexpr match::PairTables MakeTables() {
  match::PairTables tables;
  for (const Mark& mark : kMarks) {
    tables.Add(mark.bucket, static_cast<std::uint8_t>(mark.bytes[mark.pair]),
               static_cast<std::uint8_t>(mark.bytes[mark.pair + 1]));
  }
  return tables;
}
constexpr match::PairTables kTables = MakeTables();

// The mark whose pair stands at `search`.
std::optional<MarkPlace> MarkAt(base::Bytes file, std::uint64_t search) {
  const std::string_view text = base::AsText(file);
  for (const Mark& mark : kMarks) {
    const bool is_pair =
        text[search] == mark.bytes[mark.pair] && text[search + 1] == mark.bytes[mark.pair + 1];
    if (is_pair && search >= mark.pair + mark.before &&
        text.substr(search - mark.pair).starts_with(mark.bytes)) {
      return MarkPlace{mark.kind, search - mark.pair - mark.before, search + 1};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<MarkPlace> FindMark(base::Bytes file, std::uint64_t from) {
  static const match::Simd kSimd = match::BestSimd();
  for (std::uint64_t search = from;; ++search) {
    search = match::FindPair(kSimd, file, static_cast<std::size_t>(search), kTables);
    if (search >= file.size()) {
      return std::nullopt;
    }
    if (const auto place = MarkAt(file, search)) {
      return place;
    }
  }
}

}  // namespace day::unpack::embedded
