#include "libs/unpack/vba/formula.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/unpack/document/text.h"
#include "libs/unpack/vba/functions.h"

namespace day::unpack::vba {
namespace {

constexpr std::uint16_t kUserFunction = 255;
constexpr std::uint16_t kChar = 111;

constexpr std::string_view kOperators[] = {
    "+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>", " ", ",", ":"};

// Part of a formula. Texts of parts are put together only at the end, so that depth costs nothing.
struct Node {
  enum class Kind : std::uint8_t { kPlain, kText, kNumber };
  Kind kind = Kind::kPlain;
  std::string open;  // of a text: the text itself
  std::string_view between;
  std::string_view close;
  std::uint32_t number = 0;
  std::vector<std::size_t> children;
};

class Parser {
 public:
  Parser(base::Bytes tokens, BiffVersion version) : reader_(tokens), version_(version) {}

  Formula Run() {
    bool is_whole = true;
    while (is_whole && reader_.ok() && reader_.remaining() > 0) {
      const unsigned token = reader_.U8();
      is_whole = token < 0x20 ? ReadConstant(token) : ReadOperand((token & 0x1F) | 0x20);
    }
    std::string out;
    for (const std::size_t node : stack_) {
      out += out.empty() ? "" : " ";
      Render(node, out);
    }
    return {is_whole && reader_.ok() ? std::move(out) : out + "...", is_macro_};
  }

 private:
  void Push(Node node) {
    nodes_.push_back(std::move(node));
    stack_.push_back(nodes_.size() - 1);
  }
  void PushPlain(std::string text) {
    Node node;
    node.open = std::move(text);
    Push(std::move(node));
  }
  // Takes the last `count` parts into `node`, or as many as there are.
  void Take(std::size_t count, Node& node) {
    const std::size_t taken = std::min(count, stack_.size());
    node.children.assign(stack_.end() - static_cast<std::ptrdiff_t>(taken), stack_.end());
    stack_.resize(stack_.size() - taken);
  }

  bool ReadConstant(unsigned token);
  bool ReadAttribute();
  bool ReadOperand(unsigned token);
  void PushOperator(std::string_view text);
  void PushFunction(std::uint16_t index, std::size_t arguments, bool is_command);
  void PushArea(bool has_sheet);
  bool is_biff12() const { return version_ == BiffVersion::kBiff12; }
  std::uint32_t TakeRow() { return is_biff12() ? reader_.U32() : reader_.U16(); }
  std::uint32_t column_mask() const { return is_biff12() ? 0x3FFF : 0xFF; }
  std::string TakeSheet();
  std::string TakeCell(bool has_sheet);
  void Render(std::size_t root, std::string& out) const;

