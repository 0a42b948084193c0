#include "libs/unpack/pdf/filters.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace day::unpack::pdf {
namespace {

using inflate::OutputBuffer;

constexpr std::uint64_t kChunkBytes = 64 * 1024;

std::string LimitGap(base::Limit limit) { return "limit " + std::string(base::LimitName(limit)); }

// Writes to the end of a buffer as long as the budget pays.
class Writer {
 public:
  Writer(base::Budget& budget, OutputBuffer& out) : budget_(budget), out_(out) {
    const base::BudgetLimits& limits = budget.limits();
    const std::uint64_t left =
        limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
    limit_ = left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    room_ = std::min(left, limits.file_bytes_max);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // False once nothing more may be written.
  bool Put(unsigned value) {
    if (used_ == space_.size() && !Grow()) {
      return false;
    }
    space_[used_++] = static_cast<std::byte>(value);
    return true;
  }

  // Commits and pays. The gap, if the room did not suffice.
  std::string Finish() {
    Commit();
    (void)budget_.SpendBytesOut(total_);
    if (!full_) {
      return {};
    }
    (void)budget_.Exceed(limit_);
    return LimitGap(limit_);
  }

 private:
  void Commit() {
    out_.Commit(used_);
    total_ += used_;
    room_ -= used_;
    used_ = 0;
    space_ = {};
  }
  bool Grow() {
    Commit();
    const std::uint64_t size = std::min(kChunkBytes, room_);
    if (size == 0 || !out_.Reserve(static_cast<std::size_t>(size))) {
      full_ = true;
      return false;
    }
    space_ = out_.free().first(static_cast<std::size_t>(size));
    return true;
  }

  base::Budget& budget_;
  OutputBuffer& out_;
  base::Limit limit_ = base::Limit::kNone;
  std::uint64_t room_ = 0;
  std::span<std::byte> space_;
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
  bool full_ = false;
};

bool IsBlank(unsigned c) { return c <= ' '; }

int HexDigit(unsigned c) {
  if (c >= '0' && c <= '9') {
    return static_cast<int>(c - '0');
  }
  const unsigned lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a' + 10) : -1;
}

// Characters outside of the alphabet are passed over.
void DecodeAsciiHex(base::Bytes input, Writer& writer) {
  int high = -1;
  for (const std::byte byte : input) {
    const auto c = std::to_integer<unsigned>(byte);
    const int digit = HexDigit(c);
    if (c == '>') {
      break;
    }
    if (digit < 0) {
      continue;
    }
    if (high < 0) {
      high = digit;
    } else if (writer.Put(static_cast<unsigned>(high * 16 + digit))) {
      high = -1;
    } else {
      return;
    }
  }
  if (high >= 0) {
    writer.Put(static_cast<unsigned>(high * 16));
  }
}

bool PutGroup(std::uint32_t value, std::size_t bytes, Writer& writer) {
  for (std::size_t i = 0; i < bytes; ++i) {
    if (!writer.Put(value >> (24 - 8 * i) & 0xFF)) {
      return false;
    }
  }
  return true;
}

void DecodeAscii85(base::Bytes input, Writer& writer) {
  constexpr unsigned kFirst = '!';
  constexpr unsigned kLast = 'u';
  std::uint32_t value = 0;  // modulo 2^32, as viewers compute it
  std::size_t digits = 0;
  std::size_t start = 0;
  while (start < input.size() && IsBlank(std::to_integer<unsigned>(input[start]))) {
    ++start;
  }
  if (base::AsText(input.subspan(start)).starts_with("<~")) {
    start += 2;
  }
  for (const std::byte byte : input.subspan(start)) {
    const auto c = std::to_integer<unsigned>(byte);
    if (c == '~') {
      break;
    }
    if (c == 'z' && digits == 0) {
      if (!PutGroup(0, 4, writer)) {
        return;
      }
    } else if (c >= kFirst && c <= kLast) {
      value = value * 85 + (c - kFirst);
      if (++digits == 5) {
        if (!PutGroup(value, 4, writer)) {
          return;
        }
        digits = 0;
        value = 0;
      }
    }
  }
  if (digits > 1) {
    for (std::size_t i = digits; i < 5; ++i) {
      value = value * 85 + 84;
    }
    PutGroup(value, digits - 1, writer);
  }
}

void DecodeRunLength(base::Bytes input, Writer& writer) {
  constexpr unsigned kEnd = 128;
  std::size_t at = 0;
  while (at < input.size()) {
    const auto length = std::to_integer<unsigned>(input[at++]);
    if (length == kEnd) {
      return;
    }
    const bool is_run = length > kEnd;
    const std::size_t count = is_run ? 257 - length : length + 1;
    for (std::size_t i = 0; i < count && at < input.size(); ++i) {
      if (!writer.Put(std::to_integer<unsigned>(input[is_run ? at : at++]))) {
        return;
      }
    }
    at += is_run ? 1 : 0;
  }
}

// LZW with codes of 9 to 12 bits, the first bit first. A string of the table is its last byte and
// the string in front of it.
class LzwDecoder {
 public:
  LzwDecoder(base::Bytes input, bool early, Writer& writer)
      : input_(input), early_(early ? 1 : 0), writer_(writer) {}

