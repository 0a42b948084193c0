// Fuzzes the module cuckoo: the input is a report, and every function is asked about it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "libs/rules/modules/cuckoo/cuckoo_module.h"

namespace {

using day::base::Bytes;

// Matches texts of even length, so that both branches are taken.
class EvenRegex final : public day::rules::module::RegexArgument {
 public:
  std::int64_t Search(Bytes subject) const override { return subject.size() % 2 == 0 ? 1 : -1; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::rules::module::Argument;
  using day::rules::module::Field;
  using day::rules::module::Value;
  const auto cuckoo = day::rules::modules::cuckoo::CreateCuckooModule();
  const auto instance = cuckoo->CreateInstance();
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  instance->Bind({.data = {},
                  .module_data = std::as_bytes(std::span<const std::uint8_t>(data, size)),
                  .console = &console});
  const EvenRegex regex;
  const Argument arguments[] = {{.value = {}, .regex = &regex}, {.value = Value::Integer(80)}};
  for (const Field& group : cuckoo->root().children) {
    for (const Field& function : group.children) {
      (void)instance->Call(function.id, {}, std::span(arguments, function.arguments.size()));
    }
  }
  return 0;
}
