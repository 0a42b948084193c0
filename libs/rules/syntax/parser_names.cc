// Names in conditions: loop variables, externals, rules, and module fields with indexes and calls.
#include <algorithm>

#include "libs/rules/syntax/parser.h"
#include "libs/rules/syntax/wording.h"

namespace day::rules::syntax {
namespace {

constexpr module::Field kNoFields = {.kind = module::Kind::kStruct};

bool IsValue(module::Kind kind) { return TypeOf(kind) != Type::kObject; }

Expression::Kind KindOf(Type type) {
  switch (type) {
    case Type::kInteger:
      return Expression::Kind::kInteger;
    case Type::kFloat:
      return Expression::Kind::kFloat;
    case Type::kString:
      return Expression::Kind::kString;
    default:
      return Expression::Kind::kBoolean;
  }
}

}  // namespace

Type TypeOf(module::Kind kind) {
  switch (kind) {
    case module::Kind::kInteger:
      return Type::kInteger;
    case module::Kind::kFloat:
      return Type::kFloat;
    case module::Kind::kString:
      return Type::kString;
    default:
      return Type::kObject;
  }
}

bool StartsExpression(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLeftParen:
    case TokenKind::kMinus:
    case TokenKind::kTilde:
    case TokenKind::kNot:
    case TokenKind::kDefined:
    case TokenKind::kTrue:
    case TokenKind::kFalse:
    case TokenKind::kStringIdentifier:
    case TokenKind::kStringCount:
    case TokenKind::kStringOffset:
    case TokenKind::kStringLength:
    case TokenKind::kIdentifier:
    case TokenKind::kInteger:
    case TokenKind::kFloat:
    case TokenKind::kTextString:
    case TokenKind::kRegex:
    case TokenKind::kFilesize:
    case TokenKind::kEntrypoint:
    case TokenKind::kReadInteger:
    case TokenKind::kFor:
    case TokenKind::kAll:
    case TokenKind::kAny:
    case TokenKind::kNone:
      return true;
    default:
      return false;
  }
}

const Parser::Variable* Parser::FindVariable(std::string_view name) const {
  for (const Variable& variable : variables_) {
    if (variable.name == name) {
      return &variable;
    }
  }
  return nullptr;
}

void Parser::UseVariable(const Variable& variable, Expression* out) {
  const Span span = out->span;
  *out = variable.value;
  out->span = span;
  out->name = variable.name;
  out->primary = true;
  if (!variable.in_slot && !variable.indexes_path) {
    return;
  }
  const std::uint32_t node = AddNode(
      {.op = Op::kVariable, .type = variable.slot_type, .slot_first = variable.slot, .span = span},
      {});
  if (variable.indexes_path) {
    out->path[out->path_size++] = node;
    return;
  }
  out->has_node = true;
  out->node = node;
}

bool Parser::ResolveName(const Token& token, Expression* out) {
  const std::string_view name = TextOf(token);
  out->span = SpanOf(token);
  out->name = name;
  out->primary = true;
  if (const Variable* variable = FindVariable(name)) {
    UseVariable(*variable, out);
    return true;
  }
  if (const std::optional<std::uint32_t> index = c_.external_names.Find(0, name)) {
    const External& external = c_.rules.externals[*index];
    Type type = Type::kInteger;
    out->kind = Kind::kObject;
    out->object_kind = module::Kind::kInteger;
    if (const auto* integer = std::get_if<std::int64_t>(&external.value)) {
      out->known = true;
      out->value = *integer;
    } else if (const auto* boolean = std::get_if<bool>(&external.value)) {
      out->known = true;
      out->value = *boolean ? 1 : 0;
    } else if (std::holds_alternative<double>(external.value)) {
      type = Type::kFloat;
      out->object_kind = module::Kind::kFloat;
    } else {
      type = Type::kString;
      out->object_kind = module::Kind::kString;
    }
    out->has_node = true;
    out->node =
        AddNode({.op = Op::kExternal, .type = type, .index = *index, .span = out->span}, {});
    return true;
  }
  if (const std::optional<std::uint32_t> module = c_.imports.Find(scope_, name)) {
    out->kind = Kind::kObject;
    const bool known = *module != kUnknownModule;
    out->module = known ? static_cast<std::uint16_t>(*module) : std::uint16_t{0};
    out->field = known ? &c_.rules.modules[*module]->root() : &kNoFields;
    out->object_kind = module::Kind::kStruct;
    return true;
  }
  if (const std::optional<std::uint32_t> rule = c_.rule_names.Find(scope_, name)) {
    out->kind = Kind::kBoolean;
    out->has_node = true;
    out->node = AddNode({.op = Op::kRule, .index = *rule, .span = out->span}, {});
    return true;
  }
  return Fail(Code::kUndefinedIdentifier, "undefined identifier " + Quoted(name), out->span,
              NameHint(name));
}

