// Internal: the parser and checker of one file (and what it includes).
//
// One pass: parsing, checking and building nodes happen together, in the order in which YARA's own
// bison parser reduces, so that the first error and its line are YARA's. For that reason the next
// token is read only where YARA's parser would read it (Peek), and errors outside the syntax are
// reported with the line the lexer has reached. Recovery follows bison too: after an error tokens
// are skipped up to the next rule or import, and syntax errors within three tokens of a recovery
// are not told.
//
// Recursion is bounded by kNestingMax; chains of operators are parsed by loops.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "libs/match/regex.h"
#include "libs/rules/syntax/compilation.h"
#include "libs/rules/syntax/token.h"

namespace day::rules::syntax {

// What a part of a condition is while it is being parsed.
struct Expression {
  enum class Kind : std::uint8_t { kInteger, kFloat, kString, kBoolean, kRegex, kObject };

  Kind kind = Kind::kBoolean;
  bool primary = false;  // may be an operand of an arithmetic operator or a comparison
  bool percent = false;  // `e %` with `of` next
  // The value that YARA knows when it compiles. Not what the node's constant says: YARA does not
  // know constants of modules, takes the value of an integer external for granted, and has `>>`
  // wrong.
  bool known = false;
  bool literal = false;  // a text string written here
  bool has_node = false;
  std::uint32_t node = 0;  // if has_node
  std::int64_t value = 0;  // if known
  Span span;
  // kObject: a place in a module, or a value of `object_kind` if it has a node.
  std::string_view name;  // as error messages call it
  const module::Field* field = nullptr;
  const module::Field* parent = nullptr;
  module::Kind object_kind = module::Kind::kStruct;
  std::uint16_t module = 0;
  std::uint8_t path_size = 0;
  std::array<std::uint32_t, kPathIndicesMax> path{};  // nodes of the indices so far
};

class Parser {
 public:
  Parser(Compilation& compilation, std::uint32_t name_space, std::uint32_t file);
  void Run();

 private:
  using Kind = Expression::Kind;

  struct Source {
    Lexer lexer;
    std::uint32_t file;
  };
  struct StringUse {
    bool literal = false;  // its offset can be fixed
    bool fixed = true;     // still a candidate
    bool has_offset = false;
    std::int64_t offset = 0;
  };
  struct Variable {
    std::string_view name;
    Expression value;  // objects: a path without the variable's own index
    std::uint8_t slot = 0;
    bool in_slot = false;       // the slot holds the value itself
    bool indexes_path = false;  // the slot holds the last index of the path
    Type slot_type = Type::kInteger;
  };
  struct Quantity {
    Quantifier quantifier = Quantifier::kNoQuantifier;
    Expression expression;  // kExpression and kPercent
    bool has_expression = false;
  };
  struct StringModifiers {
    std::uint32_t flags = 0;
    match::XorRange xor_range;
    std::string alphabet;
  };

  // Tokens (parser.cc).
  const Token& Peek();
  Token Take();
  Token Fetch();
  Token PeekSecond();
  void OpenInclude(const Token& token);
  void ReportLexError(const Token& token);
  bool Expect(TokenKind kind, std::string_view expected, Token* taken = nullptr);
  std::string_view TextOf(const Token& token) const;
  std::uint32_t YaraLine() const { return current_line_ != 0 ? current_line_ : yara_line_; }

  // Reports; each returns false (parser.cc).
  bool Fail(Code code, std::string message, const Span& span, std::string hint = {});
  bool FailLimit(std::string_view what, const Span& span);
  bool SyntaxError(std::string_view expected);
  void Warn(std::string message, const Span& span, std::string hint = {});
  void AddDiagnostic(Diagnostic diagnostic);
  std::string HintForSyntax(const Token& token, std::string_view expected) const;

  // Rules (parser.cc).
  bool ParseImport();
  bool ParseRule();
  bool BeginRule(const Token& name, std::uint32_t flags);
  bool EndRule();
  bool ParseTags();
  bool ParseMetas();
  bool ParseMeta();
  bool CheckStringsUsed(const Rule& rule);

  // Strings (parser_strings.cc).
  bool ParseStrings();
  bool ParseString();
  bool ParseTextModifiers(StringModifiers* modifiers);
  bool ParsePlainModifiers(bool hex, StringModifiers* modifiers);
  bool ParseXorRange(StringModifiers* modifiers);
  bool ParseAlphabet(const Token& keyword, std::string* alphabet);
  bool AddModifier(StringModifiers* modifiers, std::uint32_t flag, const Token& token);
  bool DeclareString(const Token& name, const Token& literal, const StringModifiers& modifiers);
  bool CheckModifiers(const StringModifiers& modifiers, const Span& span);
  bool FillPattern(const Token& literal, const StringModifiers& modifiers,
                   StringDeclaration* declaration);
  bool ParsePatternTree(const Token& literal, StringDeclaration* declaration);
  bool ParseRegexToken(const Token& token, match::RegexFlags flags, bool in_condition,
                       std::string_view string_name, match::RegexTree* tree);
  bool FailTooComplex(const Token& token);

