#include "libs/rules/module/dump.h"

#include <cstdio>
#include <vector>

namespace day::rules::module {
namespace {

constexpr std::size_t kIndentMax = 31;  // YARA's

class Dumper {
 public:
  Dumper(Instance& instance, std::string& text) : instance_(instance), text_(text) {}

  // The recursion is over the schema, which is ours and shallow, not over input.
  void AppendValue(const Field& field, std::size_t indent) {
    switch (field.kind) {
      case Kind::kStruct:
        AppendMembers(field, indent);
        break;
      case Kind::kArray:
      case Kind::kDictionary:
        AppendElements(field, indent);
        break;
      case Kind::kFunction:
      case Kind::kRegex:
        break;
      case Kind::kInteger:
      case Kind::kFloat:
      case Kind::kString:
        AppendLeaf(field.constant ? Value::Integer(*field.constant)
                                  : instance_.Get(field.id, indices_));
        break;
    }
  }

 private:
  void AppendIndent(std::size_t indent) {
    text_.append(indent < kIndentMax ? indent : kIndentMax, '\t');
  }

  void AppendMembers(const Field& field, std::size_t indent) {
    const std::size_t count = field.children.size();
    const bool reverse = indices_.size() % 2 == 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Field& child = field.children[reverse ? count - 1 - i : i];
      if (child.kind != Kind::kFunction) {
        text_.append("\n");
        AppendIndent(indent + 1);
        text_.append(child.name);
        AppendValue(child, indent + 1);
      }
    }
  }

  void AppendElements(const Field& field, std::size_t indent) {
    const std::uint64_t length = instance_.Length(field.id, indices_).value_or(0);
    for (std::uint64_t i = 0; i < length; ++i) {
      text_.append("\n");
      AppendIndent(indent);
      text_.append("\t");
      if (field.kind == Kind::kArray) {
        text_.append("[").append(std::to_string(i)).append("]");
        indices_.push_back({.number = static_cast<std::int64_t>(i)});
      } else {
        const std::string_view key = instance_.KeyAt(field.id, indices_, i);
        text_.append(key);
        indices_.push_back({.key = key});
      }
      AppendValue(field.children[0], indent + 1);
      indices_.pop_back();
    }
  }

  void AppendLeaf(const Value& value) {
    text_.append(" = ");
    switch (value.type) {
      case Value::Type::kUndefined:
        text_.append("YR_UNDEFINED");
        break;
      case Value::Type::kInteger:
        text_.append(std::to_string(value.integer));
        break;
      case Value::Type::kFloat: {
        constexpr std::size_t kTextSizeMax = 352;  // DBL_MAX has 309 digits before the point
        char buffer[kTextSizeMax];
        const int size = std::snprintf(buffer, sizeof(buffer), "%f", value.real);
        text_.append(buffer, static_cast<std::size_t>(size));
        break;
      }
      case Value::Type::kString:
        AppendText(value.text);
        break;
    }
  }

  void AppendText(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text_.append("\"");
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7F) {
        text_.push_back(c);
      } else {
        text_.append("\\x");
        text_.push_back(kDigits[byte >> 4]);
        text_.push_back(kDigits[byte & 0xF]);
      }
    }
    text_.append("\"");
  }

  Instance& instance_;
  std::string& text_;
  std::vector<Index> indices_;
};

}  // namespace

void AppendDump(const Module& module, Instance& instance, std::string& text) {
  text.append(module.name());
  Dumper(instance, text).AppendValue(module.root(), 0);
  text.append("\n");
}

}  // namespace day::rules::module
