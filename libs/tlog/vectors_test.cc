// Every case of api/vectors/tlog/*.json, which tools/make_tlog_vectors.py makes without our code.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/base/base64.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/note.h"
#include "libs/tlog/policy.h"
#include "libs/tlog/text.h"
#include "libs/tlog/tile.h"
#include "libs/tlog/tlog_proof.h"
#include "libs/tlog/witness_message.h"

namespace day::tlog {
namespace {

using nlohmann::json;

json Load(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/api/vectors/tlog/" + name + ".json");
  EXPECT_TRUE(file.good()) << name;
  return json::parse(file);
}

Hash HashOf(const json& text) { return ParseHash(text.get<std::string>()).value(); }

std::vector<Hash> HashesOf(const json& list) {
  std::vector<Hash> out;
  for (const json& item : list) {
    out.push_back(HashOf(item));
  }
  return out;
}

TEST(Vectors, Merkle) {
  const json file = Load("merkle");
  CompactRange range;
  for (const json& item : file.at("roots")) {
    while (range.size() < item.at("size")) {
      range.Append(LeafHash(base::AsBytes("entry " + std::to_string(range.size()))));
    }
    EXPECT_EQ(range.Root(), HashOf(item.at("root")));
  }
  for (const json& item : file.at("inclusion")) {
    EXPECT_TRUE(VerifyInclusion(HashesOf(item.at("proof")), item.at("index"), item.at("size"),
                                HashOf(item.at("leaf_hash")), HashOf(item.at("root")))
                    .ok());
  }
  for (const json& item : file.at("consistency")) {
    EXPECT_TRUE(VerifyConsistency(HashesOf(item.at("proof")), item.at("old_size"),
                                  HashOf(item.at("old_root")), item.at("size"),
                                  HashOf(item.at("root")))
                    .ok());
  }
}

TEST(Vectors, Tiles) {
  const json file = Load("tiles");
  for (const json& item : file.at("paths")) {
    const TileId id{item.at("kind") == "entries" ? TileId::Kind::kEntries : TileId::Kind::kHashes,
                    item.at("level"), item.at("index"), item.at("width")};
    EXPECT_EQ(TilePath(id), item.at("path"));
    EXPECT_EQ(ParseTilePath(item.at("path").get<std::string>()), id);
  }
  for (const json& path : file.at("invalid_paths")) {
    EXPECT_EQ(ParseTilePath(path.get<std::string>()), std::nullopt) << path;
  }
  for (const json& item : file.at("tiles_of_tree")) {
    for (std::uint32_t level = 0; level < 4; ++level) {
      const json& counts = item.at("levels")[level];
      const std::uint64_t full = counts.at("full");
      EXPECT_EQ(TileWidthAt(item.at("size"), level, full), counts.at("partial"));
      EXPECT_EQ(TileWidthAt(item.at("size"), level, full + 1), 0u);
      EXPECT_TRUE(full == 0 || TileWidthAt(item.at("size"), level, full - 1) == kTileWidth);
    }
  }
  const std::string bundle = *base::FromHex(file.at("bundle").at("hex").get<std::string>());
  const auto entries = ParseBundle(base::AsBytes(bundle), 3);
  ASSERT_TRUE(entries.ok());
  std::string again;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    EXPECT_EQ(base::ToHex((*entries)[i]), file.at("bundle").at("entries_hex")[i]);
    AppendToBundle((*entries)[i], &again);
  }
  EXPECT_EQ(again, bundle);
  for (const json& item : file.at("invalid_bundles")) {
    const std::string bytes = *base::FromHex(item.at("hex").get<std::string>());
    EXPECT_FALSE(ParseBundle(base::AsBytes(bytes), item.at("width")).ok()) << item;
  }
}

TEST(Vectors, Notes) {
  const json file = Load("note");
  for (const json& item : file.at("cases")) {
    SCOPED_TRACE(item.at("name").get<std::string>());
    std::vector<VerifierKey> keys;
    for (const json& key : item.at("keys")) {
      keys.push_back(VerifierKey::Parse(key.get<std::string>()).value());
    }
    const std::string text = item.at("note");
    const auto note = ParseNote(text);
    EXPECT_EQ(note.ok(), item.value("error", "") != "parse");
    if (!note.ok()) {
      continue;
    }
    EXPECT_EQ(note->ToText(), text);
    const auto verified = VerifyNote(*note, keys);
    ASSERT_EQ(verified.ok(), item.contains("valid"));
    if (!verified.ok()) {
      continue;
    }
    std::vector<std::string> good;
    std::vector<std::string> not_verified;
    for (const auto& match : verified->good) {
      good.push_back(keys[match.key].name());
      if (item.contains("time")) {
        EXPECT_EQ(note->signatures[match.signature].CosignatureTime(), item.at("time"));
      }
    }
    for (const auto& match : verified->not_verified) {
      not_verified.push_back(keys[match.key].name());
    }
    EXPECT_EQ(json(good), item.at("valid"));
    EXPECT_EQ(json(not_verified), item.value("not_verified", json::array()));
  }
}

TEST(Vectors, Keys) {
  const json file = Load("note");
  for (const json& item : file.at("keys")) {
    const std::string vkey = item.at("vkey");
    const std::string skey = item.at("skey");
    const auto verifier = VerifierKey::Parse(vkey);
    ASSERT_TRUE(verifier.ok());
    EXPECT_EQ(verifier->ToText(), vkey);
    EXPECT_EQ(verifier->name(), item.at("name"));
    EXPECT_EQ(fmt::format("{:08x}", verifier->id()), item.at("id_hex"));
    const std::string seed = *base::FromHex(item.at("seed_hex").get<std::string>());
    const auto made = SignerKey::Create(verifier->name(), verifier->kind(), base::AsBytes(seed));
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->verifier().ToText(), vkey);
    EXPECT_EQ(base::AsText(made->RevealSecretText().RevealSecret()), skey);
    const auto parsed = SignerKey::Parse(skey);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->verifier().ToText(), vkey);
  }
  for (const json& key : file.at("invalid_keys")) {
    EXPECT_FALSE(VerifierKey::Parse(key.get<std::string>()).ok()) << key;
  }
  for (const json& item : file.at("signing")) {
    const auto signer = SignerKey::Parse(item.at("skey").get<std::string>());
    EXPECT_EQ(signer->Sign(item.at("text").get<std::string>(), item.at("time")).value(),
              item.at("line"));
    EXPECT_EQ(signer->Sign("text\n", 0).ok(), signer->verifier().kind() == KeyKind::kEd25519);
    EXPECT_FALSE(SignerKey::Parse(signer->verifier().ToText()).ok());
  }
}

