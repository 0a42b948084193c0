#include "libs/rules/modules/basic/math_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/rules/module/schema.h"
#include "libs/rules/modules/basic/byte_statistics.h"
#include "libs/rules/modules/basic/range.h"
#include "libs/rules/modules/basic/result_ring.h"

namespace day::rules::modules::basic {
namespace {

using module::Argument;
using module::Field;
using module::FloatValue;
using module::Function;
using module::Index;
using module::IntegerValue;
using module::Kind;
using module::Value;

enum Id : std::uint16_t {
  kMeanBytes = 1,
  kInRange,
  kDeviation,
  kDeviationString,
  kMean,
  kMeanString,
  kSerialCorrelation,
  kSerialCorrelationString,
  kMonteCarloPi,
  kMonteCarloPiString,
  kEntropy,
  kEntropyString,
  kMin,
  kMax,
  kToNumber,
  kAbs,
  kCount,
  kCountAll,
  kPercentage,
  kPercentageAll,
  kMode,
  kModeAll,
  kToString,
  kToStringBase,
};

constexpr Field kFields[] = {
    Always(module::Float("MEAN_BYTES", kMeanBytes)),
    Always(Function("in_range", kInRange, "fff", Kind::kInteger)),
    Always(Function("deviation", kDeviation, "iif", Kind::kFloat)),
    Always(Function("deviation", kDeviationString, "sf", Kind::kFloat)),
    Always(Function("mean", kMean, "ii", Kind::kFloat)),
    Always(Function("mean", kMeanString, "s", Kind::kFloat)),
    Always(Function("serial_correlation", kSerialCorrelation, "ii", Kind::kFloat)),
    Always(Function("serial_correlation", kSerialCorrelationString, "s", Kind::kFloat)),
    Always(Function("monte_carlo_pi", kMonteCarloPi, "ii", Kind::kFloat)),
    Always(Function("monte_carlo_pi", kMonteCarloPiString, "s", Kind::kFloat)),
    Always(Function("entropy", kEntropy, "ii", Kind::kFloat)),
    Always(Function("entropy", kEntropyString, "s", Kind::kFloat)),
    Always(Function("min", kMin, "ii", Kind::kInteger)),
    Always(Function("max", kMax, "ii", Kind::kInteger)),
    Always(Function("to_number", kToNumber, "b", Kind::kInteger)),
    Always(Function("abs", kAbs, "i", Kind::kInteger)),
    Always(Function("count", kCount, "iii", Kind::kInteger)),
    Always(Function("count", kCountAll, "i", Kind::kInteger)),
    Always(Function("percentage", kPercentage, "iii", Kind::kFloat)),
    Always(Function("percentage", kPercentageAll, "i", Kind::kFloat)),
    Always(Function("mode", kMode, "ii", Kind::kInteger)),
    Always(Function("mode", kModeAll, "", Kind::kInteger)),
    Always(Function("to_string", kToString, "i", Kind::kString)),
    Always(Function("to_string", kToStringBase, "ii", Kind::kString)),
};
constexpr Field kRoot = module::Struct("math", kFields);

// What is known about one range of the file.
struct RangeFacts {
  base::Bytes data;
  std::optional<Distribution> counts;
  std::optional<double> serial_correlation;
  std::optional<std::optional<double>> monte_carlo_pi;
};

class MathInstance final : public module::FunctionsInstance {
 public:
  void Bind(const module::ScanInput& input) override {
    FunctionsInstance::Bind(input);
    ranges_.clear();
    next_ = 0;
    results_.Clear();
  }

  Value Get(std::uint16_t id, std::span<const Index>) override {
    return id == kMeanBytes ? Value::Float(127.5) : Value::Undefined();
  }

  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    switch (id) {
      case kDeviation:
      case kMean:
      case kSerialCorrelation:
      case kMonteCarloPi:
      case kEntropy:
      case kMode:
        return OverRange(id, arguments, 0);
      case kCount:
      case kPercentage:
        return OverRange(id, arguments, 1);
      case kCountAll:
      case kPercentageAll:
      case kModeAll:
        return OverFile(id, arguments);
      case kDeviationString:
      case kMeanString:
      case kSerialCorrelationString:
      case kMonteCarloPiString:
      case kEntropyString:
        return OverString(id, arguments);
      default:
        return Arithmetic(id, arguments);
    }
  }

 private:
  // `first` is the place of the offset among the arguments.
  Value OverRange(std::uint16_t id, std::span<const Argument> arguments, std::size_t first) {
    const auto range =
        FileRange(input().data, arguments[first].value.integer, arguments[first + 1].value.integer);
    if (!range) {
      return Value::Undefined();
    }
    RangeFacts& facts = Facts(*range);
    switch (id) {
      case kDeviation:
        return FloatValue(Deviation(Counts(facts), arguments[2].value.real));
      case kMean:
        return FloatValue(Mean(Counts(facts)));
      case kEntropy:
        return FloatValue(Entropy(Counts(facts)));
      case kSerialCorrelation:
        if (!facts.serial_correlation) {
          facts.serial_correlation = SerialCorrelation(facts.data, ByteSign::kUnsigned);
        }
        return FloatValue(*facts.serial_correlation);
      case kMonteCarloPi:
        if (!facts.monte_carlo_pi) {
          facts.monte_carlo_pi = MonteCarloPi(facts.data, ByteSign::kUnsigned);
        }
        return *facts.monte_carlo_pi ? FloatValue(**facts.monte_carlo_pi) : Value::Undefined();
      default:
        return OfCounts(id, facts, arguments);
    }
  }

