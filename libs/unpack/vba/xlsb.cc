#include "libs/unpack/vba/xlsb.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "libs/unpack/vba/formula.h"
#include "libs/unpack/vba/functions.h"

namespace day::unpack::vba {
namespace {

// Types of records ([MS-XLSB] 2.3).
constexpr std::uint32_t kRowHeader = 0;
constexpr std::uint32_t kCellReal = 5;
constexpr std::uint32_t kCellText = 6;
constexpr std::uint32_t kFormulaText = 8;
constexpr std::uint32_t kFormulaNumber = 9;
constexpr std::uint32_t kFormulaBool = 10;
constexpr std::uint32_t kFormulaError = 11;
constexpr std::uint32_t kName = 39;
constexpr std::uint32_t kBeginSheet = 129;
constexpr std::uint32_t kBeginBook = 131;
constexpr std::uint32_t kArrayFormula = 426;
constexpr std::uint32_t kSharedFormula = 427;

constexpr std::uint64_t kCellHeadBytes = 8;  // column and style
constexpr std::uint64_t kNameHeadBytes = 9;  // flags, key and sheet
// Of a cell with a formula, between what it gave and the formula.
constexpr std::uint64_t kFlagsBytes = 2;

struct Record {
  std::uint32_t type = 0;
  base::Bytes data;
};

// Numbers of records are 7 bits a byte, at most `bytes` of them.
std::uint32_t TakeNumber(base::ByteReader& part, unsigned bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    const std::uint32_t byte = part.U8();
    value |= (byte & 0x7F) << (7 * i);
    if ((byte & 0x80) == 0) {
      break;
    }
  }
  return value;
}

// The next one, or nothing at the end; one that is cut off has what there is.
std::optional<Record> TakeRecord(base::ByteReader& part) {
  const std::uint32_t type = TakeNumber(part, 2);
  const std::uint64_t size = TakeNumber(part, 4);
  if (!part.ok()) {
    return std::nullopt;
  }
  return Record{type, part.Take(std::min(size, part.remaining()))};
}

std::string TakeWideText(base::ByteReader& data) {
  return TakeBiffText(data, data.U32(), BiffVersion::kBiff12);
}

// The formula of a record, if it is of a type that has one.
std::optional<base::Bytes> FormulaOf(const Record& record) {
  base::ByteReader data(record.data);
  switch (record.type) {
    case kFormulaText:
      data.Skip(kCellHeadBytes);
      data.Skip(2ull * data.U32());
      data.Skip(kFlagsBytes);
      break;
    case kFormulaNumber:
      data.Skip(kCellHeadBytes + 8 + kFlagsBytes);
      break;
    case kFormulaBool:
    case kFormulaError:
      data.Skip(kCellHeadBytes + 1 + kFlagsBytes);
      break;
    case kArrayFormula:
      data.Skip(16 + 1);  // which cells have it, flags
      break;
    case kSharedFormula:
      data.Skip(16);
      break;
    case kName:
      data.Skip(kNameHeadBytes);
      data.Skip(2ull * data.U32());
      break;
    default:
      return std::nullopt;
  }
  const std::uint64_t size = data.U32();
  if (!data.ok()) {
    return std::nullopt;
  }
  return data.Take(std::min<std::uint64_t>({size, data.remaining(), kFormulaBytesMax}));
}

std::string NameOf(const Record& record) {
  base::ByteReader data(record.data);
  data.Skip(kNameHeadBytes);
  return TakeWideText(data);
}

// What a cell holds, or what its formula gave; empty for kinds that say nothing.
std::string ValueOf(const Record& record) {
  base::ByteReader data(record.data);
  data.Skip(kCellHeadBytes);
  switch (record.type) {
    case kCellText:
    case kFormulaText:
      return '"' + TakeWideText(data) + '"';
    case kCellReal:
    case kFormulaNumber:
      return std::to_string(std::bit_cast<double>(data.U64()));
    default:
      return {};
  }
}

// Excel finds these in any case, and runs "Auto_Open2" as well.
bool RunsByItself(std::string name) {
  for (char& c : name) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  constexpr std::string_view kBuiltin = "_xlnm.";
  const std::size_t start = name.starts_with(kBuiltin) ? kBuiltin.size() : 0;
  for (const std::string_view known :
       {"auto_open", "auto_close", "auto_activate", "auto_deactivate"}) {
    if (name.compare(start, known.size(), known) == 0) {
      return true;
    }
  }
  return false;
}

// Whether what only macro sheets may have can be in there: few other formulas pass.
bool MayBeMacro(base::Bytes tokens) {
  constexpr unsigned kClass = 0x60;  // of the value, in a token
  constexpr unsigned kCommand = 0x8000;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    const auto byte = std::to_integer<unsigned>(tokens[at]);
    const unsigned token =
        byte & ~kClass;  // 1: so many arguments as always; 2: their count is next
    if ((byte & kClass) == 0 || (token != 1 && token != 2)) {
      continue;
    }
    const auto index = base::ReadAt<std::uint16_t>(tokens, at + token).value_or(0);
    const Function* function = FindFunction(index);
    if ((index & kCommand) != 0 || (function != nullptr && function->is_macro)) {
      return true;
    }
  }
  return false;
}

