// Folder's evaluation: functions, methods and operators on constants.
#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/unpack/script/decode.h"
#include "libs/unpack/script/folder.h"

namespace day::unpack::script {
namespace {

// A result of this size makes the text worth another look.
constexpr std::size_t kResultBytesMin = 8;

std::int64_t Sum(std::int64_t left, char sign, std::int64_t right) {
  constexpr std::int64_t kWrap = std::int64_t{1} << 31;
  switch (sign) {
    case '+':
      return (left + right) % kWrap;
    case '-':
      return (left - right) % kWrap;
    case '*':
      return left * (right % kWrap) % kWrap;
    case '^':
      return left ^ right;
    default:
      return left;
  }
}

}  // namespace

// Lists in lists are one.
bool Folder::TakeList(Constants& from, Constants& list) {
  if (list.strings.empty() && list.numbers.empty()) {
    list = std::move(from);
    return true;
  }
  if (!SpendWork(from.strings.size() + from.numbers.size())) {
    return false;
  }
  std::move(from.strings.begin(), from.strings.end(), std::back_inserter(list.strings));
  list.numbers.insert(list.numbers.end(), from.numbers.begin(), from.numbers.end());
  return true;
}

// Moves the constants from item `first` on into a list: strings or sums of numbers, with commas.
bool Folder::TakeConstants(std::size_t first, Constants& list) {
  bool needs_value = true;
  char sign = 0;
  for (std::size_t i = first; i < items_.size(); ++i) {
    Item& item = items_[i];
    switch (item.kind) {
      case Kind::kString:
        if (!needs_value || sign != 0) {
          return false;
        }
        list.strings.push_back(ValueOf(item));
        needs_value = false;
        break;
      case Kind::kNumber:
        if (!needs_value) {
          return false;
        }
        if (sign == 0 || list.numbers.empty()) {
          list.numbers.push_back(item.number);
        } else {
          list.numbers.back() = Sum(list.numbers.back(), sign, item.number);
        }
        sign = 0;
        needs_value = false;
        break;
      case Kind::kSign:
        if (sign != 0 || needs_value || list.numbers.empty()) {
          return false;
        }
        sign = item.sign;
        needs_value = true;
        break;
      case Kind::kComma:
        if (needs_value) {
          return false;
        }
        needs_value = true;
        break;
      case Kind::kList:
        if (!needs_value || sign != 0) {
          return false;
        }
        if (!TakeList(*item.list, list)) {
          return false;
        }
        needs_value = false;
        break;
      default:
        return false;
    }
  }
  return sign == 0 && (list.strings.empty() || list.numbers.empty());
}

// Puts a string in the place of all output from `start` on, and of the items there.
void Folder::Replace(std::size_t start, std::string_view value) {
  const std::string copy(value);
  out_.resize(start);
  out_ += '"';
  out_ += copy;
  out_ += '"';
  if (copy.size() >= kResultBytesMin) {
    is_material_ = true;
  }
  PushString(copy, start);
}

std::optional<std::string> Folder::Evaluate(Call call, const Constants& arguments) {
  if (call == Call::kCharacters) {
    if (arguments.numbers.empty() || !arguments.strings.empty()) {
      return std::nullopt;
    }
    std::string value;
    for (const std::int64_t number : arguments.numbers) {
      AppendCharacter(static_cast<std::uint32_t>(number) & 0xFFFF, value);
    }
    return value;
  }
  if (call == Call::kJoin) {  // PowerShell's -join in front of its list
    std::string value;
    for (const std::string& part : arguments.strings) {
      value += part;
    }
    return value;
  }
  if (arguments.strings.size() != 1 || !SpendWork(arguments.strings[0].size())) {
    return std::nullopt;
  }
  const std::string& text = arguments.strings[0];
  switch (call) {
    case Call::kUnescape:
      return Unescape(text);
    case Call::kBase64: {
      std::string value = DecodeBase64(text);
      auto wide = FromUtf16(value);
      return wide ? *std::move(wide) : std::move(value);
    }
    case Call::kHex:
      return DecodeHex(text);
    case Call::kRot13:
      return Rot13(text);
    case Call::kReverse:
      return std::string(text.rbegin(), text.rend());
    case Call::kUtf8:
      return text;
    default:
      return std::nullopt;
  }
}

std::optional<std::string> Folder::Format(std::string_view text,
                                          const std::vector<std::string>& fields) {
  constexpr std::size_t kFieldMax = 4;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_field = text[i] == '{' && i + 1 < text.size() && IsDigit(text[i + 1]);
    const std::size_t close =
        is_field ? text.substr(i, kFieldMax + 1).find('}') : std::string_view::npos;
    if (close == std::string_view::npos) {
      result += text[i];
      continue;
    }
    std::size_t index = 0;
    for (std::size_t j = i + 1; j < i + close && IsDigit(text[j]); ++j) {
      index = index * 10 + static_cast<std::size_t>(text[j] - '0');
    }
    if (index < fields.size()) {
      if (!SpendWork(fields[index].size())) {
        return std::nullopt;
      }
      result += fields[index];
    }
    i += close;
  }
  return result;
}

