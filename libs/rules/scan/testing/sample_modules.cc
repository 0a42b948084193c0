#include "libs/rules/scan/testing/sample_modules.h"

#include <array>
#include <string>
#include <vector>

namespace day::rules::scan::testing {
namespace {

using module::Field;
using module::Kind;
using module::Value;

enum SampleId : std::uint16_t {
  kInteger = 1,
  kReal,
  kText,
  kNothing,
  kNumbers,
  kNumber,
  kWords,
  kWord,
  kPeople,
  kName,
  kAge,
  kSum,
  kEcho,
  kSame,
};

constexpr Field kNumberField[] = {{.kind = Kind::kInteger, .id = kNumber}};
constexpr Field kWordField[] = {{.kind = Kind::kString, .id = kWord}};
constexpr Field kPersonFields[] = {{.name = "name", .kind = Kind::kString, .id = kName},
                                   {.name = "age", .kind = Kind::kInteger, .id = kAge}};
constexpr Field kPersonField[] = {{.kind = Kind::kStruct, .children = kPersonFields}};
constexpr Field kSampleFields[] = {
    {.name = "integer", .kind = Kind::kInteger, .id = kInteger},
    {.name = "real", .kind = Kind::kFloat, .id = kReal},
    {.name = "text", .kind = Kind::kString, .id = kText},
    {.name = "nothing", .kind = Kind::kInteger, .id = kNothing},
    {.name = "numbers", .kind = Kind::kArray, .id = kNumbers, .children = kNumberField},
    {.name = "words", .kind = Kind::kDictionary, .id = kWords, .children = kWordField},
    {.name = "people", .kind = Kind::kArray, .id = kPeople, .children = kPersonField},
    {.name = "sum",
     .kind = Kind::kFunction,
     .id = kSum,
     .arguments = "ii",
     .result = Kind::kInteger},
    {.name = "echo",
     .kind = Kind::kFunction,
     .id = kEcho,
     .arguments = "s",
     .result = Kind::kString},
    {.name = "same",
     .kind = Kind::kFunction,
     .id = kSame,
     .arguments = "rs",
     .result = Kind::kInteger},
};
constexpr Field kSampleRoot = {.name = "sample", .kind = Kind::kStruct, .children = kSampleFields};

constexpr std::array<std::string_view, 3> kNames = {"ann", "bob", "cy"};
constexpr std::array<std::string_view, 2> kKeys = {"one", "two"};
constexpr std::int64_t kNumbersCount = 4;  // the third is undefined

std::int64_t First(std::span<const module::Index> indices) {
  return indices.empty() ? -1 : indices[0].number;
}

class SampleInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override { data_ = input.data; }

  Value Get(std::uint16_t id, std::span<const module::Index> indices) override {
    const std::int64_t at = First(indices);
    const bool person = at >= 0 && at < static_cast<std::int64_t>(kNames.size());
    switch (id) {
      case kInteger:
        return Value::Integer(static_cast<std::int64_t>(data_.size() % 7));
      case kReal:
        return Value::Float(static_cast<double>(data_.size()) / 4);
      case kText:
        return Value::String(base::AsText(data_.first(std::min<std::size_t>(data_.size(), 3))));
      case kNumber:
        return at < 0 || at == 2 || at >= kNumbersCount ? Value::Undefined()
                                                        : Value::Integer(at * 10);
      case kWord:
        return indices[0].key == "one"   ? Value::String("1")
               : indices[0].key == "two" ? Value::String("2")
                                         : Value::Undefined();
      case kName:
        return person ? Value::String(kNames[static_cast<std::size_t>(at)]) : Value::Undefined();
      case kAge:
        return person ? Value::Integer(20 + at) : Value::Undefined();
      default:
        return Value::Undefined();
    }
  }

  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const module::Index>) override {
    return id == kNumbers ? kNumbersCount : id == kPeople ? kNames.size() : kKeys.size();
  }

