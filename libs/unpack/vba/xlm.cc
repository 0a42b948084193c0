#include "libs/unpack/vba/xlm.h"

#include <algorithm>
#include <vector>

#include "libs/unpack/vba/formula.h"

namespace day::unpack::vba {
namespace {

// Records, without the digit of their version.
constexpr unsigned kEof = 0x0A;
constexpr unsigned kName = 0x18;
constexpr unsigned kFormula = 0x06;
constexpr unsigned kText = 0x07;   // 0x0207: what the formula before gave
constexpr unsigned kLabel = 0x04;  // 0x0204
constexpr unsigned kBof = 0x09;
constexpr std::uint16_t kMacroSheet = 0x0040;
constexpr std::uint16_t kBiff8 = 0x0600;
constexpr std::uint16_t kBiff5 = 0x0500;
// Charts in sheets are substreams in substreams; real ones do not go deeper than this.
constexpr std::size_t kNestingMax = 16;

class Reader {
 public:
  Reader(base::Bytes workbook, std::uint64_t text_bytes_max)
      : reader_(workbook), text_bytes_max_(text_bytes_max) {}

  std::string Run() {
    while (reader_.remaining() >= 4 && out_.size() < text_bytes_max_) {
      const unsigned id = reader_.U16();
      const base::Bytes data =
          reader_.Take(std::min<std::uint64_t>(reader_.U16(), reader_.remaining()));
      ReadRecord(id, data);
    }
    return has_macros_ ? names_ + out_ : std::string();
  }

 private:
  void ReadRecord(unsigned id, base::Bytes data);
  void ReadName(base::Bytes data);
  void ReadFormula(base::Bytes data);
  BiffVersion text_version() const {
    return version_ == kBiff8 ? BiffVersion::kBiff8 : BiffVersion::kOld;
  }
  bool in_macro_sheet() const { return !kinds_.empty() && kinds_.back(); }

  base::ByteReader reader_;
  std::uint64_t text_bytes_max_;
  std::uint16_t version_ = 0;
  std::vector<bool> kinds_;  // of the substreams around: whether a macro sheet
  bool has_macros_ = false;
  std::string names_;
  std::string out_;
};

void Reader::ReadRecord(unsigned id, base::Bytes data) {
  // 0x0809, 0x0409, 0x0209, 0x0009
  if ((id & 0xFF) == kBof && (id >> 8) <= 8) {
    const bool is_old = (id >> 8) < 8;
    version_ = is_old ? 0 : base::ReadAt<std::uint16_t>(data, 0).value_or(0);
    const bool is_macro = base::ReadAt<std::uint16_t>(data, 2) == kMacroSheet;
    has_macros_ |= is_macro;
    if (kinds_.size() < kNestingMax) {
      kinds_.push_back(is_macro);
    }
    out_ += is_macro ? "' Excel 4 macro sheet\n" : "";
    return;
  }
  if (id == kEof && !kinds_.empty()) {
    kinds_.pop_back();
  } else if (id == kName && names_.size() < text_bytes_max_) {
    ReadName(data);
  } else if (!in_macro_sheet()) {
    return;
  } else if ((id & 0xFF) == kFormula && (id >> 8) <= 4) {
    ReadFormula(data);
  } else if (id == (0x0200 | kText) || id == kText) {
    base::ByteReader text(data);
    out_ += "  ' gave \"" + TakeBiffText(text, text.U16(), text_version()) + "\"\n";
  } else if (id == (0x0200 | kLabel)) {
    base::ByteReader cell(data);
    const std::uint32_t row = cell.U16();
    out_ += CellName(row, cell.U16());
    cell.U16();
    out_ += ": \"" + TakeBiffText(cell, cell.U16(), text_version()) + "\"\n";
  }
}

// Names that Excel runs by itself: Auto_Open and its like are one character in BIFF5 and later.
void Reader::ReadName(base::Bytes data) {
  constexpr std::uint16_t kBuiltin = 0x0020;
  base::ByteReader reader(data);
  const std::uint16_t flags = reader.U16();
  reader.U8();
  const std::size_t count = reader.U8();
  const std::size_t formula_bytes = reader.U16();
  reader.Skip(8);
  const std::string name = TakeBiffText(reader, count, text_version());
  const base::Bytes formula =
      reader.Take(std::min<std::uint64_t>({formula_bytes, reader.remaining(), kFormulaBytesMax}));
  if ((flags & kBuiltin) != 0 && count == 1) {
    constexpr const char* kBuiltins[] = {"Consolidate_Area", "Auto_Open", "Auto_Close"};
    const auto code = static_cast<unsigned char>(name.empty() ? '\xFF' : name[0]);
    const bool runs = code < 3 || code == 10 || code == 11;
    names_ += runs ? (code < 3 ? kBuiltins[code] : "Auto_Activate") : "builtin name";
  } else {
    names_ += name;
  }
  names_ += ": =" + ParseFormula(formula, text_version()).text + '\n';
}

void Reader::ReadFormula(base::Bytes data) {
  base::ByteReader reader(data);
  const std::uint32_t row = reader.U16();
  const std::uint32_t column = reader.U16();
  reader.Skip(version_ == kBiff8 || version_ == kBiff5 ? 16 : 12);
  const std::uint64_t size = reader.U16();
  const base::Bytes tokens =
      reader.Take(std::min<std::uint64_t>({size, reader.remaining(), kFormulaBytesMax}));
  if (reader.ok()) {
    out_ += CellName(row, column) + ": =" + ParseFormula(tokens, text_version()).text + '\n';
  }
}

}  // namespace

std::string MacroSheetText(base::Bytes workbook, std::uint64_t text_bytes_max) {
  return Reader(workbook, text_bytes_max).Run();
}

}  // namespace day::unpack::vba
