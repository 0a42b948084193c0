#include "libs/rules/modules/cuckoo/cuckoo_module.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::cuckoo {
namespace {

using module::Arg;
using module::ModuleProbe;
using module::StdRegexArgument;

constexpr std::string_view kReport = R"({
  "network": {
    "domains": [{"ip": "192.0.2.1", "domain": "foo.example"}, {"ip": 7, "domain": "bad.example"}],
    "dns": [{"ip": "192.0.2.2", "hostname": "old.example"}],
    "http": [{"uri": "http://a.example/x", "method": "GeT", "user-agent": "Agent"},
             {"uri": "http://b.example/y", "method": "POST"},
             {"uri": "http://c.example/z", "method": "PUT"}],
    "hosts": ["192.0.2.3", 5, null],
    "tcp": [{"dport": 443, "dst": "192.0.2.4"}, {"dport": 80.5, "dst": "192.0.2.9"}],
    "udp": [{"dport": 53, "dst": "192.0.2.5"}]},
  "behavior": {"summary": {"keys": ["HKLM\\x"], "files": ["C:\\f.exe"], "mutexes": ["mu\u0000tex"]}}
})";

class CuckooModule : public ::testing::Test {
 protected:
  std::optional<std::int64_t> Ask(std::string_view function, const std::string& pattern) {
    const StdRegexArgument regex(pattern);
    return probe_.CallInteger(function, {Arg(regex)});
  }
  std::optional<std::int64_t> Ask(std::string_view function, const std::string& pattern, int port) {
    const StdRegexArgument regex(pattern);
    return probe_.CallInteger(function, {Arg(regex), Arg(port)});
  }
  ModuleProbe probe_{CreateCuckooModule()};
};

TEST_F(CuckooModule, AnswersFromTheReport) {
  probe_.Bind("file", kReport);
  EXPECT_EQ(Ask("network.dns_lookup", "foo\\."), 1);
  EXPECT_EQ(Ask("network.dns_lookup", "old"), 0) << "domains hide dns";
  EXPECT_EQ(Ask("network.dns_lookup", "bad"), 0) << "ip must be a string";
  EXPECT_EQ(Ask("network.http_get", "a\\.example"), 1);
  EXPECT_EQ(Ask("network.http_post", "a\\.example"), 0);
  EXPECT_EQ(Ask("network.http_post", "b\\.example"), 1);
  EXPECT_EQ(Ask("network.http_request", "b\\.example"), 1);
  EXPECT_EQ(Ask("network.http_request", "c\\.example"), 0);
  EXPECT_EQ(Ask("network.http_user_agent", "^Agent$"), 1);
  EXPECT_EQ(Ask("network.host", "2\\.3$"), 1);
  EXPECT_EQ(Ask("network.host", "x*"), 0) << "an empty match is no match";
  EXPECT_EQ(Ask("network.tcp", "2\\.4", 443), 1);
  EXPECT_EQ(Ask("network.tcp", "2\\.4", 80), 0);
  EXPECT_EQ(Ask("network.tcp", "2\\.9", 80), 0) << "the port must be an integer";
  EXPECT_EQ(Ask("network.udp", "2\\.5", 53), 1);
  EXPECT_EQ(Ask("registry.key_access", "HKLM"), 1);
  EXPECT_EQ(Ask("filesystem.file_access", "f\\.exe$"), 1);
  EXPECT_EQ(Ask("sync.mutex", "^mu$"), 1) << "texts end at a zero byte";
}

TEST_F(CuckooModule, OlderReportsHaveDns) {
  probe_.Bind("", R"({"network": {"dns": [{"ip": "1", "hostname": "old.example"}]}})");
  EXPECT_EQ(Ask("network.dns_lookup", "old"), 1);
}

TEST_F(CuckooModule, WithoutAReportNothingHappened) {
  probe_.Bind("file");
  EXPECT_EQ(Ask("network.host", "."), 0);
  EXPECT_EQ(Ask("sync.mutex", "."), 0);
}

TEST_F(CuckooModule, ABrokenReportIsUndefinedAndReported) {
  probe_.Bind("file", "{\"network\": ");
  EXPECT_EQ(Ask("network.host", "."), std::nullopt);
  EXPECT_EQ(CheckReport(base::AsBytes("{\"a\": ")).error().kind, base::ErrorKind::kMalformed);
  EXPECT_EQ(CheckReport(base::AsBytes("7")).error().kind, base::ErrorKind::kMalformed);
  EXPECT_TRUE(CheckReport(base::AsBytes("{}")).ok());
}

TEST_F(CuckooModule, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(CheckReport(base::AsBytes(nested(kReportDepthMax))).ok());
  EXPECT_EQ(CheckReport(base::AsBytes(nested(kReportDepthMax + 1))).error().kind,
            base::ErrorKind::kLimit);
  EXPECT_EQ(CheckReport(base::AsBytes(std::string(1 << 20, '['))).error().kind,
            base::ErrorKind::kLimit);
  EXPECT_TRUE(CheckReport(base::AsBytes("[\"" + std::string(5000, '[') + "\\\"\"]")).ok())
      << "brackets in strings do not nest";
}

TEST_F(CuckooModule, OddShapesAreNoMatch) {
  for (const char* report :
       {"[]", "{\"network\": 5}", "{\"network\": {\"http\": {}, \"tcp\": [5, null, []]}}",
        "{\"behavior\": []}", "{\"network\": {\"domains\": null, \"dns\": [{}]}}"}) {
    probe_.Bind("", report);
    EXPECT_EQ(Ask("network.http_get", "."), 0) << report;
    EXPECT_EQ(Ask("network.tcp", ".", 5), 0) << report;
    EXPECT_EQ(Ask("network.dns_lookup", "."), 0) << report;
    EXPECT_EQ(Ask("sync.mutex", "."), 0) << report;
  }
}

}  // namespace
}  // namespace day::rules::modules::cuckoo
