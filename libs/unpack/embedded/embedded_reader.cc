#include "libs/unpack/embedded/embedded_reader.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>

#include "libs/formats/pe/pe_reader.h"
#include "libs/unpack/inflate/crc32.h"

namespace day::unpack::embedded {
namespace {

using formats::pe::PeReader;
using std::string_view_literals::operator""sv;

constexpr std::array<std::string_view, 5> kSignatures = {"MZ"sv, "PK\x03\x04"sv, "Rar!\x1A\x07"sv,
                                                         "7z\xBC\xAF\x27\x1C"sv, "MSCF\0\0\0\0"sv};

bool IsPair(std::byte first, std::byte second) {
  const auto pair = static_cast<unsigned>(first) << 8 | static_cast<unsigned>(second);
  return pair == 0x4D5A || pair == 0x504B || pair == 0x5261 || pair == 0x377A || pair == 0x4D53;
}

// The first place at or after `from` with the first two bytes of a signature; the size if there is
// none. Programs consist of little else than places where there is none, so this is all the time
// that looking into them takes.
std::uint64_t FindPair(base::Bytes file, std::uint64_t from) {
  std::uint64_t at = from;
#ifdef __SSE2__
  const auto same = [](__m128i bytes, char value) {
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(value));
  };
  for (; at + 17 <= file.size(); at += 16) {
    const auto* place = reinterpret_cast<const __m128i*>(file.data() + at);
    const __m128i first = _mm_loadu_si128(place);
    const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(file.data() + at + 1));
    const __m128i program =
        _mm_and_si128(same(first, 'M'), _mm_or_si128(same(second, 'Z'), same(second, 'S')));
    const __m128i zip = _mm_and_si128(same(first, 'P'), same(second, 'K'));
    const __m128i rar = _mm_and_si128(same(first, 'R'), same(second, 'a'));
    const __m128i seven = _mm_and_si128(same(first, '7'), same(second, 'z'));
    const int mask =
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(program, zip), _mm_or_si128(rar, seven)));
    if (mask != 0) {
      return at + static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(mask)));
    }
  }
#endif
  for (; at + 1 < file.size(); ++at) {
    if (IsPair(file[at], file[at + 1])) {
      return at;
    }
  }
  return file.size();
}

// How far a PE's header may lie behind its "MZ".
constexpr std::uint64_t kHeaderDistanceMax = 4096;

std::string Hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

std::string NameAt(std::uint64_t at) { return "(embedded at " + Hex(at) + ")"; }

// The size that a PE's headers say: the end of its sections and certificates. SizeOfHeaders says
// what is mapped, not what is there.
std::uint64_t HeaderSize(const PeReader& pe) {
  std::uint64_t end = 0;
  for (const formats::pe::Section& section : pe.sections()) {
    end = std::max(end, std::uint64_t{section.pointer_to_raw_data} + section.size_of_raw_data);
  }
  const auto certificates = pe.directory(formats::pe::Directory::kSecurity);
  if (pe.optional_header().number_of_rva_and_sizes > 4 && certificates.virtual_address >= end) {
    const std::uint64_t with = std::uint64_t{certificates.virtual_address} + certificates.size;
    end = with <= pe.file().size() ? with : end;
  }
  return std::min<std::uint64_t>(end, pe.file().size());
}

// Whether both have the same headers, but for what an unpacked image has changed.
bool IsSame(const PeReader& a, const PeReader& b) {
  return a.file_header().time_date_stamp == b.file_header().time_date_stamp &&
         a.file_header().number_of_sections == b.file_header().number_of_sections &&
         a.file_header().characteristics == b.file_header().characteristics &&
         a.nt_header_offset() == b.nt_header_offset() &&
         a.optional_header().image_base == b.optional_header().image_base &&
         a.optional_header().size_of_image == b.optional_header().size_of_image &&
         a.optional_header().size_of_code == b.optional_header().size_of_code;
}