  // YARA has no byte to look at in an empty file: undefined.
  Value OverFile(std::uint16_t id, std::span<const Argument> arguments) {
    if (input().data.empty()) {
      return Value::Undefined();
    }
    return OfCounts(id, Facts(input().data), arguments);
  }

  Value OfCounts(std::uint16_t id, RangeFacts& facts, std::span<const Argument> arguments) {
    if (id == kMode || id == kModeAll) {
      return Value::Integer(Mode(Counts(facts)));
    }
    const std::int64_t byte = arguments[0].value.integer;
    if (byte < 0 || byte > 255) {
      return Value::Undefined();
    }
    const auto value = static_cast<std::uint8_t>(byte);
    if (id == kCount || id == kCountAll) {
      return Value::Integer(Counts(facts)[value]);
    }
    return FloatValue(Percentage(Counts(facts), value));
  }

  static Value OverString(std::uint16_t id, std::span<const Argument> arguments) {
    const base::Bytes text = base::AsBytes(arguments[0].value.text);
    switch (id) {
      case kDeviationString:
        return FloatValue(StringDeviation(text, arguments[1].value.real));
      case kMeanString:
        return FloatValue(StringMean(text));
      case kEntropyString:
        return FloatValue(Entropy(CountBytes(text)));
      case kSerialCorrelationString:
        return FloatValue(SerialCorrelation(text, ByteSign::kSigned));
      default: {
        const std::optional<double> error = MonteCarloPi(text, ByteSign::kSigned);
        return error ? FloatValue(*error) : Value::Undefined();
      }
    }
  }

  Value Arithmetic(std::uint16_t id, std::span<const Argument> arguments) {
    const Value& first = arguments[0].value;
    const auto bits = static_cast<std::uint64_t>(first.integer);
    switch (id) {
      case kInRange:
        return Value::Integer(
            arguments[1].value.real <= first.real && first.real <= arguments[2].value.real ? 1 : 0);
      // Both compare as unsigned numbers in YARA: -1 is the largest.
      case kMin:
        return IntegerValue(std::min(bits, static_cast<std::uint64_t>(arguments[1].value.integer)));
      case kMax:
        return IntegerValue(std::max(bits, static_cast<std::uint64_t>(arguments[1].value.integer)));
      case kToNumber:
        return Value::Integer(first.integer != 0 ? 1 : 0);
      case kAbs:
        return IntegerValue(first.integer < 0 ? 0 - bits : bits);
      case kToString:
        return Value::String(results_.Keep(fmt::format("{}", first.integer)));
      case kToStringBase:
        return ToStringBase(first.integer, arguments[1].value.integer);
      default:
        return Value::Undefined();
    }
  }

  Value ToStringBase(std::int64_t number, std::int64_t base) {
    const auto bits = static_cast<std::uint64_t>(number);
    switch (base) {
      case 10:
        return Value::String(results_.Keep(fmt::format("{}", number)));
      case 8:
        return Value::String(results_.Keep(fmt::format("{:o}", bits)));
      case 16:
        return Value::String(results_.Keep(fmt::format("{:x}", bits)));
      default:
        return Value::Undefined();
    }
  }

  RangeFacts& Facts(base::Bytes range) {
    for (RangeFacts& facts : ranges_) {
      if (facts.data.data() == range.data() && facts.data.size() == range.size()) {
        return facts;
      }
    }
    if (ranges_.size() < kMathRangesMax) {
      return ranges_.emplace_back(
          RangeFacts{.data = range, .counts = {}, .serial_correlation = {}, .monte_carlo_pi = {}});
    }
    RangeFacts& slot = ranges_[next_];
    next_ = (next_ + 1) % kMathRangesMax;
    slot = RangeFacts{.data = range, .counts = {}, .serial_correlation = {}, .monte_carlo_pi = {}};
    return slot;
  }

  static const Distribution& Counts(RangeFacts& facts) {
    if (!facts.counts) {
      facts.counts = CountBytes(facts.data);
    }
    return *facts.counts;
  }

  std::vector<RangeFacts> ranges_;
  std::size_t next_ = 0;
  ResultRing results_;
};

}  // namespace

std::unique_ptr<module::Module> CreateMathModule() {
  return module::MakeModule(kRoot, module::Format::kAny,
                            [] { return std::make_unique<MathInstance>(); });
}

}  // namespace day::rules::modules::basic
