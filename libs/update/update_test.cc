#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "libs/base/base64.h"
#include "libs/crypto/hash.h"
#include "libs/update/bundle.h"
#include "libs/update/delta.h"
#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "libs/update/testing/world.h"
#include "libs/update/upd.h"
#include "libs/wire/json.h"

namespace day::update {
namespace {

using base::AsBytes;
using base::ErrorKind;
using wire::Json;

Json Vectors(const std::string& name) {
  std::ifstream in(std::string(DAYLIGHT_SOURCE_DIR) + "/api/vectors/update/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return wire::ParseJson(AsBytes(text.str()), {}).value();
}

TEST(Bundle, OneSpelling) {
  const Bundle bundle{.engine = 3,
                      .files = {{"b.yar", "rule b"}, {"a/c.hsb", ""}, {"a.yar", "x\n"}}};
  const std::string bytes = EncodeBundle(bundle).value();
  EXPECT_EQ(DecodeBundle(AsBytes(bytes)).value(), bundle);
  EXPECT_EQ(EncodeBundle(DecodeBundle(AsBytes(bytes)).value()).value(), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto decoded = DecodeBundle(AsBytes(changed));
    EXPECT_TRUE(!decoded.ok() || EncodeBundle(*decoded).value() == changed) << i;
  }
  EXPECT_FALSE(DecodeBundle(AsBytes(bytes + "x")).ok());
  EXPECT_EQ(DecodeBundle(AsBytes(bytes).first(bytes.size() - 1)).error().kind,
            ErrorKind::kTruncated);
}

TEST(Bundle, PathsStayInTheirFolder) {
  for (const char* path : {"a", "a/b.yar", "A-1_x.y/z"}) {
    EXPECT_TRUE(IsBundlePath(path)) << path;
  }
  for (const char* path :
       {"", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a/.b", "a b", "a\\b", "\xC3\xA9"}) {
    EXPECT_FALSE(IsBundlePath(path)) << path;
    EXPECT_FALSE(EncodeBundle({.engine = 1, .files = {{path, ""}}}).ok());
  }
}

TEST(Vectors, Bundles) {
  const Json vectors = Vectors("bundle.json");
  for (const Json& vector : vectors.items()) {
    const std::string bytes = base::FromHex(vector.Find("hex")->text()).value();
    const auto decoded = DecodeBundle(AsBytes(bytes));
    ASSERT_EQ(decoded.ok(), vector.Find("valid")->boolean()) << vector.Find("about")->text();
    if (decoded.ok()) {
      EXPECT_EQ(crypto::Sha256Hex(AsBytes(EncodeBundle(*decoded).value())),
                vector.Find("sha256")->text());
    }
  }
}

TEST(Dsse, TheProtocolsOwnVector) {
  EXPECT_EQ(PreAuthEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Dsse, KeysCountOnceAndUrlSafeBase64IsRead) {
  DsseEnvelope envelope;
  envelope.payload_type = "text/plain";
  envelope.payload = "\xfb\xff\xfe";
  tuf::Keys keys;
  tuf::RoleKeys role;
  for (const int number : {1, 2}) {
    ASSERT_TRUE(SignDsse(testing::WorldKey(number), &envelope).ok());
    const tuf::Key key = tuf::MakeKey(testing::WorldKey(number).public_key());
    keys[tuf::KeyId(key)] = key;
    role.key_ids.push_back(tuf::KeyId(key));
  }
  ASSERT_TRUE(SignDsse(testing::WorldKey(1), &envelope).ok());  // replaces its own
  EXPECT_EQ(envelope.signatures.size(), 2u);
  keys["alias"] = tuf::MakeKey(testing::WorldKey(1).public_key());
  role.key_ids.push_back("alias");
  envelope.signatures.push_back({"alias", envelope.signatures[0].signature});
  envelope.signatures.push_back({"alias", envelope.signatures[1].signature});
  EXPECT_EQ(CountSigners(envelope, keys, role), 2);
  std::string text = WriteDsse(envelope);
  EXPECT_EQ(WriteDsse(ParseDsse(AsBytes(text)).value()), text);
  std::string safe = text;
  const std::size_t at = safe.find("+//+");
  ASSERT_NE(at, std::string::npos);
  safe.replace(at, 4, "-__-");
  EXPECT_EQ(ParseDsse(AsBytes(safe))->payload, envelope.payload);
  envelope.payload += "x";
  EXPECT_EQ(CountSigners(envelope, keys, role), 0);
}

TEST(Statement, ComesBackAndIsStrict) {
  testing::World world;
  Statement release = world.NextRelease({{"a.yar", "x"}});
  release.predicate_type = "https://daylight.example/update/bundle/v1";
  release.recalled = {std::string(64, 'a'), std::string(64, 'b')};
  const std::string text = WriteStatement(release);
  EXPECT_EQ(ParseStatement(text).value(), release);
  const auto with = [&](const char* key, Json value) {
    Json json = wire::ParseJson(AsBytes(text), {}).value();
    Json predicate = *json.Find("predicate");
    predicate.Set(key, std::move(value));
    json.Set("predicate", std::move(predicate));
    return ParseStatement(wire::WriteJson(json, wire::JsonLayout::kOneLine)).ok();
  };
  EXPECT_TRUE(with("time", Json::Integer(5)));
  EXPECT_FALSE(with("time", Json::Integer(-5)));
  EXPECT_FALSE(with("extra", Json::Integer(5)));
  EXPECT_FALSE(with("sequence", Json::Integer(0)));
  EXPECT_FALSE(with("previous", Json::Text("xyz")));
  EXPECT_FALSE(with("rollout", Json::Array()));
  EXPECT_FALSE(with("recalled", wire::ParseJson(AsBytes("[\"" + std::string(64, 'b') + "\",\"" +
                                                        std::string(64, 'a') + "\"]"),
                                                {})
                                    .value()));
  Json json = wire::ParseJson(AsBytes(text), {}).value();
  json.Set("predicateType", Json::Text("https://daylight.example/update/other/v1"));
  EXPECT_EQ(ParseStatement(wire::WriteJson(json, wire::JsonLayout::kOneLine))->kind,
            StatementKind::kUnknown);
}

TEST(Vectors, Envelopes) {
  const Json vectors = Vectors("dsse.json");
  for (const Json& vector : vectors.items()) {
    const auto envelope = ParseDsse(AsBytes(vector.Find("envelope")->text()));
    ASSERT_EQ(envelope.ok(), vector.Find("valid")->boolean()) << vector.Find("about")->text();
    if (!envelope.ok()) {
      continue;
    }
    EXPECT_EQ(envelope->payload_type, vector.Find("payload_type")->text());
    EXPECT_EQ(base::ToHex(AsBytes(envelope->payload)), vector.Find("payload_hex")->text());
    EXPECT_EQ(base::ToHex(AsBytes(PreAuthEncoding(envelope->payload_type, envelope->payload))),
              vector.Find("pae_hex")->text());
    const auto& signatures = vector.Find("signatures")->items();
    ASSERT_EQ(envelope->signatures.size(), signatures.size());
    for (std::size_t i = 0; i < signatures.size(); ++i) {
      EXPECT_EQ(envelope->signatures[i].key_id, signatures[i].items()[0].text());
      EXPECT_EQ(base::ToHex(AsBytes(envelope->signatures[i].signature)),
                signatures[i].items()[1].text());
    }
  }
}

TEST(Vectors, Statements) {
  const Json vectors = Vectors("statement.json");
  for (const Json& vector : vectors.items()) {
    const std::string& payload = vector.Find("payload")->text();
    const auto statement = ParseStatement(payload);
    ASSERT_EQ(statement.ok(), vector.Find("valid")->boolean()) << payload;
    if (statement.ok()) {
      EXPECT_EQ(StatementKindName(statement->kind), vector.Find("kind")->text());
      EXPECT_EQ(RoleOf(*statement), vector.Find("role")->text());
      if (statement->kind != StatementKind::kUnknown) {
        EXPECT_EQ(WriteStatement(*statement), payload);
      }
    }
  }
}

TEST(Vectors, Rings) {
  const Json vectors = Vectors("ring.json");
  for (const Json& vector : vectors.items()) {
    EXPECT_EQ(RingOf(base::FromHex(vector.Find("secret_hex")->text()).value(),
                     vector.Find("sha256")->text()),
              vector.Find("ring")->integer());
  }
}

TEST(Rollout, DelaysFollowTheCurve) {
  Statement release;
  release.rollout = {{1, 0}, {10, 3600}, {100, 21600}};
  EXPECT_EQ(DelayOf(release, 0), 0u);
  EXPECT_EQ(DelayOf(release, 1), 3600u);
  EXPECT_EQ(DelayOf(release, 9), 3600u);
  EXPECT_EQ(DelayOf(release, 10), 21600u);
  EXPECT_EQ(DelayOf(release, 99), 21600u);
  release.emergency = true;
  EXPECT_EQ(DelayOf(release, 99), 0u);
}

TEST(Delta, BoundedAndExact) {
  const std::string base(100'000, 'a');
  const std::string content = base + "b";
  const std::string delta = Compress(AsBytes(base), AsBytes(content)).value();
  EXPECT_LT(delta.size(), 100u);
  EXPECT_EQ(Decompress(AsBytes(base), AsBytes(delta), content.size()).value(), content);
  EXPECT_FALSE(Decompress(AsBytes(base), AsBytes(delta), content.size() - 1).ok());
  EXPECT_FALSE(Decompress(AsBytes(base), AsBytes(delta), content.size() + 1).ok());
  EXPECT_EQ(Decompress({}, {}, 1ull << 40).error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(Decompress({}, AsBytes("junk"), 10).ok());
}

TEST(Upd, ComesBack) {
  testing::World world;
  world.Release({{"a.yar", "x"}});
  world.Release({{"a.yar", "y"}});
  const std::string bytes = EncodeUpd(world.MakeUpd(0, 1));
  EXPECT_EQ(EncodeUpd(DecodeUpd(AsBytes(bytes)).value()), bytes);
}

}  // namespace
}  // namespace day::update
