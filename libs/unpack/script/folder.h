// The machinery of Fold(): a shift-reduce evaluator over its own output. Private to this folder.
//
// Constants and the signs between them lie on a stack, each with the place in the output where it
// stands. When a bracket closes or a string follows a sign, what is constant is taken off the stack
// and off the output, and its value is put there instead. fold_read.cc takes the text apart,
// fold_evaluate.cc reduces. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/script/fold.h"

namespace day::unpack::script {

enum class Kind : std::uint8_t {
  kOther,   // something that is not constant
  kString,  // in the output from `start` to `end`, quotes included
  kNumber,
  kSign,  // between numbers, or a string and another
  kComma,
  kOpen,     // ( [ {, with the name in front of it
  kList,     // strings or numbers in brackets
  kMethod,   // ".name" behind a constant
  kOperator  // "[char]"; "-f", "-join", "-replace" behind a constant
};

enum class Call : std::uint8_t {
  kNone,
  kCharacters,
  kUnescape,
  kBase64,
  kHex,
  kRot13,
  kReverse,
  kReplace,
  kSplit,
  kJoin,
  kFormat,
  kUtf8,  // encodings that leave the bytes as they are
  kRun,   // what stands in the string is a program
};

// By its name, in any case; kNone for others.
Call FunctionByName(std::string_view name);
Call MethodByName(std::string_view name);
Call OperatorByName(std::string_view name);

struct Constants {
  std::vector<std::string> strings;
  std::vector<std::int64_t> numbers;
};

struct Item {
  Kind kind = Kind::kOther;
  char sign = 0;            // kSign, kOpen
  Call call = Call::kNone;  // kOpen: of the name in front; kMethod, kOperator
  std::size_t start = 0;    // in the output; kOpen: of the name
  std::size_t end = 0;      // kString: behind the closing quote
  std::int64_t number = 0;
  std::unique_ptr<Constants> list;  // kList
};

class Folder {
 public:
  Folder(std::string_view text, Language language, std::uint64_t work_max)
      : text_(text), language_(language), work_left_(work_max) {
    out_.reserve(text.size());
  }

  Folded Run() {
    while (at_ < text_.size()) {
      Step();
    }
    Finish();
    Folded folded;
    folded.text = std::move(out_);
    folded.is_material = changes_ >= kChangesMin || is_material_;
    folded.is_cut = is_cut_;
    folded.blobs = std::move(blobs_);
    return folded;
  }

 private:
  // Changes that make a text worth another look.
  static constexpr std::size_t kChangesMin = 6;
  static constexpr std::size_t kItemsMax = 1'000'000;
  static constexpr std::size_t kOthersMax = 64;

  char Peek(std::size_t offset) const {
    return at_ + offset < text_.size() ? text_[at_ + offset] : '\0';
  }
  char Last() const { return out_.empty() ? '\0' : out_.back(); }
  bool IsTop(Kind kind) const { return !items_.empty() && items_.back().kind == kind; }
  bool SpendWork(std::size_t work) {
    if (work > work_left_) {
      is_cut_ = true;
      return false;
    }
    work_left_ -= work;
    return true;
  }

  void Step();
  bool SkipComment();
  bool ReadString();
  std::size_t ReadEscape(std::size_t at, char quote, std::string& value);
  void ReadWord();
  bool ReadNumber(std::string_view word);
  void ReadSign(char c);
  // Something that is not constant, from `start` of the output on.
  void PushOther(std::size_t start) {
    Finish();
    if (IsTop(Kind::kOther)) {
      return;
    }
    if (++others_ >= kOthersMax) {
      others_ = 0;
      Drop();
    }
    Push(Kind::kOther, start);
  }
  // The innermost brackets will not be constant: what was in them is of no use.
  void Drop() {
    while (!items_.empty() && items_.back().kind != Kind::kOpen) {
      items_.pop_back();
    }
    operators_ = 0;
  }
  Item& Push(Kind kind, std::size_t start) {
    if (items_.size() >= kItemsMax) {
      items_.clear();
      operators_ = 0;
    }
    Item& item = items_.emplace_back();
    item.kind = kind;
    item.start = start;
    item.end = out_.size();
    return item;
  }
  void PushString(std::string_view value, std::size_t start);
  void Open(char bracket);
  void Close(char bracket);
  bool CloseConstant(std::size_t open, char bracket);
  bool TakeConstants(std::size_t first, Constants& list);
  bool TakeList(Constants& from, Constants& list);
  std::optional<std::string> Evaluate(Call call, const Constants& arguments);
  bool ApplyMethod(std::size_t open, const Constants& arguments);
  bool Apply(Call call, const Item& object, const Constants& arguments);
  bool ApplyToString(Call call, const Item& object, const Constants& arguments);
  bool ApplyToList(Call call, const Item& object, const Constants& arguments);
  std::optional<std::string> Format(std::string_view text, const std::vector<std::string>& fields);
  void PushList(Constants list, std::size_t start);
  std::string ValueOf(const Item& item) const {
    return out_.substr(item.start + 1, item.end - item.start - 2);
  }
  void Replace(std::size_t start, std::string_view value);
  void Finish();
  void FinishOperator(std::size_t position);
  bool ReadDot();
  void NoteBytes(const Constants& list);
  bool ShowProgram(std::size_t open, const Constants& list);

  std::string_view text_;
  Language language_;
  std::uint64_t work_left_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Item> items_;
  std::size_t operators_ = 0;  // among the items
  std::size_t others_ = 0;     // pushed since something was dropped
  std::size_t changes_ = 0;
  std::vector<std::string> blobs_;
  bool has_open_comment_ = false;
  bool is_material_ = false;
  bool is_cut_ = false;
};

}  // namespace day::unpack::script