  // False if a code stands for nothing.
  bool Run() {
    constexpr unsigned kClear = 256;
    constexpr unsigned kEnd = 257;
    while (const auto code = NextCode()) {
      if (*code == kEnd) {
        return true;
      }
      if (*code == kClear) {
        next_ = kFirstFree;
        width_ = 9;
        previous_ = kNone;
        continue;
      }
      if (*code > next_ || (*code >= next_ && previous_ == kNone) || *code == kNone) {
        return false;
      }
      if (!PutCode(*code)) {
        return true;
      }
    }
    return true;
  }

 private:
  static constexpr unsigned kFirstFree = 258;
  static constexpr unsigned kTableSize = 4096;
  static constexpr unsigned kNone = kTableSize;

  std::optional<unsigned> NextCode() {
    while (bits_ < width_) {
      if (at_ >= input_.size()) {
        return std::nullopt;
      }
      window_ = window_ << 8 | std::to_integer<unsigned>(input_[at_++]);
      bits_ += 8;
    }
    bits_ -= width_;
    const unsigned code = window_ >> bits_ & ((1U << width_) - 1);
    window_ &= (1U << bits_) - 1;
    return code;
  }

  // The string of the code, and a new entry of the table. False: no room.
  bool PutCode(unsigned code) {
    std::size_t size = 0;
    unsigned at = code;
    if (code == next_) {
      stack_[size++] = first_;  // the previous string and its own first byte
      at = previous_;
    }
    while (at >= kFirstFree) {
      stack_[size++] = last_[at];
      at = before_[at];
    }
    first_ = static_cast<std::uint8_t>(at);
    stack_[size++] = first_;
    if (previous_ != kNone && next_ < kTableSize) {
      last_[next_] = first_;
      before_[next_] = static_cast<std::uint16_t>(previous_);
      ++next_;
      if (next_ + early_ >= 1U << width_ && width_ < 12) {
        ++width_;
      }
    }
    previous_ = code;
    while (size > 0) {
      if (!writer_.Put(stack_[--size])) {
        return false;
      }
    }
    return true;
  }