void Folder::PushList(Constants list, std::size_t start) {
  Push(Kind::kList, start).list = std::make_unique<Constants>(std::move(list));
}

bool Folder::ApplyToString(Call call, const Item& object, const Constants& arguments) {
  const std::string text = ValueOf(object);
  const std::vector<std::string>& strings = arguments.strings;
  std::string result;
  if (!SpendWork(text.size() + 1)) {
    return false;
  }
  if (call == Call::kReplace && !strings.empty() && !strings[0].empty()) {
    const std::string with = strings.size() > 1 ? strings[1] : std::string();
    const std::size_t result_max = 2 * text.size() + 1024;
    std::size_t from = 0;
    for (std::size_t at = text.find(strings[0]);
         at != std::string::npos && result.size() < result_max; at = text.find(strings[0], from)) {
      result.append(text, from, at - from).append(with);
      from = at + strings[0].size();
    }
    result.append(text, from);
  } else if (call == Call::kFormat && !strings.empty()) {
    auto formatted = Format(text, strings);
    if (!formatted) {
      return false;
    }
    result = *std::move(formatted);
  } else if (call == Call::kReverse) {
    result.assign(text.rbegin(), text.rend());
  } else if (call == Call::kUtf8) {
    result = text;
  } else if (call == Call::kSplit && strings.size() <= 1 &&
             SpendWork(text.size() * sizeof(std::string))) {
    // The text stays; only what it means is known from now on.
    Constants list;
    const std::string by = strings.empty() ? "" : strings[0];
    std::size_t from = 0;
    while (!text.empty()) {
      const std::size_t at = by.empty() ? from + 1 : text.find(by, from);
      if (at >= text.size()) {
        list.strings.push_back(text.substr(from));
        break;
      }
      list.strings.push_back(text.substr(from, at - from));
      from = at + by.size();
    }
    PushList(std::move(list), object.start);
    return true;
  } else {
    return false;
  }
  ++changes_;
  Replace(object.start, result);
  return true;
}

bool Folder::ApplyToList(Call call, const Item& object, const Constants& arguments) {
  Constants& list = *object.list;
  std::size_t size = list.strings.size() + list.numbers.size() + 1;
  for (const std::string& part : list.strings) {
    size += part.size();
  }
  if (!SpendWork(size)) {
    return false;
  }
  if (call == Call::kReverse) {
    std::reverse(list.strings.begin(), list.strings.end());
    std::reverse(list.numbers.begin(), list.numbers.end());
    PushList(std::move(list), object.start);
    return true;
  }
  const std::string between = arguments.strings.empty() ? "" : arguments.strings[0];
  if (call != Call::kJoin || list.strings.empty() ||
      !SpendWork(between.size() * list.strings.size())) {
    return false;
  }
  std::string result;
  for (std::size_t i = 0; i < list.strings.size(); ++i) {
    result += i > 0 ? between : std::string();
    result += list.strings[i];
  }
  ++changes_;
  Replace(object.start, result);
  return true;
}

// Replaces a constant, with all that follows it, by what becomes of it. The items from the object
// on are gone already.
bool Folder::Apply(Call call, const Item& object, const Constants& arguments) {
  if (object.kind == Kind::kString
          ? ApplyToString(call, object, arguments)
          : object.kind == Kind::kList && ApplyToList(call, object, arguments)) {
    return true;
  }
  Push(Kind::kOther, object.start);
  return false;
}

