// Reads any text as rules about certificates.
#include <cstdint>
#include <string>

#include "libs/signatures/certificates/certificate_line.h"
#include "libs/signatures/lists.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace certificates = day::signatures::certificates;
  std::string lists;
  day::signatures::AppendList("a.crb", std::string_view(reinterpret_cast<const char*>(data), size),
                              &lists);
  const certificates::CertificateRules rules = certificates::RulesIn(lists);
  if (rules.rules.size() != rules.provenances.size()) {
    __builtin_trap();
  }
  return 0;
}