  base::Bytes input_;
  unsigned early_;
  Writer& writer_;
  std::size_t at_ = 0;
  std::uint32_t window_ = 0;
  unsigned bits_ = 0;
  unsigned width_ = 9;
  unsigned next_ = kFirstFree;
  unsigned previous_ = kNone;
  std::uint8_t first_ = 0;
  std::array<std::uint8_t, kTableSize> last_{};
  std::array<std::uint16_t, kTableSize> before_{};
  std::array<std::uint8_t, kTableSize + 1> stack_{};
};

bool HasZlibHeader(base::Bytes input) {
  constexpr std::uint8_t kMethodDeflate = 8;
  const auto header = base::ReadAt<std::uint16_t>(input, 0, base::Endian::kBig);
  return header && (*header >> 8 & 0xF) == kMethodDeflate && *header % 31 == 0;
}

// Where zlib data starts behind lines of something else; nothing if it does not.
std::optional<base::Bytes> BehindFirstLines(base::Bytes input) {
  constexpr std::size_t kLinesBytesMax = 1024;
  const std::size_t size = std::min(input.size(), kLinesBytesMax);
  for (std::size_t at = 0; at < size; ++at) {
    if (input[at] == std::byte{'\n'} && HasZlibHeader(input.subspan(at + 1))) {
      return input.subspan(at + 1);
    }
  }
  return std::nullopt;
}

// Without a zlib header that fits: it is damaged, or there is none, or other lines stand in front.
// Whichever gives more.
std::string DecodeFlateWithoutHeader(base::Bytes input, base::Budget& budget,
                                     inflate::Inflater& inflater, OutputBuffer& out) {
  using End = inflate::Outcome::End;
  std::vector<base::Bytes> candidates = {input, base::ClippedSlice(input, 2, input.size())};
  if (const auto behind = BehindFirstLines(input)) {
    candidates.push_back(base::ClippedSlice(*behind, 2, behind->size()));
  }
  const std::size_t start = out.size();
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const inflate::Outcome outcome = inflater.Inflate(candidates[i], budget, out);
    const bool is_whole = outcome.end == End::kComplete && (outcome.produced > 0 || i == 0);
    if (is_whole || outcome.end == End::kLimit) {
      return inflate::GapReason(outcome);
    }
    if (outcome.produced >= most) {
      most = outcome.produced;
      best = i;
    }
    out.Truncate(start);
  }
  return inflate::GapReason(inflater.Inflate(candidates[best], budget, out));
}

std::string DecodeFlate(base::Bytes input, base::Budget& budget, inflate::Inflater& inflater,
                        OutputBuffer& out) {
  const auto is_line_end = [](std::byte b) { return b == std::byte{'\r'} || b == std::byte{'\n'}; };
  // Some writers put an end of line more in front.
  const std::size_t start_of_data = static_cast<std::size_t>(
      std::find_if_not(input.begin(), input.end(), is_line_end) - input.begin());
  if (start_of_data == input.size() || HasZlibHeader(input.subspan(start_of_data))) {
    input = input.subspan(start_of_data);
  }
  if (input.empty()) {
    return {};
  }
  return HasZlibHeader(input) ? inflate::GapReason(inflater.Inflate(
                                    base::ClippedSlice(input, 2, input.size()), budget, out))
                              : DecodeFlateWithoutHeader(input, budget, inflater, out);
}

struct Row {
  std::size_t bytes = 0;
  std::size_t pixel_bytes = 0;
  std::size_t colors = 0;
  std::size_t bits = 0;
};

// The rows that the parameters describe, or nothing if no viewer would take them.
std::optional<Row> RowOf(const FilterParameters& parameters) {
  constexpr std::int64_t kColorsMax = 1024;
  constexpr std::int64_t kColumnsMax = std::int64_t{1} << 30;
  const std::int64_t bits = parameters.bits_per_component;
  if (parameters.colors < 1 || parameters.colors > kColorsMax || parameters.columns < 1 ||
      parameters.columns > kColumnsMax ||
      (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16)) {
    return std::nullopt;
  }
  Row row;
  row.colors = static_cast<std::size_t>(parameters.colors);
  row.bits = static_cast<std::size_t>(bits);
  row.bytes = static_cast<std::size_t>((parameters.columns * parameters.colors * bits + 7) / 8);
  row.pixel_bytes = static_cast<std::size_t>((parameters.colors * bits + 7) / 8);
  return row;
}

unsigned Paeth(unsigned left, unsigned up, unsigned corner) {
  const int estimate = static_cast<int>(left + up) - static_cast<int>(corner);
  const int to_left = std::abs(estimate - static_cast<int>(left));
  const int to_up = std::abs(estimate - static_cast<int>(up));
  const int to_corner = std::abs(estimate - static_cast<int>(corner));
  if (to_left <= to_up && to_left <= to_corner) {
    return left;
  }
  return to_up <= to_corner ? up : corner;
}

// What PNG's filter `kind` predicts for each byte of the row. `above` is empty or as long.
void UndoPngRow(unsigned kind, std::span<std::byte> row, std::span<const std::byte> above,
                std::size_t pixel_bytes) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const unsigned left = i >= pixel_bytes ? std::to_integer<unsigned>(row[i - pixel_bytes]) : 0;
    const unsigned up = above.empty() ? 0 : std::to_integer<unsigned>(above[i]);
    const unsigned corner =
        above.empty() || i < pixel_bytes ? 0 : std::to_integer<unsigned>(above[i - pixel_bytes]);
    unsigned predicted = 0;
    switch (kind) {
      case 1:
        predicted = left;
        break;
      case 2:
        predicted = up;
        break;
      case 3:
        predicted = (left + up) / 2;
        break;
      case 4:
        predicted = Paeth(left, up, corner);
        break;
      default:
        break;
    }
    row[i] = static_cast<std::byte>(std::to_integer<unsigned>(row[i]) + predicted);
  }
}

// In place: the row behind its tag byte moves to the front.
void UndoPng(const Row& row, std::span<std::byte> data, std::size_t& size) {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t above = 0;
  bool has_above = false;
  while (in + 1 < data.size()) {
    const auto kind = std::to_integer<unsigned>(data[in++]);
    const std::size_t bytes = std::min(row.bytes, data.size() - in);
    std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(in), bytes,
                data.begin() + static_cast<std::ptrdiff_t>(out));
    UndoPngRow(kind, data.subspan(out, bytes),
               has_above ? std::span<const std::byte>(data.subspan(above, bytes))
                         : std::span<const std::byte>(),
               row.pixel_bytes);
    above = out;
    has_above = true;
    in += bytes;
    out += bytes;
  }
  size = out;
}