// Whether these bytes look like the header of a zip's first entry.
bool IsZipEntry(base::Bytes bytes) {
  constexpr std::uint16_t kVersionMax = 63;
  constexpr std::uint16_t kMethodMax = 99;
  const auto version = base::ReadAt<std::uint16_t>(bytes, 4);
  const auto method = base::ReadAt<std::uint16_t>(bytes, 8);
  const auto name_size = base::ReadAt<std::uint16_t>(bytes, 26);
  return version && method && name_size && (*version & 0xFF) <= kVersionMax &&
         *method <= kMethodMax && *name_size != 0;
}

std::optional<std::uint64_t> RarSize(base::Bytes bytes) {
  constexpr std::uint8_t kMainHeader4 = 0x73;
  const auto version = base::ReadAt<std::uint8_t>(bytes, 6);
  const auto type4 = base::ReadAt<std::uint8_t>(bytes, 9);
  const auto zero = base::ReadAt<std::uint8_t>(bytes, 7);
  const bool is_4 = version == 0 && type4 == kMainHeader4;
  const bool is_5 = version == 1 && zero == 0 && bytes.size() > 20;
  return is_4 || is_5 ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt;
}

std::optional<std::uint64_t> SevenZipSize(base::Bytes bytes) {
  constexpr std::uint64_t kHeaderBytes = 32;
  const auto checksum = base::ReadAt<std::uint32_t>(bytes, 8);
  const auto start = base::Slice(bytes, 12, 20);
  if (!checksum || !start || inflate::Crc32(*start) != *checksum) {
    return std::nullopt;
  }
  const std::uint64_t offset = base::ReadAt<std::uint64_t>(bytes, 12).value_or(0);
  const std::uint64_t size = base::ReadAt<std::uint64_t>(bytes, 20).value_or(0);
  const std::uint64_t rest = bytes.size() - kHeaderBytes;
  return offset <= rest && size <= rest - offset
             ? std::optional<std::uint64_t>(kHeaderBytes + offset + size)
             : std::optional<std::uint64_t>(bytes.size());
}

std::optional<std::uint64_t> CabinetSize(base::Bytes bytes) {
  const auto size = base::ReadAt<std::uint32_t>(bytes, 8);
  const auto files = base::ReadAt<std::uint32_t>(bytes, 16);
  const auto version = base::ReadAt<std::uint16_t>(bytes, 24);
  if (!size || !files || version != 0x0103 || *files >= *size || *size > bytes.size()) {
    return std::nullopt;
  }
  return *size;
}

}  // namespace

EmbeddedReader::EmbeddedReader(base::Bytes file, Wanted wanted)
    : file_(file), wanted_(wanted), at_(file.size()) {
  if (!outer_.Open(file)) {
    return;
  }
  for (const formats::pe::Section& section : outer_.sections()) {
    const std::uint64_t begin = section.pointer_to_raw_data;
    section_ends_.push_back(std::min<std::uint64_t>(begin + section.size_of_raw_data, file.size()));
  }
  section_ends_.push_back(file.size());
  std::sort(section_ends_.begin(), section_ends_.end());
  at_ = 1;
}

EmbeddedReader::EmbeddedReader(base::Bytes file, Wanted wanted, std::uint64_t begin)
    : file_(file), section_ends_{file.size()}, wanted_(wanted), at_(begin) {}

std::uint64_t EmbeddedReader::SectionEnd(std::uint64_t at) const {
  const auto end = std::upper_bound(section_ends_.begin(), section_ends_.end(), at);
  return end == section_ends_.end() ? file_.size() : *end;
}

std::optional<Found> EmbeddedReader::Next() {
  while (pending_.empty() && found_ < kFoundMax) {
    const std::uint64_t at = FindPair(file_, at_);
    if (at >= file_.size()) {
      return std::nullopt;
    }
    at_ = at + 1;
    const std::string_view text = base::AsText(base::ClippedSlice(file_, at, 8));
    for (std::size_t kind = 0; kind < kSignatures.size(); ++kind) {
      if (!text.starts_with(kSignatures[kind])) {
        continue;
      }
      if (kind == kPe) {
        AddPe(at);
      } else if (at >= behind_ && (kind != kZip || wanted_.zips)) {
        AddArchive(kind, at);
      }
    }
  }
  if (found_ >= kFoundMax) {
    problem_ = "limit embedded_max";
    return std::nullopt;
  }
  ++found_;
  Found found = std::move(pending_.back());
  pending_.pop_back();
  return found;
}

