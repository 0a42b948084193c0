#include "libs/formats/authenticode/authenticode.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace day::formats::authenticode {
namespace {

std::string ReadFixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/pe/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The layout of a fixture, which is always a valid 32-bit image.
PeLayout LayoutOf(const std::string& file) {
  const base::Bytes bytes = base::AsBytes(file);
  const std::uint32_t nt = *base::ReadAt<std::uint32_t>(bytes, 0x3C);
  constexpr std::uint64_t kSecurityEntry = 24 + 96 + 32;
  return {.file = bytes,
          .checksum_offset = nt + 88u,
          .directory_offset = nt + kSecurityEntry,
          .table_offset = *base::ReadAt<std::uint32_t>(bytes, nt + kSecurityEntry)};
}

std::vector<Signature> Read(const std::string& name) {
  const std::string file = ReadFixture(name);
  return ReadSignatures(LayoutOf(file));
}

TEST(Authenticode, ValidSignature) {
  const std::vector<Signature> signatures = Read("signed.exe");
  ASSERT_EQ(signatures.size(), 1u);
  const Signature& signature = signatures[0];
  EXPECT_TRUE(signature.verified);
  EXPECT_EQ(signature.digest_alg, "sha256");
  EXPECT_EQ(signature.digest, signature.file_digest);
  EXPECT_EQ(signature.signer_program_name, "Daylight fixture");
  EXPECT_EQ(signature.certificates.size(), 2u);
  ASSERT_EQ(signature.chain.size(), 2u);
  EXPECT_EQ(signature.chain[0].subject, "/C=NL/O=A/B Software/OU=One/CN=Fixture Signer");
  EXPECT_EQ(signature.chain[0].issuer, signature.chain[1].subject);
  EXPECT_EQ(signature.chain[0].serial, "00:f1:e2:d3:c4:b5:a6:97");
  EXPECT_EQ(signature.chain[0].algorithm, "sha256WithRSAEncryption");
  EXPECT_EQ(signature.chain[0].algorithm_oid, "1.2.840.113549.1.1.11");
  EXPECT_EQ(signature.chain[0].version, 3);
  EXPECT_EQ(signature.chain[0].thumbprint.size(), 40u);
  EXPECT_LT(signature.chain[0].not_before, signature.chain[0].not_after);
}

TEST(Authenticode, CountersignaturesOfBothKindsAndNesting) {
  const std::vector<Signature> nested = Read("nested.exe");
  ASSERT_EQ(nested.size(), 2u);
  EXPECT_EQ(nested[0].digest_alg, "sha1");
  EXPECT_EQ(nested[1].digest_alg, "sha256");
  EXPECT_TRUE(nested[0].verified && nested[1].verified);
  ASSERT_EQ(nested[0].countersignatures.size(), 1u);
  EXPECT_TRUE(nested[0].countersignatures[0].verified);
  EXPECT_EQ(nested[0].countersignatures[0].sign_time, 1672628645);  // 2023-01-02 03:04:05
  ASSERT_EQ(nested[1].countersignatures.size(), 1u);
  EXPECT_TRUE(nested[1].countersignatures[0].verified);
  EXPECT_EQ(nested[1].countersignatures[0].sign_time, 1704164645);  // 2024-01-02 03:04:05
  EXPECT_EQ(nested[1].countersignatures[0].chain[0].subject, "/C=NL/O=Clock/CN=Fixture Timestamps");
  // The token's own certificates are listed with the signature's.
  EXPECT_EQ(nested[1].certificates.size(), 4u);
  const std::vector<Signature> wrong = Read("wrong_timestamp.exe");
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_TRUE(wrong[0].verified);
  EXPECT_FALSE(wrong[0].countersignatures[0].verified);
}

TEST(Authenticode, WhatDoesNotVerifyIsListedButNotVerified) {
  for (const char* name :
       {"tampered.exe", "fault_message_digest.exe", "fault_no_message_digest.exe"}) {
    const std::vector<Signature> signatures = Read(name);
    ASSERT_EQ(signatures.size(), 1u) << name;
    EXPECT_FALSE(signatures[0].verified) << name;
    EXPECT_EQ(signatures[0].chain.size(), 2u) << name;
  }
}

TEST(Authenticode, WhatCannotBeReadIsLeftOut) {
  for (const char* name :
       {"fault_truncated.exe", "fault_no_signer.exe", "fault_no_certificates.exe",
        "fault_content_type.exe", "fault_no_signer_certificate.exe"}) {
    EXPECT_EQ(Read(name).size(), 0u) << name;
  }
}

TEST(Authenticode, UnreadableButForeignSignatureIsListed) {
  // YARA's order of checks: without a signer a signature is left out, unless its digest is not the
  // file's, which is found later and counts.
  std::string file = ReadFixture("fault_no_signer.exe");
  file[0x403] = static_cast<char>(file[0x403] ^ 1);
  const std::vector<Signature> signatures = ReadSignatures(LayoutOf(file));
  ASSERT_EQ(signatures.size(), 1u);
  EXPECT_FALSE(signatures[0].verified);
}

TEST(Authenticode, TableOutsideTheFile) {
  const std::string file = ReadFixture("signed.exe");
  PeLayout layout = LayoutOf(file);
  layout.table_offset = file.size();
  EXPECT_TRUE(ReadSignatures(layout).empty());
  layout.table_offset = file.size() - 9;
  EXPECT_TRUE(ReadSignatures(layout).empty());
  EXPECT_TRUE(ReadSignatures({}).empty());
}

TEST(Authenticode, AnyTruncationIsSafe) {
  const std::string file = ReadFixture("nested.exe");
  const PeLayout whole = LayoutOf(file);
  for (std::size_t size = whole.table_offset; size < file.size(); size += 97) {
    PeLayout layout = whole;
    layout.file = whole.file.first(size);
    EXPECT_TRUE(ReadSignatures(layout).empty());
  }
}

}  // namespace
}  // namespace day::formats::authenticode
