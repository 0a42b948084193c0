#include "libs/tuf/metadata.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "libs/crypto/hash.h"

namespace day::tuf {
namespace {

using base::AsBytes;
using base::ErrorKind;
using wire::Json;

Json Parse(std::string_view text) { return wire::ParseJson(AsBytes(text), {}).value(); }

Json Vectors(const std::string& name) {
  std::ifstream in(std::string(DAYLIGHT_SOURCE_DIR) + "/api/vectors/tuf/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return Parse(text.str());
}

TEST(Time, BothWaysAndStrict) {
  for (const auto& [text, time] : {std::pair{"1970-01-01T00:00:00Z", Time{0}},
                                   {"2000-02-29T23:59:59Z", 951868799},
                                   {"2026-11-22T16:00:00Z", 1795363200},
                                   {"1969-12-31T23:59:59Z", -1},
                                   {"9999-12-31T23:59:59Z", 253402300799},
                                   {"0000-03-01T00:00:00Z", -62162035200}}) {
    EXPECT_EQ(ParseTime(text).value(), time);
    EXPECT_EQ(TimeText(time), text);
  }
  for (const char* text :
       {"", "2026-11-22T16:00:00", "2026-11-22T16:00:00+00:00", "2026-11-22 16:00:00Z",
        "2026-11-22T16:00:00.5Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "-026-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
  }
}

TEST(Vectors, Patterns) {
  const Json vectors = Vectors("patterns.json");
  ASSERT_GT(vectors.items().size(), 20u);
  for (const Json& vector : vectors.items()) {
    const std::string& pattern = vector.Find("pattern")->text();
    const std::string& path = vector.Find("path")->text();
    EXPECT_EQ(MatchesPattern(pattern, path), vector.Find("matches")->boolean())
        << pattern << " " << path;
  }
}

TEST(Patterns, HostileOnesTakeBoundedTime) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(MatchesPattern(pattern + "b", std::string(20'000, 'a')));
}

TEST(Vectors, CanonicalJsonAndKeyIdentifiers) {
  const Json vectors = Vectors("canonical.json");
  ASSERT_GT(vectors.items().size(), 5u);
  for (const Json& vector : vectors.items()) {
    const std::string canonical = wire::CanonicalJson(*vector.Find("value"));
    EXPECT_EQ(base::ToHex(AsBytes(canonical)), vector.Find("canonical_hex")->text());
    EXPECT_EQ(crypto::Sha256Hex(AsBytes(canonical)), vector.Find("sha256")->text());
  }
}

constexpr const char* kRoot = R"({"_type":"root","spec_version":"1.0.34","version":3,
  "expires":"2030-01-01T00:00:00Z","consistent_snapshot":true,"x":[1],
  "keys":{"k":{"keytype":"ed25519","scheme":"ed25519","y":1,"keyval":{"public":"00","z":2}}},
  "roles":{"root":{"keyids":["k"],"threshold":1,"w":{}},"timestamp":{"keyids":[],"threshold":1},
  "snapshot":{"keyids":[],"threshold":1},"targets":{"keyids":[],"threshold":1},"mirrors":{"a":1}}})";

TEST(Metadata, NothingIsLostOnTheWay) {
  const Json root = Parse(kRoot);
  EXPECT_EQ(ToJson(ParseRoot(root).value()), root);
  const Json timestamp = Parse(
      R"({"_type":"timestamp","spec_version":"1.0","version":1,"expires":"2030-01-01T00:00:00Z",
      "meta":{"snapshot.json":{"version":4,"length":5,"hashes":{"sha256":"aa"},"q":0},"o":{}},"e":1})");
  EXPECT_EQ(ToJson(ParseTimestamp(timestamp).value()), timestamp);
  const Json snapshot = Parse(
      R"({"_type":"snapshot","spec_version":"1.0.31","version":1,"expires":"2030-01-01T00:00:00Z",
      "meta":{"targets.json":{"version":4},"a/b.json":{"version":1,"r":null}},"e":1})");
  EXPECT_EQ(ToJson(ParseSnapshot(snapshot).value()), snapshot);
  const Json targets = Parse(
      R"({"_type":"targets","spec_version":"1.0.31","version":1,"expires":"2030-01-01T00:00:00Z","e":1,
      "targets":{"f":{"length":0,"hashes":{"md17":"x"},"custom":{"a":[]}}},
      "delegations":{"keys":{},"d":5,"roles":[
        {"name":"r","keyids":["k"],"threshold":2,"terminating":true,"paths":["*"],"s":1},
        {"name":"q","keyids":[],"threshold":1,"terminating":false,"path_hash_prefixes":["0"]}]}})");
  EXPECT_EQ(ToJson(ParseTargets(targets).value()), targets);
}

TEST(Metadata, BrokenRootsAreRefused) {
  const auto with = [](std::string_view key, Json value) {
    Json root = Parse(kRoot);
    root.Set(key, std::move(value));
    return ParseRoot(root);
  };
  EXPECT_TRUE(with("version", Json::Integer(1)).ok());
  EXPECT_FALSE(with("version", Json::Integer(0)).ok());
  EXPECT_FALSE(with("version", Json::Text("1")).ok());
  EXPECT_FALSE(with("_type", Json::Text("targets")).ok());
  EXPECT_FALSE(with("expires", Json::Integer(1)).ok());
  EXPECT_FALSE(with("keys", Json::Array()).ok());
  EXPECT_FALSE(with("roles", Json::Object()).ok());
  EXPECT_FALSE(with("consistent_snapshot", Json::Integer(1)).ok());
  for (const char* version : {"2.0.0", "0.9", "1", "1.", "1.x", "10.0", ""}) {
    EXPECT_EQ(with("spec_version", Json::Text(version)).error().kind, ErrorKind::kUnsupported);
  }
  for (const char* key : {"version", "_type", "expires", "keys", "roles", "spec_version"}) {
    Json root = Parse(kRoot);
    root.Remove(key);
    EXPECT_FALSE(ParseRoot(root).ok()) << key;
  }
  EXPECT_EQ(ParseRoot(Json::Array()).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(ParseEnvelope(AsBytes("[]"), 100).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(ParseEnvelope(AsBytes("{\"signed\":{},\"signatures\":[]}"), 10).error().kind,
            ErrorKind::kLimit);
}

TEST(Metadata, DelegationsNeedOneFormOfPaths) {
  for (const char* paths : {"", R"(,"paths":["*"],"path_hash_prefixes":["0"])"}) {
    const std::string text =
        R"({"_type":"targets","spec_version":"1.0.31","version":1,"expires":"2030-01-01T00:00:00Z",
        "targets":{},"delegations":{"keys":{},"roles":[{"name":"r","keyids":[],"threshold":1,
        "terminating":true)" +
        std::string(paths) + "}]}}";
    EXPECT_EQ(ParseTargets(Parse(text)).error().kind, ErrorKind::kMalformed);
  }
}

}  // namespace
}  // namespace day::tuf
