// Reads all of .NET metadata from arbitrary bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/formats/dotnet/dotnet_reader.h"

namespace {

using day::formats::dotnet::Classes;
using day::formats::dotnet::DotnetReader;
using day::formats::dotnet::Method;

constexpr std::uint64_t kListedMax = 200;  // keeps one input fast

std::uint64_t ReadClasses(Classes& classes) {
  std::uint64_t seen = 0;
  const std::uint64_t count = std::min(classes.Count().value_or(0), kListedMax);
  for (std::uint64_t i = 0; i < count; ++i) {
    seen += classes.Get(i).full_name.value_or("").size() + classes.Get(i).base_types.size();
    const std::vector<Method>* const methods = classes.Methods(i);
    for (std::size_t m = 0; methods != nullptr && m < methods->size(); ++m) {
      seen += (*methods)[m].return_type.value_or("").size() + (*methods)[m].parameters.size();
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static DotnetReader reader;
  reader.Bind(std::as_bytes(std::span(data, size)));
  auto& metadata = reader.metadata();
  auto& tables = reader.tables();
  std::uint64_t seen = metadata.streams().size();
  for (std::uint64_t i = 0; i < metadata.GuidCount().value_or(0); ++i) {
    seen += metadata.Guid(i).size();
  }
  const std::uint64_t strings = std::min(metadata.UserStringCount().value_or(0), kListedMax);
  for (std::uint64_t i = strings; i-- > 0;) {
    seen += metadata.UserString(i).value_or("").size();
  }
  for (std::uint64_t i = 0; i < tables.AssemblyRefCount().value_or(0); ++i) {
    seen += tables.ReadAssemblyRef(i)->name.value_or("").size();
  }
  seen += tables.ResourceListLength() + tables.Constants().size() + tables.ModuleRefs().size() +
          tables.FieldOffsets().size() + tables.TypeLib().value_or("").size() +
          tables.ModuleName().value_or("").size() + (tables.ReadAssembly() ? 1U : 0U);
  seen += ReadClasses(reader.classes());
  volatile std::uint64_t sink = seen;
  (void)sink;
  return 0;
}
