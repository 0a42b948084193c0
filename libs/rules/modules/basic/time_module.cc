#include "libs/rules/modules/basic/time_module.h"

#include <chrono>
#include <utility>

#include "libs/rules/module/schema.h"

namespace day::rules::modules::basic {
namespace {

using module::Field;
using module::Value;

constexpr std::uint16_t kNow = 1;
constexpr Field kFields[] = {Always(module::Function("now", kNow, "", module::Kind::kInteger))};
constexpr Field kRoot = module::Struct("time", kFields);

class TimeInstance final : public module::FunctionsInstance {
 public:
  explicit TimeInstance(Clock clock) : clock_(std::move(clock)) {}

  Value Call(std::uint16_t, std::span<const module::Index>,
             std::span<const module::Argument>) override {
    return Value::Integer(clock_());
  }

 private:
  Clock clock_;
};

}  // namespace

std::int64_t SystemTime() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::unique_ptr<module::Module> CreateTimeModule(Clock clock) {
  return module::MakeModule(kRoot, module::Format::kAny, [clock = std::move(clock)] {
    return std::make_unique<TimeInstance>(clock);
  });
}

}  // namespace day::rules::modules::basic