void EmbeddedReader::AddPe(std::uint64_t at) {
  const auto header = base::ReadAt<std::uint32_t>(file_, at + 0x3C);
  if (!header || *header > kHeaderDistanceMax ||
      base::ReadAt<std::uint32_t>(file_, at + *header) != formats::pe::kNtSignature) {
    return;
  }
  PeReader pe;
  if (!pe.Open(file_.subspan(at)) || pe.file_header().machine == 0) {
    return;
  }
  if (!outer_.file().empty() && IsSame(pe, outer_)) {
    return;  // the program's own headers: some packers have them mapped twice
  }
  const std::uint64_t size = HeaderSize(pe);
  behind_ = std::max(behind_, at + size);
  if (!wanted_.programs) {
    return;
  }
  constexpr std::uint64_t kPage = formats::pe::kPageSizeBytes;
  const std::uint64_t page_end =
      std::min<std::uint64_t>((at + size + kPage - 1) / kPage * kPage, file_.size());
  std::array<std::uint64_t, 4> sizes = {size, SectionEnd(at) - at, page_end - at,
                                        file_.size() - at};
  std::sort(sizes.begin(), sizes.end());
  // In reverse: what is at the back is given first.
  for (std::size_t i = sizes.size(); i-- > 0;) {
    const bool is_double = i > 0 && sizes[i - 1] == sizes[i];
    if (is_double || sizes[i] < size || sizes[i] - size > kSlackBytesMax || sizes[i] == 0) {
      continue;
    }
    const std::string with_size =
        "(embedded at " + Hex(at) + ", " + std::to_string(sizes[i]) + " bytes)";
    pending_.push_back({sizes[i] == size ? NameAt(at) : with_size, file_.subspan(at, sizes[i])});
  }
}

// The size of the zip at `at`; nothing if there is none. The searches go on where the last ones
// ended, so that many false beginnings cost no more than one.
std::optional<std::uint64_t> EmbeddedReader::ZipSize(std::uint64_t at, std::uint64_t limit) {
  constexpr std::uint64_t kEndRecordBytes = 22;
  if (!IsZipEntry(file_.subspan(at))) {
    return std::nullopt;
  }
  const std::string_view text = base::AsText(file_);
  const auto find_from = [&](std::string_view signature, std::uint64_t from, std::uint64_t& place) {
    if (place < from) {
      place = text.find(signature, from);
    }
    return place;
  };
  const std::uint64_t directory = find_from("PK\x01\x02"sv, at, zip_directory_);
  if (directory >= limit) {
    return std::nullopt;
  }
  const std::uint64_t end = find_from("PK\x05\x06"sv, directory, zip_end_);
  const auto comment = base::ReadAt<std::uint16_t>(file_, end < limit ? end + 20 : file_.size());
  if (!comment) {
    return std::nullopt;
  }
  return std::min(limit, end + kEndRecordBytes + *comment) - at;
}

void EmbeddedReader::AddArchive(std::size_t kind, std::uint64_t at) {
  const base::Bytes bytes = file_.subspan(at, SectionEnd(at) - at);
  std::optional<std::uint64_t> size;
  switch (kind) {
    case kZip:
      size = ZipSize(at, at + bytes.size());
      break;
    case kRar:
      size = RarSize(bytes);
      break;
    case k7z:
      size = SevenZipSize(bytes);
      break;
    default:
      size = CabinetSize(bytes);
      break;
  }
  if (size) {
    pending_.push_back({NameAt(at), bytes.first(*size)});
    behind_ = at + *size;
  }
}

}  // namespace day::unpack::embedded