// Components of less than a byte: the sum with the one to the left, modulo their size.
void UndoTiffBits(const Row& row, std::span<std::byte> line, std::vector<unsigned>& left) {
  const unsigned mask = (1U << row.bits) - 1;
  left.assign(row.colors, 0);
  std::size_t component = 0;
  for (std::byte& byte : line) {
    const auto value = std::to_integer<unsigned>(byte);
    unsigned out = 0;
    for (std::size_t shift = 8; shift > 0; shift -= row.bits) {
      unsigned& sum = left[component++ % row.colors];
      sum = (sum + (value >> (shift - row.bits))) & mask;
      out |= sum << (shift - row.bits);
    }
    byte = static_cast<std::byte>(out);
  }
}

void UndoTiff(const Row& row, std::span<std::byte> data) {
  std::vector<unsigned> left;
  for (std::size_t start = 0; start < data.size(); start += row.bytes) {
    const std::span<std::byte> line = data.subspan(start, std::min(row.bytes, data.size() - start));
    if (row.bits < 8) {
      UndoTiffBits(row, line, left);
    } else if (row.bits == 8) {
      for (std::size_t i = row.colors; i < line.size(); ++i) {
        line[i] = static_cast<std::byte>(std::to_integer<unsigned>(line[i]) +
                                         std::to_integer<unsigned>(line[i - row.colors]));
      }
    } else {
      for (std::size_t i = 2 * row.colors; i + 1 < line.size(); i += 2) {
        const auto word = [&line](std::size_t at) {
          return std::to_integer<unsigned>(line[at]) << 8 | std::to_integer<unsigned>(line[at + 1]);
        };
        const unsigned sum = word(i) + word(i - 2 * row.colors);
        line[i] = static_cast<std::byte>(sum >> 8);
        line[i + 1] = static_cast<std::byte>(sum);
      }
    }
  }
}

}  // namespace

std::optional<Filter> FilterByName(std::string_view name) {
  struct Entry {
    std::string_view name;
    std::string_view abbreviation;
    Filter filter;
  };
  constexpr Entry kEntries[] = {
      {"FlateDecode", "Fl", Filter::kFlate},         {"LZWDecode", "LZW", Filter::kLzw},
      {"ASCII85Decode", "A85", Filter::kAscii85},    {"ASCIIHexDecode", "AHx", Filter::kAsciiHex},
      {"RunLengthDecode", "RL", Filter::kRunLength}, {"DCTDecode", "DCT", Filter::kImage},
      {"CCITTFaxDecode", "CCF", Filter::kImage},     {"JPXDecode", "JPX", Filter::kImage},
      {"JBIG2Decode", "JBIG2", Filter::kImage},      {"Crypt", "Crypt", Filter::kCrypt},
  };
  for (const Entry& entry : kEntries) {
    if (name == entry.name || name == entry.abbreviation) {
      return entry.filter;
    }
  }
  return std::nullopt;
}

std::string Decode(Filter filter, const FilterParameters& parameters, base::Bytes input,
                   base::Budget& budget, inflate::Inflater& inflater, OutputBuffer& out) {
  if (filter == Filter::kFlate) {
    return DecodeFlate(input, budget, inflater, out);
  }
  Writer writer(budget, out);
  bool whole = true;
  switch (filter) {
    case Filter::kAsciiHex:
      DecodeAsciiHex(input, writer);
      break;
    case Filter::kAscii85:
      DecodeAscii85(input, writer);
      break;
    case Filter::kRunLength:
      DecodeRunLength(input, writer);
      break;
    case Filter::kLzw:
      whole = LzwDecoder(input, parameters.early_change != 0, writer).Run();
      break;
    default:
      break;
  }
  std::string gap = writer.Finish();
  if (gap.empty() && !whole) {
    gap = "damaged: invalid LZW code";
  }
  return gap;
}

bool HasPredictor(const FilterParameters& parameters) {
  return parameters.predictor == 2 || parameters.predictor >= 10;
}

std::string UndoPredictor(const FilterParameters& parameters, OutputBuffer& data) {
  const std::optional<Row> row = RowOf(parameters);
  if (!row) {
    return "damaged: invalid predictor";
  }
  // The buffer gives its content only to be read: as free space it may be written.
  const std::size_t size = data.size();
  data.Truncate(0);
  const std::span<std::byte> bytes = data.free().first(size);
  std::size_t kept = size;
  if (parameters.predictor == 2) {
    UndoTiff(*row, bytes);
  } else {
    UndoPng(*row, bytes, kept);
  }
  data.Commit(kept);
  return {};
}

}  // namespace day::unpack::pdf