std::string Parser::NameHint(std::string_view name) const {
  for (const module::Module* module : c_.registry.modules()) {
    if (module->name() == name) {
      return "write: import " + Quoted(name);
    }
  }
  std::vector<std::string_view> known;
  for (const Variable& variable : variables_) {
    known.push_back(variable.name);
  }
  const auto add = [&](const NameTable& table, std::uint32_t scope) {
    table.ForEach([&](std::uint32_t entry_scope, std::string_view entry) {
      if (entry_scope == scope) {
        known.push_back(entry);
      }
    });
  };
  add(c_.external_names, 0);
  add(c_.imports, scope_);
  if (c_.error_count < 100) {  // looking at all rules for each of many errors would be quadratic
    add(c_.rule_names, scope_);
  }
  const std::string_view near = Nearest(name, known);
  return near.empty() ? "external variables must be defined, rules and modules come first"
                      : DidYouMean(near);
}

std::string Parser::FieldHint(const Expression& object, std::string_view name) const {
  std::vector<std::string_view> known;
  for (const module::Field& field : object.field->children) {
    known.push_back(field.name);
  }
  return DidYouMean(Nearest(name, known));
}

bool Parser::ParseIdentifier(Expression* out) {
  if (!ResolveName(Take(), out)) {
    return false;
  }
  while (true) {
    bool ok = false;
    switch (Peek().kind) {
      case TokenKind::kDot:
        ok = ParseField(out);
        break;
      case TokenKind::kLeftBracket:
        ok = ParseIndex(out);
        break;
      case TokenKind::kLeftParen:
        ok = ParseCall(out);
        break;
      default:
        return true;
    }
    if (!ok) {
      return false;
    }
  }
}

bool Parser::ParseField(Expression* out) {
  Take();
  Token name;
  if (!Expect(TokenKind::kIdentifier, "identifier", &name)) {
    return false;
  }
  const std::string_view text = TextOf(name);
  if (out->kind != Kind::kObject || out->object_kind != module::Kind::kStruct) {
    return Fail(Code::kNotAStructure, Quoted(out->name) + " is not a structure", out->span);
  }
  const module::Field* field = module::FindChild(*out->field, text);
  if (field == nullptr) {
    return Fail(Code::kInvalidFieldName, "invalid field name " + Quoted(text), SpanOf(name),
                FieldHint(*out, text));
  }
  out->parent = out->field;
  out->field = field;
  out->object_kind = field->kind;
  out->name = text;
  out->span.end_offset = name.end;
  return true;
}

bool Parser::ParseIndex(Expression* out) {
  const Token open = Take();
  Expression index;
  Token close;
  if (!EnterNesting(SpanOf(open)) || !ParseBinary(0, false, &index) ||
      !Expect(TokenKind::kRightBracket, {}, &close)) {
    return false;
  }
  LeaveNesting();
  const bool is_array = out->kind == Kind::kObject && out->object_kind == module::Kind::kArray;
  if (!is_array && (out->kind != Kind::kObject || out->object_kind != module::Kind::kDictionary)) {
    return Fail(Code::kNotIndexable, Quoted(out->name) + " is not an array or dictionary",
                out->span);
  }
  if (is_array && index.kind != Kind::kInteger) {
    return Fail(Code::kWrongType, "array indexes must be of integer type", index.span);
  }
  if (!is_array && index.kind != Kind::kString) {
    return Fail(Code::kWrongType, "dictionary keys must be of string type", index.span);
  }
  if (out->path_size >= kPathIndicesMax || out->field->children.empty()) {
    return FailLimit("too many indexes", index.span);
  }
  out->path[out->path_size++] = index.node;
  out->parent = nullptr;
  out->field = &out->field->children[0];
  out->object_kind = out->field->kind;
  out->span.end_offset = close.end;
  return true;
}