TEST(Vectors, Checkpoints) {
  const json file = Load("checkpoint");
  for (const json& item : file.at("valid")) {
    const auto checkpoint = ParseCheckpoint(item.at("text").get<std::string>());
    ASSERT_TRUE(checkpoint.ok());
    EXPECT_EQ(checkpoint->origin, item.at("origin"));
    EXPECT_EQ(checkpoint->size, item.at("size"));
    EXPECT_EQ(checkpoint->root, HashOf(item.at("root")));
    EXPECT_EQ(json(checkpoint->extensions), item.at("extensions"));
    EXPECT_EQ(checkpoint->ToText(), item.at("text"));
  }
  for (const json& text : file.at("invalid")) {
    EXPECT_FALSE(ParseCheckpoint(text.get<std::string>()).ok()) << text;
  }
}

TEST(Vectors, Policies) {
  const json file = Load("policy");
  for (const json& item : file.at("cases")) {
    SCOPED_TRACE(item.at("name").get<std::string>());
    const auto policy = Policy::Parse(item.at("policy").get<std::string>());
    ASSERT_TRUE(policy.ok()) << policy.error().message;
    const auto trusted = policy->Open(item.at("note").get<std::string>());
    ASSERT_EQ(trusted.ok(), item.at("valid").get<bool>());
    if (trusted.ok()) {
      EXPECT_EQ(trusted->quorum_time_s.value_or(0), item.value("quorum_time", 0u));
      EXPECT_EQ(trusted->log, 0u);
    }
  }
  for (const json& item : file.at("invalid")) {
    EXPECT_FALSE(Policy::Parse(item.at("policy").get<std::string>()).ok()) << item;
  }
  const auto opaque = base::DecodeBase64(file.at("opaque").at("policy").get<std::string>());
  EXPECT_TRUE(Policy::Parse(*opaque).ok());
}

