// Any bytes as a .NET program with resources, and as a resource set.
#include "libs/unpack/dotnet/resources_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace dotnet = day::unpack::dotnet;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  if (dotnet::ResourcesReader::HasResources(file)) {
    dotnet::ResourcesReader reader(file);
    parts::testing::Drain(reader, budget);
  }
  std::vector<dotnet::SetEntry> entries;
  (void)dotnet::ReadResourceSet(file, entries);
  return 0;
}
