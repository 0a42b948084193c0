// Databases that pass the header's checksum but are wrong everywhere else: a good one with bytes
// changed where the input says, matched against itself and against the input.
#include <cstring>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/signatures/clamav/body_format.h"
#include "libs/signatures/clamav/matcher.h"
#include "libs/signatures/clamav/testing/open_copy.h"

namespace {

namespace clamav = day::signatures::clamav;
using day::base::Bytes;

std::string MakeGoodDatabase() {
  clamav::BodyBuilder builder;
  (void)builder.AddFile("a.ldb",
                        "a;Target:0;0&1>1;616161(62|6363)62;6364??6566::iwaf\n"
                        "b;Engine:51-255,Target:1,FileSize:1-9999,NumberOfSections:0-9,EntryPoint:"
                        "0-99;0|1|2;EP+2:61616262;SE1:6162636465;VI:616263\n"
                        "c;Target:0;0&1&2;616263;0(>>2#hb2#>1,<9);0/a[b-e]+/gi\n"
                        "d;Target:0;0&1;616263;${0-9}3$\n"
                        "e;Engine:51-255,Target:0,Container:CL_TYPE_ZIP,Intermediates:CL_TYPE_GZ;"
                        "0=0|1;6161;!(B)6162(L)63\n");
  (void)builder.AddFile("b.ndb",
                        "f:0:*:61626364656667686970\ng:0:2,5:61*6263{2-9}6465\nh:0:$3$:646566\n"
                        "i:0:EOF-4:(61|626263|!(64|65))6667\nj:0:*:aa[2-3]616263[1-2]64\n");
  return builder.Build().value();
}

void Use(const clamav::BodyDatabase& database, Bytes data) {
  clamav::BodyMatcher matcher(database);
  day::base::BudgetLimits limits;
  limits.steps_max = 1 << 16;
  day::base::Budget budget(limits);
  clamav::ObjectFacts facts;
  facts.targets = 0xFFFFFFFF;
  const std::vector<clamav::ClamType> containers = {17, 18};
  facts.containers = containers;
  facts.program = [] {
    clamav::ProgramFacts program;
    program.parsed = true;
    program.entry_point = 3;
    program.sections = {{0, 4}, {4, 8}};
    program.version_strings = {1, 5};
    return program;
  };
  std::vector<clamav::BodyHit> hits;
  (void)matcher.Match(data, facts, std::nullopt, budget, hits);
  for (const clamav::BodyHit& hit : hits) {
    const clamav::SignatureView signature = database.signature(hit.signature);
    (void)std::string(signature.name);
    (void)std::string(database.file_name(signature.file));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string good = MakeGoodDatabase();
  const Bytes input = std::as_bytes(std::span(data, size));
  {
    const clamav::testing::AlignedCopy copy(input);
    (void)clamav::BodyDatabase::Open(copy.bytes());
  }
  std::string file = good;
  // Three bytes of place and one of content, as often as there are any.
  std::size_t at = 0;
  for (; at + 4 <= size && at < 256; at += 4) {
    const std::size_t place =
        (data[at] | std::size_t{data[at + 1]} << 8 | std::size_t{data[at + 2]} << 16) % file.size();
    file[place] = static_cast<char>(data[at + 3]);
  }
  const auto sum = day::crypto::Sha256(day::base::AsBytes(file).first(clamav::format::kSumOffset));
  std::memcpy(file.data() + clamav::format::kSumOffset, sum.data(), sum.size());
  const clamav::testing::AlignedCopy copy(day::base::AsBytes(file));
  const auto database = clamav::BodyDatabase::Open(copy.bytes());
  if (database.ok()) {
    (void)database->VerifySections();
    Use(*database, input);
    Use(*database, day::base::AsBytes("aaab aAbBcdEefc1abcdef abcde\n5abcfg aa61 abcdefghipabc"));
  }
  return 0;
}
