#include "libs/signatures/clamav/logic.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {
namespace {

base::Error Bad(std::string reason, std::size_t at) {
  return base::MakeError(base::ErrorKind::kMalformed, "logic: " + std::move(reason), at);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class LogicReader {
 public:
  explicit LogicReader(std::string_view text) : text_(text) {}

  base::Result<std::vector<LogicNode>> Read() {
    DAY_TRY_ASSIGN([[maybe_unused]] const std::uint32_t root, ReadList(0));
    if (at_ != text_.size()) {
      return Bad("an unexpected character", at_);
    }
    return std::move(nodes_);
  }

 private:
  base::Result<std::uint32_t> ReadList(std::size_t depth);
  base::Result<std::uint32_t> ReadItem(std::size_t depth);
  base::Status ReadCount(LogicNode* node);
  std::optional<std::uint32_t> TakeNumber();

  base::Result<std::uint32_t> Add(const LogicNode& node) {
    if (nodes_.size() == kLogicNodesMax) {
      return Bad("too long", at_);
    }
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<LogicNode> nodes_;
};

std::optional<std::uint32_t> LogicReader::TakeNumber() {
  std::uint32_t value = 0;
  const char* const begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  at_ += static_cast<std::size_t>(end - begin);
  return value;
}

base::Status LogicReader::ReadCount(LogicNode* node) {
  const char op = Peek();
  if (op != '=' && op != '<' && op != '>') {
    return base::OkStatus();
  }
  ++at_;
  const auto count = TakeNumber();
  if (!count) {
    return Bad("a count is not a number", at_);
  }
  node->op = op;
  node->count = *count;
  if (Peek() == ',') {
    ++at_;
    const auto different = TakeNumber();
    if (!different) {
      return Bad("a count is not a number", at_);
    }
    node->different = *different;
  }
  return base::OkStatus();
}

base::Result<std::uint32_t> LogicReader::ReadItem(std::size_t depth) {
  if (depth > kLogicDepthMax) {
    return Bad("nested too deeply", at_);
  }
  if (Peek() == '(') {
    ++at_;
    DAY_TRY_ASSIGN(const std::uint32_t inner, ReadList(depth + 1));
    if (Peek() != ')') {
      return Bad("a parenthesis is not closed", at_);
    }
    ++at_;
    LogicNode count;
    DAY_TRY(ReadCount(&count));
    if (count.op == 0) {
      return inner;
    }
    if (nodes_[inner].op != 0 || nodes_[inner].kind == LogicNode::Kind::kId) {
      return Bad("a count of something that is no group", at_);
    }
    nodes_[inner].op = count.op;
    nodes_[inner].count = count.count;
    nodes_[inner].different = count.different;
    return inner;
  }
  LogicNode node;
  const auto id = IsDigit(Peek()) ? TakeNumber() : std::nullopt;
  if (!id || *id >= kSubsignatureCountMax) {
    return Bad("not an id from 0 to 63", at_);
  }
  node.id = static_cast<std::uint8_t>(*id);
  DAY_TRY(ReadCount(&node));
  node.different = 0;  // only groups have different ones
  return Add(node);
}

base::Result<std::uint32_t> LogicReader::ReadList(std::size_t depth) {
  std::vector<std::uint32_t> items;
  std::vector<LogicNode::Kind> operators;
  for (;;) {
    DAY_TRY_ASSIGN(const std::uint32_t item, ReadItem(depth));
    items.push_back(item);
    const char next = Peek();
    if (next != '&' && next != '|') {
      break;
    }
    ++at_;
    operators.push_back(next == '&' ? LogicNode::Kind::kAnd : LogicNode::Kind::kOr);
  }
  const auto join = [&](LogicNode::Kind kind, std::uint32_t left, std::uint32_t right) {
    LogicNode node;
    node.kind = kind;
    node.left = left;
    node.right = right;
    return Add(node);
  };
  // Inside parentheses the last operator stands for itself; the others are split from the left.
  const std::size_t right_assoc = operators.size() - (depth > 0 && !operators.empty() ? 1 : 0);
  std::uint32_t joined = items[right_assoc];
  for (std::size_t i = right_assoc; i > 0; --i) {
    DAY_TRY_ASSIGN(joined, join(operators[i - 1], items[i - 1], joined));
  }
  if (right_assoc < operators.size()) {
    DAY_TRY_ASSIGN(joined, join(operators.back(), joined, items.back()));
  }
  return joined;
}

}  // namespace

base::Result<std::vector<LogicNode>> ParseLogic(std::string_view text) {
  return LogicReader(text).Read();
}

std::uint32_t IdCount(std::span<const LogicNode> nodes) {
  std::uint32_t count = 0;
  for (const LogicNode& node : nodes) {
    if (node.kind == LogicNode::Kind::kId) {
      count = std::max<std::uint32_t>(count, node.id + 1u);
    }
  }
  return count;
}

}  // namespace day::signatures::clamav