bool Parser::ParseArguments(std::string* kinds) {
  if (Peek().kind == TokenKind::kRightParen) {
    return true;
  }
  if (!StartsExpression(Peek().kind)) {
    return SyntaxError("')'");
  }
  while (true) {
    Expression argument;
    if (!ParseOr(&argument)) {
      return false;
    }
    Peek();
    if (kinds->size() >= kFunctionArgumentsMax) {
      return Fail(Code::kTooManyArguments, "", argument.span, "a call has at most 128 arguments");
    }
    switch (argument.kind) {
      case Kind::kInteger:
        kinds->push_back('i');
        break;
      case Kind::kFloat:
        kinds->push_back('f');
        break;
      case Kind::kString:
        kinds->push_back('s');
        break;
      case Kind::kRegex:
        kinds->push_back('r');
        break;
      default:
        kinds->push_back('b');
        break;
    }
    operands_.push_back(argument.node);
    if (Peek().kind != TokenKind::kComma) {
      return true;
    }
    Take();
  }
}

bool Parser::ParseCall(Expression* out) {
  const Token open = Take();
  const std::size_t begin = operands_.size();
  operands_.insert(operands_.end(), out->path.begin(), out->path.begin() + out->path_size);
  std::string kinds;
  Token close;
  if (!EnterNesting(SpanOf(open)) || !ParseArguments(&kinds) ||
      !Expect(TokenKind::kRightParen, kinds.empty() ? "" : "')'", &close)) {
    return false;
  }
  LeaveNesting();
  if (out->kind != Kind::kObject || out->object_kind != module::Kind::kFunction) {
    return Fail(Code::kNotAFunction, Quoted(out->name) + " is not a function", out->span);
  }
  const module::Field* function = nullptr;
  std::string signatures;
  for (const module::Field& overload : out->parent->children) {
    if (overload.kind != module::Kind::kFunction || overload.name != out->name) {
      continue;
    }
    signatures += (signatures.empty() ? "(" : " or (") + std::string(overload.arguments) + ")";
    if (overload.arguments == kinds) {
      function = &overload;
      break;
    }
  }
  if (function == nullptr) {
    return Fail(Code::kWrongArguments, "wrong arguments for function " + Quoted(out->name),
                out->span,
                "called with (" + kinds + "), takes " + signatures +
                    "; i integer, f float, s string, r regular expression, b boolean");
  }
  out->span.end_offset = close.end;
  out->has_node = true;
  out->node = AddNode({.op = Op::kCall,
                       .type = TypeOf(function->result),
                       .value = static_cast<std::int64_t>(kinds.size()),
                       .module = out->module,
                       .field = function->id,
                       .defined_without_format = function->defined_without_format,
                       .span = out->span},
                      operands_.data() + begin, operands_.size() - begin);
  operands_.resize(begin);
  out->object_kind = function->result;
  out->field = nullptr;
  out->parent = nullptr;
  out->path_size = 0;
  out->name = names_.emplace_back(std::move(kinds));
  return true;
}

// Turns a place into its value. Only integers, floats and strings have one.
bool Parser::ReadValue(Expression* object) {
  if (object->kind != Kind::kObject) {
    return true;
  }
  if (!IsValue(object->object_kind)) {
    return Fail(Code::kWrongType, "wrong usage of identifier " + Quoted(object->name),
                object->span);
  }
  const Type type = TypeOf(object->object_kind);
  object->kind = KindOf(type);
  if (object->has_node) {
    return true;
  }
  object->has_node = true;
  if (object->field->constant) {
    // Known to us, but not to YARA when it compiles: `known` stays false.
    object->node = AddNode({.op = Op::kInteger,
                            .type = Type::kInteger,
                            .value = *object->field->constant,
                            .span = object->span},
                           {});
    return true;
  }
  object->node = AddNode({.op = Op::kField,
                          .type = type,
                          .module = object->module,
                          .field = object->field->id,
                          .defined_without_format = object->field->defined_without_format,
                          .span = object->span},
                         object->path.data(), object->path_size);
  return true;
}

}  // namespace day::rules::syntax