TEST(Vectors, Proofs) {
  const json file = Load("proof");
  const auto policy = Policy::Parse(file.at("policy").get<std::string>());
  ASSERT_TRUE(policy.ok());
  for (const json& item : file.at("cases")) {
    SCOPED_TRACE(item.at("name").get<std::string>());
    const std::string text = item.at("proof");
    const auto proof = ParseTlogProof(text);
    ASSERT_TRUE(proof.ok());
    EXPECT_EQ(proof->ToText(), text);
    const Hash leaf = LeafHash(base::AsBytes(item.at("entry").get<std::string>()));
    const auto trusted = VerifyTlogProof(*proof, leaf, *policy);
    ASSERT_EQ(trusted.ok(), item.at("valid").get<bool>());
    if (trusted.ok()) {
      EXPECT_EQ(proof->index, item.at("index"));
      EXPECT_EQ(trusted->checkpoint.size, item.at("size"));
      EXPECT_EQ(proof->extra.has_value(), item.contains("extra"));
    }
  }
  for (const json& item : file.at("malformed")) {
    EXPECT_FALSE(ParseTlogProof(item.at("proof").get<std::string>()).ok()) << item;
  }
}

// Whatever byte of a proof is changed, it is refused: nothing in it is without meaning.
TEST(Vectors, EveryByteOfAProofMatters) {
  const json file = Load("proof");
  // All four witnesses are needed here, so that none of their lines is spare.
  std::string text = file.at("policy");
  text.replace(text.find("group outside 2"), 15, "group outside 3");
  const auto policy = Policy::Parse(text);
  const json& item = file.at("cases")[3];
  const std::string good = item.at("proof");
  const Hash leaf = LeafHash(base::AsBytes(item.at("entry").get<std::string>()));
  const auto accepts = [&](const std::string& bytes) {
    const auto proof = ParseTlogProof(bytes);
    return proof.ok() && VerifyTlogProof(*proof, leaf, *policy).ok();
  };
  ASSERT_TRUE(accepts(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int change : {1, 2, 0x20, 0x80}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ change);
      EXPECT_FALSE(accepts(bad)) << i << " ^ " << change;
    }
    EXPECT_FALSE(accepts(good.substr(0, i))) << i;
  }
}

TEST(Vectors, Witness) {
  const json file = Load("witness");
  std::vector<VerifierKey> keys;
  for (const json& key : file.at("log_keys")) {
    keys.push_back(VerifierKey::Parse(key.get<std::string>()).value());
  }
  for (const json& item : file.at("cases")) {
    SCOPED_TRACE(item.at("name").get<std::string>());
    const std::string text = item.at("request");
    const auto request = ParseAddCheckpointRequest(text);
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->ToText(), text);
    const auto note = ParseCheckpointNote(request->checkpoint);
    ASSERT_TRUE(note.ok());
    const WitnessedTree last{item.at("last_size"), HashOf(item.at("last_root"))};
    EXPECT_EQ(JudgeAddCheckpoint(*request, *note, keys, last).status, item.at("status"));
    EXPECT_EQ(JudgeAddCheckpoint(*request, *note, {}, last).status, 404u);
  }
  for (const json& item : file.at("malformed")) {
    EXPECT_FALSE(ParseAddCheckpointRequest(item.at("request").get<std::string>()).ok()) << item;
  }
}

TEST(Witness, AnswersAreRead) {
  EXPECT_EQ(ParseConflictBody(ConflictBody(42)).value(), 42u);
  for (const char* bad : {"", "42", "42\n\n", " 42\n", "-1\n"}) {
    EXPECT_FALSE(ParseConflictBody(bad).ok()) << bad;
  }
  const std::string seed(32, 's');
  const auto signer =
      SignerKey::Create("w.example", KeyKind::kCosignatureEd25519, base::AsBytes(seed));
  const auto other =
      SignerKey::Create("v.example", KeyKind::kCosignatureEd25519, base::AsBytes(seed));
  const std::string line = signer->Sign("text\n", 7).value();
  const std::string both = other->Sign("text\n", 9).value() + line;
  EXPECT_EQ(TakeCosignature(both, "text\n", signer->verifier())->CosignatureTime(), 7u);
  EXPECT_EQ(TakeCosignature(both, "text\n", signer->verifier())->ToLine(), line);
  EXPECT_FALSE(TakeCosignature(both, "other\n", signer->verifier()).ok());
  EXPECT_FALSE(
      TakeCosignature(other->Sign("text\n", 9).value(), "text\n", signer->verifier()).ok());
  EXPECT_FALSE(TakeCosignature("", "text\n", signer->verifier()).ok());
}

}  // namespace
}  // namespace day::tlog
