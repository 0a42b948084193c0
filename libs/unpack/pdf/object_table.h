// Where a PDF file's objects are, and following references to them.
//
// Objects come from the file itself and from decoded object streams. A number may be there many
// times (updates, decoys); references take the last one, and who needs all of them gets them.
// Parsing is paid from a Budget and from the work that the table was given: when that is used up,
// nothing further is parsed, and out_of_work() says so.
// Ownership: views into the texts that were added. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/unpack/pdf/object_parser.h"

namespace day::unpack::pdf {

struct Object {
  std::uint32_t number = 0;
  std::uint32_t generation = 0;
  bool in_object_stream = false;  // then its strings are not encrypted by themselves
  std::string_view text;          // from its value on, to the end of what it lies in
};

inline constexpr std::size_t kObjectsMax = 1'000'000;

class ObjectTable {
 public:
  explicit ObjectTable(std::uint64_t work) : work_left_(work) {}

  // False if there are kObjectsMax already.
  bool Add(const Object& object);
  // All of them, in the order in which they were added.
  const std::vector<Object>& objects() const { return objects_; }

  // Reads an object; false if the work is used up.
  bool Parse(std::string_view text, std::size_t start, Extent extent, std::size_t tokens_max,
             base::Budget& budget, ParsedObject& parsed);
  // False if the work is used up.
  bool SpendWork(std::uint64_t work);
  bool out_of_work() const { return out_of_work_; }

  // All objects of this number, at most `count_max`, the last one first.
  std::vector<const Object*> Find(std::int64_t number, std::size_t count_max) const;

  // What a value stands for: itself, or what it refers to. Values that were resolved are valid
  // until Forget().
  Value Resolve(Value value, base::Budget& budget);
  // Every meaning of a value: one for each object of that number, at most `count_max`.
  std::vector<Value> ResolveAll(Value value, std::size_t count_max, base::Budget& budget);
  void Forget() { resolved_.clear(); }

 private:
  Value ValueOf(const Object& object, base::Budget& budget);

  std::vector<Object> objects_;
  std::vector<std::uint32_t> earlier_;             // of each object: the one of the same number
  std::map<std::uint32_t, std::uint32_t> newest_;  // by number: an index
  std::deque<ParsedObject> resolved_;
  std::uint64_t work_left_;
  bool out_of_work_ = false;
};

}  // namespace day::unpack::pdf
