// Operands of conditions: literals, parentheses, string counts and offsets, and how strings are
// used.
#include <algorithm>

#include "libs/match/yara_atoms.h"
#include "libs/rules/syntax/parser.h"
#include "libs/rules/syntax/wording.h"

namespace day::rules::syntax {
bool Parser::EnterNesting(const Span& span) {
  if (nesting_ >= kNestingMax) {
    return FailLimit("expression is nested too deeply", span);
  }
  ++nesting_;
  return true;
}

bool Parser::ParseAtom(bool boolean_allowed, Expression* out) {
  const Token token = Peek();
  out->span = SpanOf(token);
  out->primary = true;
  switch (token.kind) {
    case TokenKind::kLeftParen:
      return ParseParentheses(boolean_allowed, out);
    case TokenKind::kInteger:
      Take();
      SetInteger(out, token.integer);
      return true;
    case TokenKind::kFloat:
      Take();
      out->kind = Kind::kFloat;
      out->has_node = true;
      out->node = AddNode(
          {.op = Op::kFloat, .type = Type::kFloat, .real = token.real, .span = out->span}, {});
      return true;
    case TokenKind::kTextString:
      Take();
      out->kind = Kind::kString;
      out->literal = true;
      out->has_node = true;
      out->node = AddNode({.op = Op::kString,
                           .type = Type::kString,
                           .index = AddText(DecodeTextString(TextOf(token))),
                           .span = out->span},
                          {});
      return true;
    case TokenKind::kFilesize:
    case TokenKind::kEntrypoint:
      Take();
      if (token.kind == TokenKind::kEntrypoint) {
        Warn(
            "using deprecated \"entrypoint\" keyword. Use the \"entry_point\" function from PE "
            "module instead.",
            out->span);
      }
      out->kind = Kind::kInteger;
      out->has_node = true;
      out->node =
          AddNode({.op = token.kind == TokenKind::kFilesize ? Op::kFilesize : Op::kEntrypoint,
                   .type = Type::kInteger,
                   .span = out->span},
                  {});
      return true;
    case TokenKind::kReadInteger:
      return ParseReadInteger(out);
    case TokenKind::kStringCount:
    case TokenKind::kStringOffset:
    case TokenKind::kStringLength:
      return ParseStringNumber(out);
    case TokenKind::kRegex:
      return ParseRegexOperand(out);
    case TokenKind::kIdentifier:
      return ParseIdentifier(out) && ReadValue(out);
    default:
      return SyntaxError({});
  }
}

// "(" an operand ")" is an operand; "(" a condition ")" is not, and only some places take it.
bool Parser::ParseParentheses(bool boolean_allowed, Expression* out) {
  const Token open = Take();
  if (!EnterNesting(SpanOf(open))) {
    return false;
  }
  Token close;
  if (boolean_allowed) {
    *out = Expression{};
    if (!ParseOr(out) || !Expect(TokenKind::kRightParen, "<or> or <and>", &close)) {
      return false;
    }
  } else if (!ParseBinary(0, false, out) || !Expect(TokenKind::kRightParen, {}, &close)) {
    return false;
  }
  LeaveNesting();
  Span span = SpanOf(open);
  span.end_offset = close.end;
  out->span = span;
  return true;
}

bool Parser::ParseReadInteger(Expression* out) {
  const Token token = Take();
  if (!Expect(TokenKind::kLeftParen, "'('") || !EnterNesting(SpanOf(token))) {
    return false;
  }
  Expression offset;
  Token close;
  if (!ParseBinary(0, false, &offset) || !Expect(TokenKind::kRightParen, {}, &close) ||
      !CheckType(offset, false, "intXXXX or uintXXXX")) {
    return false;
  }
  LeaveNesting();
  out->kind = Kind::kInteger;
  out->span.end_offset = close.end;
  out->has_node = true;
  out->node = AddNode(
      {.op = Op::kReadInt, .type = Type::kInteger, .value = token.integer, .span = out->span},
      {offset.node});
  return true;
}

// #a, #a in (e..e), @a, @a[e], !a, !a[e]
bool Parser::ParseStringNumber(Expression* out) {
  const Token token = Take();
  out->kind = Kind::kInteger;
  out->has_node = true;
  Node node{.type = Type::kInteger};
  std::array<std::uint32_t, 2> children{};
  std::size_t count = 0;
  if (token.kind == TokenKind::kStringCount) {
    node.op = Op::kCount;
    if (Peek().kind == TokenKind::kIn) {
      Take();
      Expression low;
      Expression high;
      if (!ParseRange(&low, &high)) {
        return false;
      }
      node.op = Op::kCountIn;
      children = {low.node, high.node};
      count = 2;
      Extend(&out->span, high.span);
    }
  } else {
    node.op = token.kind == TokenKind::kStringOffset ? Op::kOffset : Op::kLength;
    Expression index;
    if (Peek().kind == TokenKind::kLeftBracket) {
      Take();
      Token close;
      if (!EnterNesting(SpanOf(token)) || !ParseBinary(0, false, &index) ||
          !Expect(TokenKind::kRightBracket, {}, &close)) {
        return false;
      }
      LeaveNesting();
      out->span.end_offset = close.end;
      // YARA does not check this type: it takes the bits of a text's address or of a float for the
      // index, which no count ever reaches. The same comes of an index that never exists.
      if (index.kind != Kind::kInteger && index.kind != Kind::kBoolean) {
        SetInteger(&index, -1);
      }
    } else {
      index.span = out->span;
      SetInteger(&index, 1);
    }
    children[0] = index.node;
    count = 1;
  }
  if (!UseString(token, node.op, nullptr, &node.index)) {
    return false;
  }
  node.span = out->span;
  out->node = AddNode(node, children.data(), count);
  return true;
}

bool Parser::ParseRegexOperand(Expression* out) {
  const Token token = Take();
  out->span = SpanOf(token);
  out->kind = Kind::kRegex;
  out->primary = true;
  const std::string_view text = TextOf(token);
  const std::size_t close = text.rfind('/');
  const std::string_view suffix = text.substr(close + 1);
  const match::RegexFlags flags{.no_case = suffix.find('i') != std::string_view::npos,
                                .dot_all = suffix.find('s') != std::string_view::npos,
                                .allow_mixed_greed = true};
  CompiledRegexSource regex;
  regex.source = text.substr(1, close - 1);
  if (!ParseRegexToken(token, flags, true, {}, &regex.tree)) {
    return false;
  }
  if (!c_.options.yara_x_extensions && match::TooComplexForYara(regex.tree)) {
    return FailTooComplex(token);
  }
  c_.rules.regexes.push_back(std::move(regex));
  out->has_node = true;
  out->node = AddNode({.op = Op::kRegex,
                       .type = Type::kRegex,
                       .index = static_cast<std::uint32_t>(c_.rules.regexes.size() - 1),
                       .span = out->span},
                      {});
  return true;
}

// Finds the string that `token` ($a, #a, @a, !a) means and records how it is used.
bool Parser::UseString(const Token& token, Op op, const Expression* at, std::uint32_t* index) {
  const bool is_at = op == Op::kMatchedAt;
  std::string name(TextOf(token));
  name[0] = '$';
  if (name == "$") {
    if (!in_for_strings_) {
      return Fail(Code::kMisplacedAnonymousString, "wrong use of anonymous string", SpanOf(token),
                  "\"$\" means the current string inside \"for ... of ... : ( )\"");
    }
    *index = kLoopString;
    if (!SpendSet(uses_.size(), SpanOf(token))) {
      return false;
    }
    for (std::uint32_t i = 0; i < uses_.size(); ++i) {
      MarkUse(i, is_at, true, at);
    }
    return true;
  }
  const std::optional<std::uint32_t> found = c_.string_names.Find(rule_, name);
  if (!found) {
    std::vector<std::string_view> known;
    const std::uint32_t begin = c_.rules.rules[rule_].strings_begin;
    for (std::size_t i = begin; i < c_.rules.strings.size(); ++i) {
      known.push_back(c_.rules.strings[i].identifier);
    }
    return Fail(Code::kUndefinedString, "undefined string " + Quoted(name), SpanOf(token),
                DidYouMean(Nearest(name, known)));
  }
  *index = *found;
  MarkUse(*found - c_.rules.rules[rule_].strings_begin, is_at, false, at);
  c_.rules.strings[*found].referenced = true;
  return true;
}

// YARA looks for a string at one offset only if each of its uses is `at` that same constant.
void Parser::MarkUse(std::uint32_t string, bool is_at, bool anonymous, const Expression* at) {
  StringUse& use = uses_[string];
  if (!is_at) {
    use.fixed = false;
    return;
  }
  if (!use.has_offset && at->known) {
    use.has_offset = true;
    use.offset = at->value;
  }
  const bool same = at->known ? use.offset == at->value : anonymous && !use.has_offset;
  if (!same) {
    use.fixed = false;
  }
}

}  // namespace day::rules::syntax
