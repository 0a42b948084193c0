#include "libs/unpack/embedded/embedded_reader.h"

#include <algorithm>
#include <functional>

namespace day::unpack::embedded {
namespace {

using formats::pe::PeReader;
using std::string_view_literals::operator""sv;

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

}  // namespace

EmbeddedReader::EmbeddedReader(base::Bytes file, Wanted wanted)
    : file_(file), wanted_(wanted), purse_(kWorkFreeBytes + kWorkRatioMax * file.size()) {
  if (outer_.Open(file)) {
    for (const formats::pe::Section& section : outer_.sections()) {
      const std::uint64_t begin = section.pointer_to_raw_data;
      const std::uint64_t end = begin + section.size_of_raw_data;
      section_ends_.push_back(std::min<std::uint64_t>(end, file.size()));
    }
  }
  section_ends_.push_back(file.size());
  std::sort(section_ends_.begin(), section_ends_.end());
}

std::uint64_t EmbeddedReader::SectionEnd(std::uint64_t at) const {
  const auto end = std::upper_bound(section_ends_.begin(), section_ends_.end(), at);
  return end == section_ends_.end() ? file_.size() : *end;
}

void EmbeddedReader::Claim(base::Bytes view) {
  const std::less<const std::byte*> is_before;
  const std::byte* const end = file_.data() + file_.size();
  if (view.empty() || is_before(view.data(), file_.data()) || !is_before(view.data(), end)) {
    return;
  }
  const auto begin = static_cast<std::uint64_t>(view.data() - file_.data());
  claimed_.push_back({begin, begin + view.size()});
  is_sorted_ = false;
}

bool EmbeddedReader::IsClaimed(std::uint64_t at) {
  if (!is_sorted_) {
    std::sort(claimed_.begin(), claimed_.end(),
              [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::vector<Range> merged;
    for (const Range& range : claimed_) {
      if (!merged.empty() && range.begin <= merged.back().end) {
        merged.back().end = std::max(merged.back().end, range.end);
      } else {
        merged.push_back(range);
      }
    }
    claimed_ = std::move(merged);
    is_sorted_ = true;
  }
  const auto next = std::upper_bound(claimed_.begin(), claimed_.end(), at,
                                     [](std::uint64_t a, const Range& b) { return a < b.begin; });
  return next != claimed_.begin() && at < std::prev(next)->end;
}

std::optional<Found> EmbeddedReader::Next() {
  while (found_ < kFoundMax && !purse_.empty()) {
    if (!pending_.empty()) {
      Found found = std::move(pending_.back());
      pending_.pop_back();
      if (IsClaimed(found)) {
        continue;
      }
      ++found_;
      return found;
    }
    const auto mark = FindMark(file_, at_);
    if (!mark) {
      at_ = file_.size();
      return std::nullopt;
    }
    at_ = mark->search;
    if (mark->at > 0 && !IsClaimed(mark->at)) {
      Judge(*mark);
    }
  }
  problem_ = purse_.empty() ? "limit embedded_work_max"sv : "limit embedded_max"sv;
  return std::nullopt;
}

void EmbeddedReader::LastWasDamaged() { behind_ = 0; }

void EmbeddedReader::Judge(const MarkPlace& mark) {
  if (mark.kind == Kind::kPe) {
    AddPe(mark.at);
  } else if (mark.kind == Kind::kMail) {
    AddMail(mark.at);
  } else if (mark.at >= behind_ && mark.kind == Kind::kZip) {
    AddZip(mark.at);
  } else if (mark.at >= behind_) {
    AddArchive(mark.kind, mark.at);
  }
}

void EmbeddedReader::AddPe(std::uint64_t at) {
  constexpr std::uint64_t kHeaderCost = 1024;
  const auto header = base::ReadAt<std::uint32_t>(file_, at + 0x3C);
  if (!header || *header > kHeaderDistanceMax ||
      base::ReadAt<std::uint32_t>(file_, at + *header) != formats::pe::kNtSignature ||
      !purse_.Pay(kHeaderCost)) {
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
    pending_.push_back(
        {sizes[i] == size ? NameAt(at) : with_size, file_.subspan(at, sizes[i]), Kind::kPe});
  }
}

// The size of the zip at `at`, as its directory says; nothing if there is none that fits. The
// searches go on where the last ones ended, so that many false beginnings cost no more than one.
std::optional<std::uint64_t> EmbeddedReader::ZipSize(std::uint64_t at, std::uint64_t limit) {
  constexpr std::uint64_t kEndRecordBytes = 22;
  constexpr std::uint64_t kDirectoryBytesOffset = 12;
  constexpr std::uint32_t kIn64 = 0xFFFF'FFFF;
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
  const auto size = base::ReadAt<std::uint32_t>(file_, end + kDirectoryBytesOffset).value_or(0);
  if (size != kIn64 && (size > end - at || !text.substr(end - size).starts_with("PK\x01\x02"sv))) {
    return std::nullopt;
  }
  return std::min(limit, end + kEndRecordBytes + *comment) - at;
}

// One without a directory is given to the end: its reader finds the entries of all that follow.
void EmbeddedReader::AddZip(std::uint64_t at) {
  constexpr std::uint64_t kHeaderBytes = 30;
  const std::uint64_t limit = std::min<std::uint64_t>(wanted_.zips_end, file_.size());
  const base::Bytes bytes = base::ClippedSlice(file_, at, limit - std::min(at, limit));
  if (IsOpenEnded(Kind::kZip) || !MayBeZipEntry(bytes)) {
    return;
  }
  if (const auto size = ZipSize(at, limit)) {
    pending_.push_back({NameAt(at), bytes.first(*size), Kind::kZip});
    behind_ = at + *size;
  } else if (IsZipEntry(bytes, purse_, inflater_)) {
    pending_.push_back({NameAt(at), bytes, Kind::kZip});
    is_open_[static_cast<std::size_t>(Kind::kZip)] = true;
    behind_ = at + kHeaderBytes;
  }
}

// More than the first few mails of a file are in those.
void EmbeddedReader::AddMail(std::uint64_t at) {
  const auto begin = wanted_.mails ? MailBegin(file_, at, purse_) : std::nullopt;
  if (begin && *begin > 0 && !IsClaimed(*begin)) {
    pending_.push_back({NameAt(*begin), file_.subspan(*begin), Kind::kMail});
  }
}

// Where a section ends says nothing of archives: what loads them reads the file, not the image.
void EmbeddedReader::AddArchive(Kind kind, std::uint64_t at) {
  const base::Bytes bytes = file_.subspan(at);
  std::optional<Extent> extent;
  switch (kind) {
    case Kind::kRar:
      extent = RarExtent(bytes, purse_);
      break;
    case Kind::k7z:
      extent = SevenZipExtent(bytes, purse_);
      break;
    case Kind::kCab:
      extent = CabinetExtent(bytes, purse_);
      break;
    case Kind::kArj:
      extent = ArjExtent(bytes, purse_);
      break;
    case Kind::kNsis:
      extent = NsisExtent(bytes);
      break;
    case Kind::kAutoit:
      extent = AutoitExtent(bytes);
      break;
    case Kind::kInstallshield:
      extent = InstallshieldExtent(bytes);
      break;
    case Kind::kPdf:
      extent = IsOpenEnded(kind) || !wanted_.pdfs ? std::nullopt : PdfExtent(bytes, purse_);
      is_open_[static_cast<std::size_t>(kind)] |= extent.has_value();
      break;
    case Kind::kOle2:
      extent = Ole2Extent(bytes);
      break;
    default:
      extent = Iso9660Extent(bytes);
      break;
  }
  if (extent) {
    pending_.push_back({NameAt(at), bytes.first(extent->size), kind});
    behind_ = std::max(behind_, at + extent->read);
  }
}

}  // namespace day::unpack::embedded