  base::ByteReader reader_;
  BiffVersion version_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> stack_;
  bool is_macro_ = false;
};

void Parser::PushOperator(std::string_view text) {
  Node node;
  Take(2, node);
  if (text == "&" && node.children.size() == 2) {
    Node& left = nodes_[node.children[0]];
    const Node& right = nodes_[node.children[1]];
    if (left.kind == Node::Kind::kText && right.kind == Node::Kind::kText) {
      left.open += right.open;
      stack_.push_back(node.children[0]);
      return;
    }
  }
  node.between = text;
  Push(std::move(node));
}

bool Parser::ReadAttribute() {
  const unsigned flags = reader_.U8();
  const std::size_t word = reader_.U16();
  if ((flags & 0x04) != 0) {
    reader_.Skip((word + 1) * 2);  // CHOOSE's table of jumps
  } else if ((flags & 0x10) != 0) {
    PushFunction(4, 1, false);
  }
  return true;
}

bool Parser::ReadConstant(unsigned token) {
  Node node;
  switch (token) {
    case 0x12:
    case 0x13:
      Take(1, node);
      node.open = token == 0x12 ? "+" : "-";
      break;
    case 0x14:
      Take(1, node);
      node.close = "%";
      break;
    case 0x15:
      Take(1, node);
      node.open = "(";
      node.close = ")";
      break;
    case 0x16:
      break;
    case 0x17:
      node.kind = Node::Kind::kText;
      node.open = TakeBiffText(reader_, is_biff12() ? reader_.U16() : reader_.U8(), version_);
      break;
    case 0x19:
      return ReadAttribute();
    case 0x1C:
      node.open = "#ERR" + std::to_string(reader_.U8());
      break;
    case 0x1D:
      node.open = reader_.U8() != 0 ? "TRUE" : "FALSE";
      break;
    case 0x1E:
      node.kind = Node::Kind::kNumber;
      node.number = reader_.U16();
      node.open = std::to_string(node.number);
      break;
    case 0x1F: {
      const double value = std::bit_cast<double>(reader_.U64());
      node.kind = value >= 0 && value < 65536 ? Node::Kind::kNumber : Node::Kind::kPlain;
      node.number = node.kind == Node::Kind::kNumber ? static_cast<std::uint32_t>(value) : 0;
      node.open = std::to_string(value);
      break;
    }
    default:
      if (token >= 0x03 && token <= 0x11) {
        PushOperator(kOperators[token - 0x03]);
        return true;
      }
      return false;
  }
  Push(std::move(node));
  return true;
}

std::string Parser::TakeSheet() { return "[" + std::to_string(reader_.U16()) + "]!"; }

std::string Parser::TakeCell(bool has_sheet) {
  const std::string sheet = has_sheet ? TakeSheet() : "";
  const std::uint32_t row = TakeRow();
  return sheet + CellName(row, reader_.U16() & column_mask());
}

void Parser::PushArea(bool has_sheet) {
  const std::string sheet = has_sheet ? TakeSheet() : "";
  const std::uint32_t first_row = TakeRow();
  const std::uint32_t last_row = TakeRow();
  const std::uint32_t first_column = reader_.U16() & column_mask();
  const std::uint32_t last_column = reader_.U16() & column_mask();
  PushPlain(sheet + CellName(first_row, first_column) + ":" + CellName(last_row, last_column));
}

bool Parser::ReadOperand(unsigned token) {
  const bool is_old = version_ == BiffVersion::kOld;
  const std::uint64_t cell_bytes = is_biff12() ? 6 : 4;
  switch (token) {
    case 0x21: {
      const std::uint16_t index = reader_.U16();
      const Function* function = FindFunction(index);
      PushFunction(index, function != nullptr ? function->arguments : 1, false);
      return true;
    }
    case 0x22: {
      const std::size_t arguments = reader_.U8() & 0x7Fu;
      const std::uint16_t index = reader_.U16();
      PushFunction(index & 0x7FFF, arguments, (index & 0x8000) != 0);
      return true;
    }
    case 0x23:
      PushPlain("name" + std::to_string(is_biff12() ? reader_.U32() : reader_.U16()));
      reader_.Skip(is_old ? 12 : is_biff12() ? 0 : 2);
      return true;
    case 0x24:
    case 0x2C:
      PushPlain(TakeCell(false));
      return true;
    case 0x25:
    case 0x2D:
      PushArea(false);
      return true;
    case 0x26:
    case 0x27:
    case 0x28:
      reader_.Skip(6);
      return true;
    case 0x29:
      reader_.Skip(2);
      return true;
    case 0x2A:
    case 0x2B:
      reader_.Skip(token == 0x2A ? cell_bytes : 2 * cell_bytes);
      PushPlain("#REF!");
      return true;
    case 0x20:
      reader_.Skip(is_biff12() ? 14 : 7);
      PushPlain("{...}");
      return true;
    case 0x39:
      reader_.Skip(2);
      PushPlain("external" + std::to_string(is_biff12() ? reader_.U32() : reader_.U16()));
      reader_.Skip(is_biff12() ? 0 : 2);
      return !is_old;
    case 0x3A:
      PushPlain(TakeCell(true));
      return !is_old;
    case 0x3B:
      PushArea(true);
      return !is_old;
    case 0x3C:
    case 0x3D:
      reader_.Skip(2 + (token == 0x3C ? cell_bytes : 2 * cell_bytes));
      PushPlain("#REF!");
      return true;
    default:
      return false;
  }
}

void Parser::PushFunction(std::uint16_t index, std::size_t arguments, bool is_command) {
  Node node;
  Take(arguments, node);
  if (!is_command && index == kChar && node.children.size() == 1 &&
      nodes_[node.children[0]].kind == Node::Kind::kNumber) {
    Node text;
    text.kind = Node::Kind::kText;
    document::AppendUtf8(nodes_[node.children[0]].number & 0xFF, text.open);
    Push(std::move(text));
    return;
  }
  const Function* function = is_command ? nullptr : FindFunction(index);
  const std::string_view command = is_command ? CommandName(index) : std::string_view{};
  is_macro_ |= is_command || (function != nullptr && function->is_macro);
  if (!is_command && index == kUserFunction) {
    node.open = "CALL.NAME";
  } else if (function != nullptr || !command.empty()) {
    node.open = function != nullptr ? function->name : command;
  } else {
    node.open = (is_command ? "COMMAND." : "FUNCTION.") + std::to_string(index);
  }
  node.open += '(';
  node.between = ",";
  node.close = ")";
  Push(std::move(node));
}

void Parser::Render(std::size_t root, std::string& out) const {
  struct Step {
    std::size_t node;
    std::size_t child;
  };
  std::vector<Step> steps = {{root, 0}};
  while (!steps.empty()) {
    Step& step = steps.back();
    const Node& node = nodes_[step.node];
    if (node.kind == Node::Kind::kText) {
      out += '"' + node.open + '"';
      steps.pop_back();
      continue;
    }
    out += step.child == 0 ? std::string_view(node.open) : std::string_view{};
    if (step.child == node.children.size()) {
      out += node.close;
      steps.pop_back();
      continue;
    }
    out += step.child > 0 ? node.between : std::string_view{};
    const std::size_t child = node.children[step.child++];
    steps.push_back({child, 0});
  }
}

}  // namespace

std::string TakeBiffText(base::ByteReader& reader, std::size_t count, BiffVersion version) {
  const bool is_wide =
      version == BiffVersion::kBiff12 || (version == BiffVersion::kBiff8 && (reader.U8() & 1) != 0);
  const base::Bytes raw =
      reader.Take(std::min<std::uint64_t>(count * (is_wide ? 2 : 1), reader.remaining()));
  if (is_wide) {
    return document::Utf16ToUtf8(raw);
  }
  std::string text;
  for (const std::byte byte : raw) {
    document::AppendUtf8(std::to_integer<std::uint32_t>(byte), text);
  }
  return text;
}

std::string CellName(std::uint32_t row, std::uint32_t column) {
  std::string name;
  for (std::uint32_t rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
    name.insert(name.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return name + std::to_string(row + 1);
}

Formula ParseFormula(base::Bytes tokens, BiffVersion version) {
  return Parser(tokens, version).Run();
}

}  // namespace day::unpack::vba