  std::string_view KeyAt(std::uint16_t, std::span<const module::Index>,
                         std::uint64_t position) override {
    return kKeys[position];
  }

  Value Call(std::uint16_t id, std::span<const module::Index>,
             std::span<const module::Argument> arguments) override {
    switch (id) {
      case kSum:
        return Value::Integer(arguments[0].value.integer + arguments[1].value.integer);
      case kEcho:
        return arguments[0].value;
      default:
        return Value::Integer(
            arguments[0].regex->Search(base::AsBytes(arguments[1].value.text)) >= 0 ? 1 : 0);
    }
  }

 private:
  base::Bytes data_;
};

enum BadgeId : std::uint16_t { kCards = 1, kSerial, kDigest, kPresent };

constexpr Field kCardFields[] = {{.name = "serial", .kind = Kind::kString, .id = kSerial}};
constexpr Field kCardField[] = {{.kind = Kind::kStruct, .children = kCardFields}};
constexpr Field kBadgeFields[] = {
    {.name = "cards", .kind = Kind::kArray, .id = kCards, .children = kCardField},
    {.name = "digest", .kind = Kind::kFunction, .id = kDigest, .result = Kind::kString},
    {.name = "present", .kind = Kind::kInteger, .id = kPresent, .defined_without_format = true},
};
constexpr Field kBadgeRoot = {.name = "badge", .kind = Kind::kStruct, .children = kBadgeFields};

constexpr std::string_view kCardMark = "card:";

class BadgeInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override {
    data_ = input.data;
    serials_.clear();
    present_ = base::AsText(data_).starts_with("MZ");
    const std::string_view text = base::AsText(data_);
    for (std::size_t at = text.find(kCardMark); present_ && at != std::string_view::npos;
         at = text.find(kCardMark, at + 1)) {
      serials_.push_back(text.substr(at + kCardMark.size(), 1));
    }
    digest_ = base::ToHex(base::ClippedSlice(data_, 0, 4));
  }

  Value Get(std::uint16_t id, std::span<const module::Index> indices) override {
    if (id == kPresent) {
      return Value::Integer(present_ ? 1 : 0);
    }
    const std::int64_t at = First(indices);
    return at >= 0 && at < static_cast<std::int64_t>(serials_.size())
               ? Value::String(serials_[static_cast<std::size_t>(at)])
               : Value::Undefined();
  }
  std::optional<std::uint64_t> Length(std::uint16_t, std::span<const module::Index>) override {
    if (!present_) {
      return std::nullopt;
    }
    return serials_.size();
  }
  std::string_view KeyAt(std::uint16_t, std::span<const module::Index>, std::uint64_t) override {
    return {};
  }
  Value Call(std::uint16_t, std::span<const module::Index>,
             std::span<const module::Argument>) override {
    return present_ ? Value::String(digest_) : Value::Undefined();
  }

 private:
  base::Bytes data_;
  std::vector<std::string_view> serials_;
  std::string digest_;
  bool present_ = false;
};

template <typename InstanceType>
class SampleModule final : public module::Module {
 public:
  SampleModule(const Field& root, module::Format format) : root_(root), format_(format) {}
  std::string_view name() const override { return root_.name; }
  const Field& root() const override { return root_; }
  module::Format format() const override { return format_; }
  std::unique_ptr<module::Instance> CreateInstance() const override {
    return std::make_unique<InstanceType>();
  }

 private:
  const Field& root_;
  module::Format format_;
};

class Registry final : public module::Registry {
 public:
  std::span<const module::Module* const> modules() const override { return all_; }

 private:
  SampleModule<SampleInstance> sample_{kSampleRoot, module::Format::kAny};
  SampleModule<BadgeInstance> badge_{kBadgeRoot, module::Format::kPe};
  std::array<const module::Module*, 2> all_ = {&sample_, &badge_};
};

}  // namespace

const module::Registry& SampleRegistry() {
  static const Registry registry;
  return registry;
}

}  // namespace day::rules::scan::testing