bool IsOfMacros(const Record& record) {
  if (record.type == kName && RunsByItself(NameOf(record))) {
    return true;
  }
  const std::optional<base::Bytes> tokens = FormulaOf(record);
  return tokens && MayBeMacro(*tokens) && ParseFormula(*tokens, BiffVersion::kBiff12).is_macro;
}

// A line or two, or nothing.
std::string TextOf(const Record& record, std::uint32_t row) {
  const std::optional<base::Bytes> tokens = FormulaOf(record);
  const std::string formula =
      tokens ? '=' + ParseFormula(*tokens, BiffVersion::kBiff12).text : std::string();
  switch (record.type) {
    case kName:
      return NameOf(record) + ": " + formula + '\n';
    case kArrayFormula:
    case kSharedFormula:
      return "several cells: " + formula + '\n';
    default:
      break;
  }
  const std::string value = ValueOf(record);
  if (value.empty() && formula.empty()) {
    return {};
  }
  const std::uint32_t column = base::ReadAt<std::uint32_t>(record.data, 0).value_or(0);
  const std::string cell = CellName(row, column) + ": ";
  if (formula.empty()) {
    return cell + value + '\n';
  }
  return cell + formula + '\n' + (value.empty() ? "" : "  ' gave " + value + '\n');
}

bool HasMacros(base::Bytes sheet) {
  base::ByteReader part(sheet);
  while (const std::optional<Record> record = TakeRecord(part)) {
    if (IsOfMacros(*record)) {
      return true;
    }
  }
  return false;
}

// At most text_bytes_max, and a little.
std::string SheetText(base::Bytes sheet, std::uint64_t text_bytes_max) {
  std::string text;
  std::uint32_t row = 0;
  base::ByteReader part(sheet);
  while (const std::optional<Record> record = TakeRecord(part)) {
    if (record->type == kRowHeader) {
      row = base::ReadAt<std::uint32_t>(record->data, 0).value_or(0);
    } else {
      text += TextOf(*record, row);
    }
    if (text.size() > text_bytes_max) {
      break;
    }
  }
  return text;
}

}  // namespace

bool BinarySheetReader::IsBinarySheet(base::Bytes part) {
  base::ByteReader reader(part);
  const std::uint32_t type = TakeNumber(reader, 2);
  return (type == kBeginSheet || type == kBeginBook) && reader.U8() == 0 && reader.ok();
}

std::optional<document::Part> BinarySheetReader::Next(base::Budget& budget,
                                                      inflate::Inflater& /*inflater*/,
                                                      inflate::OutputBuffer& /*buffer*/) {
  if (std::exchange(is_read_, true)) {
    return std::nullopt;
  }
  if (!budget.SpendSteps(part_.size()).ok()) {
    problem_ = document::LimitGap(base::Limit::kSteps, budget);
    return std::nullopt;
  }
  if (!HasMacros(part_)) {
    return std::nullopt;
  }
  text_ = SheetText(part_, document::RoomOf(budget).size_bytes);
  document::Part part = document::PaidPart("(macro) sheet.txt", base::AsBytes(text_), budget);
  part.kind = document::PartKind::kXlmMacro;
  return part;
}

}  // namespace day::unpack::vba