  // Conditions (parser_expression.cc, parser_arithmetic.cc). Each fills *out or reports and returns
  // false.
  bool ParseCondition();
  bool ParseOr(Expression* out);
  bool ParseAnd(Expression* out);
  bool ParseNot(Expression* out);
  bool ParseExpression(Expression* out);
  bool ParseComparison(Expression* out);
  bool ParseMatches(Expression* out);
  bool ParseStringTest(Expression* out);
  bool ParseBinary(int precedence_min, bool boolean_allowed, Expression* out);
  bool ParseUnary(bool boolean_allowed, Expression* out);
  bool ApplyPrefix(const Token& op, Expression* out);
  bool CombineArithmetic(const Token& op, Expression* left, const Expression& right);
  bool CombineBits(const Token& op, Expression* left, const Expression& right);
  bool CombineShift(const Token& op, Expression* left, const Expression& right);
  bool CombineModulo(const Token& op, Expression* left, const Expression& right);
  bool CheckType(const Expression& expression, bool float_allowed, std::string_view op);
  bool CheckString(const Expression& expression, std::string_view op);
  void ToBoolean(Expression* expression);
  void JoinBooleans(Op op, std::size_t operands_begin, Expression* out);

  // Operands (parser_operand.cc; names: parser_names.cc).
  bool ParseAtom(bool boolean_allowed, Expression* out);
  bool ParseParentheses(bool boolean_allowed, Expression* out);
  bool ParseReadInteger(Expression* out);
  bool ParseStringNumber(Expression* out);
  bool ParseRegexOperand(Expression* out);
  bool ParseIdentifier(Expression* out);
  bool ResolveName(const Token& token, Expression* out);
  bool ParseField(Expression* out);
  bool ParseIndex(Expression* out);
  bool ParseCall(Expression* out);
  bool ParseArguments(std::string* kinds);
  bool ReadValue(Expression* object);
  void UseVariable(const Variable& variable, Expression* out);
  const Variable* FindVariable(std::string_view name) const;
  std::string NameHint(std::string_view name) const;
  std::string FieldHint(const Expression& object, std::string_view name) const;

  // Sets (parser_sets.cc) and loops (parser_loop.cc).
  bool ParseOf(Quantity quantity, Expression* out);
  bool ParseOfStrings(const Quantity& quantity, const Span& span, Expression* out);
  bool ParseOfBooleans(const Quantity& quantity, const Span& span, Expression* out);
  bool QuantityOf(Expression* expression, Quantity* quantity);
  bool CheckPercentage(const Expression& expression);
  void WarnQuantity(const Quantity& quantity, std::size_t count, const Span& span);
  bool ParseStringSet();
  bool ParseRuleSet();
  bool AddStringsToSet(const Token& token);
  bool AddRulesToSet(const Token& token);
  bool SpendSet(std::uint64_t steps, const Span& span);
  bool ParseRange(Expression* low, Expression* high);
  bool CheckRange(const Expression& low, const Expression& high);
  bool ParseFor(Expression* out);
  bool ParseForStrings(const Quantity& quantity, const Span& span, Expression* out);
  bool ParseForIterator(const Quantity& quantity, const Span& span, Expression* out);
  bool ParseLoopVariables();
  bool ParseIterator(Node* loop);
  bool ParseObjectIterator(Node* loop);
  bool ParseSetIterator(Node* loop);
  bool ParseLoopBody(Expression* body);
  bool ParseWith(Expression* out);
  bool ParseWithVariable();
  bool IsWith();

  // Nodes (parser_expression.cc).
  Span SpanOf(const Token& token) const;
  void Extend(Span* span, const Span& last) const { span->end_offset = last.end_offset; }
  std::uint32_t AddNode(Node node, const std::uint32_t* children, std::size_t count);
  std::uint32_t AddNode(Node node, std::initializer_list<std::uint32_t> children) {
    return AddNode(node, children.begin(), children.size());
  }
  void SetInteger(Expression* out, std::int64_t value);
  void MakeBinary(Op op, Type type, Expression* left, const Expression& right);
  bool FoldIntegers(Op op, Type type, Expression* left, const Expression& right);
  std::uint32_t AddText(std::string text);
  const Node& NodeAt(std::uint32_t index) const { return c_.rules.nodes[index]; }

  // Strings in conditions (parser_operand.cc).
  bool UseString(const Token& token, Op op, const Expression* at, std::uint32_t* index);
  void MarkUse(std::uint32_t string, bool is_at, bool anonymous, const Expression* at);
  bool EnterNesting(const Span& span);
  void LeaveNesting() { --nesting_; }

  Compilation& c_;
  std::uint32_t scope_;
  std::vector<Source> sources_;
  std::vector<std::uint32_t> file_names_;  // the files whose names YARA has on its stack
  Token token_;
  bool has_token_ = false;
  bool terminated_ = false;  // a lexer error ended the text
  bool aborted_ = false;
  int recovery_ = 0;  // bison's yyerrstatus
  std::uint32_t yara_line_ = 1;
  std::uint32_t current_line_ = 0;  // YARA's line for string declarations, or 0

  // The rule being parsed.
  bool in_rule_ = false;
  std::string rule_name_;  // as messages name it: stays after a rule that failed
  std::uint32_t rule_ = 0;
  std::vector<StringUse> uses_;  // one for each string of the rule
  std::size_t nesting_ = 0;
  std::size_t loop_depth_ = 0;
  bool in_for_strings_ = false;
  std::size_t next_slot_ = 0;
  std::vector<Variable> variables_;
  std::size_t loop_variables_begin_ = 0;  // of the loop whose header is being parsed
  std::uint32_t them_set_ = kLoopString;  // the set of all strings, once made
  std::vector<std::uint32_t> operands_;   // a stack of nodes that wait for their parent
  std::vector<std::uint32_t> set_;        // the set being parsed
  std::vector<Token> prefixes_;           // a stack of prefix operators
  std::deque<std::string> names_;         // keeps Expression::name alive
};

// What a module's value is in a condition; kObject if it is none yet.
Type TypeOf(module::Kind kind);
// Whether an expression may start with such a token.
bool StartsExpression(TokenKind kind);

}  // namespace day::rules::syntax
