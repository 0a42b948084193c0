#include "libs/unpack/pdf/object_table.h"

#include <algorithm>
#include <utility>

#include "libs/base/checked.h"

namespace day::unpack::pdf {
namespace {

constexpr std::size_t kReferencesMax = 8;  // a reference to a reference to ...
constexpr std::size_t kResolvedTokensMax = 10'000;
constexpr std::size_t kResolvedMax = 100;  // kept until Forget()
constexpr std::uint64_t kWorkPerParse = 16;
constexpr std::uint32_t kNone = ~std::uint32_t{0};

}  // namespace

bool ObjectTable::Add(const Object& object) {
  if (objects_.size() >= kObjectsMax) {
    return false;
  }
  const auto index = static_cast<std::uint32_t>(objects_.size());
  const auto [entry, is_new] = newest_.try_emplace(object.number, index);
  earlier_.push_back(is_new ? kNone : std::exchange(entry->second, index));
  objects_.push_back(object);
  return true;
}

bool ObjectTable::SpendWork(std::uint64_t work) {
  if (work > work_left_) {
    work_left_ = 0;
    out_of_work_ = true;
    return false;
  }
  work_left_ -= work;
  return true;
}

bool ObjectTable::Parse(std::string_view text, std::size_t start, Extent extent,
                        std::size_t tokens_max, base::Budget& budget, ParsedObject& parsed) {
  if (work_left_ == 0) {
    out_of_work_ = true;
    return false;
  }
  ParseObject(text, start, extent, tokens_max, parsed);
  const std::uint64_t work = parsed.work + kWorkPerParse;
  work_left_ -= std::min(work, work_left_);  // so that what was parsed is used
  if (!budget.SpendSteps(work).ok()) {
    work_left_ = 0;
  }
  return true;
}

std::vector<const Object*> ObjectTable::Find(std::int64_t number, std::size_t count_max) const {
  std::vector<const Object*> found;
  const auto wanted = base::CheckedCast<std::uint32_t>(number);
  const auto newest = wanted ? newest_.find(*wanted) : newest_.end();
  std::uint32_t index = newest == newest_.end() ? kNone : newest->second;
  for (; index != kNone && found.size() < count_max; index = earlier_[index]) {
    found.push_back(&objects_[index]);
  }
  return found;
}

Value ObjectTable::ValueOf(const Object& object, base::Budget& budget) {
  if (resolved_.size() >= kResolvedMax) {
    return {};
  }
  ParsedObject& parsed = resolved_.emplace_back();
  if (!Parse(object.text, 0, Extent::kIndirectObject, kResolvedTokensMax, budget, parsed)) {
    return {};
  }
  return {parsed, 0};
}

Value ObjectTable::Resolve(Value value, base::Budget& budget) {
  for (std::size_t i = 0; i < kReferencesMax && value.IsReference(); ++i) {
    const auto found = Find(value.Integer(), 1);
    value = found.empty() ? Value() : ValueOf(*found.front(), budget);
  }
  return value.IsReference() ? Value() : value;
}

std::vector<Value> ObjectTable::ResolveAll(Value value, std::size_t count_max,
                                           base::Budget& budget) {
  if (!value.IsReference()) {
    return {value};
  }
  std::vector<Value> values;
  for (const Object* object : Find(value.Integer(), count_max)) {
    if (const Value resolved = Resolve(ValueOf(*object, budget), budget)) {
      values.push_back(resolved);
    }
  }
  return values;
}

}  // namespace day::unpack::pdf