bool Folder::ApplyMethod(std::size_t open, const Constants& arguments) {
  // ... object .method (
  if (open < 2 || items_[open - 1].kind != Kind::kMethod) {
    return false;
  }
  const Item object = std::move(items_[open - 2]);
  const Call call = items_[open - 1].call;
  items_.resize(open - 2);
  (void)Apply(call, object, arguments);
  return true;
}

bool Folder::CloseConstant(std::size_t open, char bracket) {
  Constants list;
  if (!TakeConstants(open + 1, list)) {
    return false;
  }
  const std::size_t start = items_[open].start;
  const Call call = items_[open].call;
  if (bracket == ')' && ApplyMethod(open, list)) {
    return true;
  }
  if (call == Call::kRun) {
    return ShowProgram(open, list);
  }
  if (call != Call::kNone) {
    const auto value = Evaluate(call, list);
    if (!value) {
      return false;
    }
    items_.resize(open);
    // The names in front of the bracket are replaced as well.
    while (!items_.empty() && items_.back().start >= start && items_.back().kind != Kind::kOpen) {
      items_.pop_back();
    }
    ++changes_;
    others_ = 0;
    Replace(start, *value);
    return true;
  }
  const bool is_call = IsWordCharacter(start > 0 ? out_[start - 1] : ' ');
  if (is_call || (list.strings.empty() && list.numbers.empty())) {
    return false;
  }
  items_.resize(open);
  if (bracket == ')' && list.strings.size() == 1) {
    const std::string value = list.strings[0];
    out_.resize(start);
    out_ += '"' + value + '"';
    PushString(value, start);
    return true;
  }
  NoteBytes(list);
  PushList(std::move(list), start);
  return true;
}

// A program in a string: without the quotes, so that its own strings are seen the next time.
bool Folder::ShowProgram(std::size_t open, const Constants& list) {
  if (list.strings.size() != 1 || list.strings[0].find_first_of("('\"") == std::string::npos) {
    return false;
  }
  const std::size_t start = items_[open].start;
  const std::size_t bracket = out_.find('(', start);
  items_.resize(open);
  out_.resize(bracket + 1);
  out_ += '\n' + list.strings[0] + "\n)";
  PushOther(start);
  return true;
}

// A long list of small numbers may be a file.
void Folder::NoteBytes(const Constants& list) {
  constexpr std::size_t kBytesMin = 32;
  if (list.numbers.size() < kBytesMin) {
    return;
  }
  std::string bytes;
  for (const std::int64_t number : list.numbers) {
    if (number < 0 || number > 255) {
      return;
    }
    bytes += static_cast<char>(number);
  }
  if (IsMeaningful(bytes)) {
    blobs_.push_back(std::move(bytes));
  }
}

void Folder::Close(char bracket) {
  Finish();
  out_ += bracket;
  std::size_t open = items_.size();
  while (open > 0 && items_[open - 1].kind != Kind::kOpen) {
    --open;
  }
  if (open == 0) {
    items_.clear();
    operators_ = 0;
    return;
  }
  --open;
  const char expected = bracket == ')' ? '(' : (bracket == ']' ? '[' : '{');
  if (bracket != '}' && items_[open].sign == expected && CloseConstant(open, bracket)) {
    return;
  }
  const std::size_t start = items_[open].start;
  items_.resize(open);
  operators_ = 0;
  PushOther(start);
}

// Evaluates an operator whose arguments end here: "..." -f 'a','b'.
void Folder::Finish() {
  if (operators_ == 0) {
    return;
  }
  for (std::size_t i = items_.size(); i > 0; --i) {
    const Item& item = items_[i - 1];
    if (item.kind == Kind::kOperator) {
      FinishOperator(i - 1);
      return;
    }
    if (item.kind != Kind::kString && item.kind != Kind::kComma && item.kind != Kind::kList) {
      return;
    }
  }
}

void Folder::FinishOperator(std::size_t position) {
  Constants arguments;
  const Call call = items_[position].call;
  --operators_;
  items_[position].kind = Kind::kOther;
  if (position == 0 || !TakeConstants(position + 1, arguments)) {
    return;
  }
  const std::size_t end = items_.back().kind == Kind::kString ? items_.back().end : out_.size();
  const std::string rest = out_.substr(end);
  const Item object = std::move(items_[position - 1]);
  items_.resize(position - 1);
  if (Apply(call, object, arguments)) {
    out_ += rest;
  }
}

}  // namespace day::unpack::script
