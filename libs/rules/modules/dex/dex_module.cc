#include "libs/rules/modules/dex/dex_module.h"

#include <array>

#include "libs/formats/dex/dex_reader.h"
#include "libs/rules/module/schema.h"
#include "libs/rules/modules/dex/dex_schema.h"

namespace day::rules::modules::dex {
namespace {

using formats::dex::ClassData;
using formats::dex::CodeItem;
using formats::dex::DexReader;
using formats::dex::HeaderWord;
using formats::dex::Member;
using formats::dex::Members;
using formats::dex::StringItem;
using formats::dex::Table;
using module::Argument;
using module::Index;
using module::Value;

constexpr std::array<std::string_view, 5> kMagicTexts = {
    std::string_view("dex\n035\0", 8), std::string_view("dex\n036\0", 8),
    std::string_view("dex\n037\0", 8), std::string_view("dex\n038\0", 8),
    std::string_view("dex\n039\0", 8)};

template <typename Enum>
Enum What(std::uint16_t id) {
  return static_cast<Enum>(id & 0xFF);
}

Value TextOrUndefined(std::optional<std::string_view> text) {
  return text ? Value::String(*text) : Value::Undefined();
}

template <typename Integer>
Value IntegerOrUndefined(std::optional<Integer> number) {
  return number ? Value::Integer(static_cast<std::int64_t>(*number)) : Value::Undefined();
}

// libyara's functions see C strings: text ends at its first zero byte.
std::string_view CutAtZero(std::string_view text) { return text.substr(0, text.find('\0')); }

bool Matches(std::string_view name, const Argument& wanted) {
  const std::string_view text = CutAtZero(name);
  if (wanted.regex != nullptr) {
    return wanted.regex->Search(base::AsBytes(text)) >= 0;
  }
  return text == CutAtZero(wanted.value.text);
}

class DexInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override { dex_.Bind(input.data); }

  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    const Group group = static_cast<Group>(id >> 8);
    if (group == Group::kMagicConstant) {
      return Value::String(kMagicTexts[id & 0xFF]);
    }
    if (!dex_.valid() || (!indices.empty() && indices[0].number < 0)) {
      return Value::Undefined();
    }
    const std::uint64_t row = indices.empty() ? 0 : static_cast<std::uint64_t>(indices[0].number);
    switch (group) {
      case Group::kHeaderWord:
        return Value::Integer(dex_.Word(What<HeaderWord>(id)));
      case Group::kHeaderText:
        return Value::String(What<HeaderText>(id) == HeaderText::kMagic ? dex_.magic()
                                                                        : dex_.signature());
      case Group::kCell:
        return GetCell(static_cast<std::uint8_t>(id & 0xFF), row);
      case Group::kString:
        return GetString(What<StringProperty>(id), row);
      case Group::kClassData:
        return GetClassData(id & 0xFF, row);
      case Group::kField:
        return row < dex_.members().fields.size()
                   ? GetField(What<MemberProperty>(id), dex_.members().fields[row])
                   : Value::Undefined();
      case Group::kMethod:
        return row < dex_.members().methods.size()
                   ? GetMethod(What<MemberProperty>(id), dex_.members().methods[row])
                   : Value::Undefined();
      case Group::kNumber:
        return GetNumber(What<Number>(id));
      case Group::kMagicConstant:
      case Group::kArray:
      case Group::kFunction:
        break;
    }
    return Value::Undefined();
  }

  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index>) override {
    switch (What<ArrayName>(id)) {
      case ArrayName::kStringIds:
        return dex_.StringCount();
      case ArrayName::kTypeIds:
        return dex_.RowCount(Table::kTypes);
      case ArrayName::kProtoIds:
        return dex_.RowCount(Table::kProtos);
      case ArrayName::kFieldIds:
        return dex_.RowCount(Table::kFields);
      case ArrayName::kMethodIds:
        return dex_.RowCount(Table::kMethods);
      case ArrayName::kMapItems:
        return dex_.RowCount(Table::kMap);
      case ArrayName::kClassDefs:
        return dex_.members().class_defs_seen;
      case ArrayName::kClassData:
        return dex_.members().class_data.size();
      case ArrayName::kField:
        return dex_.members().fields.size();
      case ArrayName::kMethod:
        return dex_.members().methods.size();
    }
    return std::nullopt;
  }

  // No dictionaries here.
  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t) override {
    return {};
  }

  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    const Members& members = dex_.members();
    if (!members.method_count) {
      return Value::Undefined();
    }
    const auto methods = std::span(members.methods).first(*members.method_count);
    switch (What<FunctionName>(id)) {
      case FunctionName::kHasMethodText:
      case FunctionName::kHasMethodRegex:
        return HasMethod(methods, nullptr, arguments[0]);
      case FunctionName::kHasMethodAndClassText:
      case FunctionName::kHasMethodAndClassRegex:
        return HasMethod(methods, &arguments[0], arguments[1]);
      case FunctionName::kHasClassText:
      case FunctionName::kHasClassRegex:
        return HasClass(methods, arguments[0]);
    }
    return Value::Undefined();
  }

 private:
  Value HasMethod(std::span<const Member> methods, const Argument* class_name,
                  const Argument& name) {
    for (const Member& method : methods) {
      // A method whose class has no name passes, as in libyara.
      const std::optional<std::string_view> its_class =
          class_name != nullptr ? dex_.MethodClass(method) : std::nullopt;
      if (its_class && !Matches(*its_class, *class_name)) {
        continue;
      }
      const std::optional<std::string_view> its_name = dex_.MethodName(method);
      if (its_name && Matches(*its_name, name)) {
        return Value::Integer(1);
      }
    }
    return Value::Integer(0);
  }

  Value HasClass(std::span<const Member> methods, const Argument& class_name) {
    for (const Member& method : methods) {
      const std::optional<std::string_view> its_class = dex_.MethodClass(method);
      if (its_class && Matches(*its_class, class_name)) {
        return Value::Integer(1);
      }
    }
    return Value::Integer(0);
  }

  Value GetCell(std::uint8_t place, std::uint64_t row) {
    const auto table = static_cast<Table>(place >> 4);
    if (table == Table::kClasses && row >= dex_.members().class_defs_seen) {
      return Value::Undefined();
    }
    return IntegerOrUndefined(dex_.Cell(table, row, place & 0x0F));
  }

  Value GetString(StringProperty property, std::uint64_t row) {
    const std::optional<StringItem> item = dex_.String(row);
    if (!item) {
      return Value::Undefined();
    }
    switch (property) {
      case StringProperty::kOffset:
        return Value::Integer(item->offset);
      case StringProperty::kSize:
        return Value::Integer(item->size);
      case StringProperty::kValue:
        return Value::String(item->value);
    }
    return Value::Undefined();
  }

  Value GetClassData(unsigned place, std::uint64_t row) {
    if (row >= dex_.members().class_data.size()) {
      return Value::Undefined();
    }
    const ClassData& data = dex_.members().class_data[row];
    const std::array<std::uint32_t, 4> counts = {data.static_fields_size, data.instance_fields_size,
                                                 data.direct_methods_size,
                                                 data.virtual_methods_size};
    return Value::Integer(counts[place]);
  }

  Value GetField(MemberProperty property, const Member& field) {
    switch (property) {
      case MemberProperty::kClassName:
        return TextOrUndefined(dex_.FieldClass(field));
      case MemberProperty::kName:
        return TextOrUndefined(dex_.FieldName(field));
      case MemberProperty::kProto:
        return TextOrUndefined(dex_.FieldProto(field));
      default:
        return GetCommon(property, field);
    }
  }

  Value GetMethod(MemberProperty property, const Member& method) {
    switch (property) {
      case MemberProperty::kClassName:
        return TextOrUndefined(dex_.MethodClass(method));
      case MemberProperty::kName:
        return TextOrUndefined(dex_.MethodName(method));
      case MemberProperty::kProto:
        return TextOrUndefined(dex_.MethodProto(method));
      default:
        return property >= MemberProperty::kRegistersSize ? GetCode(property, method)
                                                          : GetCommon(property, method);
    }
  }

  static Value GetCommon(MemberProperty property, const Member& member) {
    switch (property) {
      case MemberProperty::kFirstKind:
        return Value::Integer(member.first_kind ? 1 : 0);
      case MemberProperty::kSecondKind:
        return Value::Integer(member.first_kind ? 0 : 1);
      case MemberProperty::kIndexDiff:
        return Value::Integer(member.index_diff);
      case MemberProperty::kAccessFlags:
        return Value::Integer(member.access_flags);
      case MemberProperty::kCodeOffset:
        return Value::Integer(member.code_offset);
      default:
        return Value::Undefined();
    }
  }

  Value GetCode(MemberProperty property, const Member& method) {
    const std::optional<CodeItem> code = dex_.Code(method);
    if (!code) {
      return Value::Undefined();
    }
    switch (property) {
      case MemberProperty::kRegistersSize:
        return Value::Integer(code->registers_size);
      case MemberProperty::kInsSize:
        return Value::Integer(code->ins_size);
      case MemberProperty::kOutsSize:
        return Value::Integer(code->outs_size);
      case MemberProperty::kTriesSize:
        return Value::Integer(code->tries_size);
      case MemberProperty::kDebugInfoOffset:
        return Value::Integer(code->debug_info_offset);
      case MemberProperty::kInsnsSize:
        return Value::Integer(code->insns_size);
      case MemberProperty::kInsns:
        return TextOrUndefined(code->insns);
      default:
        return Value::Undefined();
    }
  }

  Value GetNumber(Number number) {
    switch (number) {
      case Number::kFields:
        return IntegerOrUndefined(dex_.members().field_count);
      case Number::kMethods:
        return IntegerOrUndefined(dex_.members().method_count);
      case Number::kMapSize:
        return IntegerOrUndefined(dex_.MapSize());
    }
    return Value::Undefined();
  }

  DexReader dex_;
};

}  // namespace

std::unique_ptr<module::Module> CreateDexModule() {
  return module::MakeModule(kDexRoot, module::Format::kOther,
                            [] { return std::make_unique<DexInstance>(); });
}

}  // namespace day::rules::modules::dex
