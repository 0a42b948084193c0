#include "libs/formats/authenticode/authenticode.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <array>
#include <limits>
#include <utility>

#include "libs/formats/authenticode/certificates.h"
#include "libs/formats/authenticode/countersignatures.h"
#include "libs/formats/authenticode/openssl.h"

namespace day::formats::authenticode {
namespace {

constexpr const char* kOidIndirectData = "1.3.6.1.4.1.311.2.1.4";
constexpr const char* kOidOpusInfo = "1.3.6.1.4.1.311.2.1.12";
constexpr const char* kOidNestedSignature = "1.3.6.1.4.1.311.2.4.1";
constexpr const char* kOidTimestampToken = "1.3.6.1.4.1.311.3.3.1";
constexpr const char* kOidPkcs9Countersignature = "1.2.840.113549.1.9.6";

// How far reading got. A later finding may replace an earlier one: see CheckFileDigest.
enum class State : std::uint8_t {
  kValid,
  kUnreadable,  // YARA leaves these signatures out
  kInvalid,     // these it lists, unverified
};

struct Parsed {
  Signature signature;
  State state = State::kValid;
  std::string digest;  // as signed, in bytes
  std::vector<std::vector<std::byte>> nested;
};

// A WIN_CERTIFICATE's content or the value of a nested signature's attribute, yet to be read.
struct Pending {
  std::vector<std::byte> owned;
  base::Bytes der;
  std::size_t depth = 0;
};

template <typename Visit>
void ForEachValue(const STACK_OF(X509_ATTRIBUTE) * attributes, const char* oid, Visit visit) {
  X509_ATTRIBUTE* attribute = FindAttribute(attributes, oid);
  const int count =
      std::min(X509_ATTRIBUTE_count(attribute), static_cast<int>(kAttributeValuesMax));
  for (int i = 0; i < count; ++i) {
    const auto bytes = BytesOf(X509_ATTRIBUTE_get0_type(attribute, i));
    if (bytes) {
      visit(*bytes);
    }
  }
}

// The bytes that are signed: SpcIndirectDataContent with its header.
std::optional<base::Bytes> ContentOf(const PKCS7* pkcs7) {
  const PKCS7* content = pkcs7->d.sign->contents;
  const OwnedObject type(OBJ_txt2obj(kOidIndirectData, 1));
  if (content == nullptr || type == nullptr || OBJ_cmp(content->type, type.get()) != 0) {
    return std::nullopt;
  }
  return BytesOf(content->d.other);
}

std::optional<std::string> ProgramName(const ASN1_TYPE* attribute) {
  const auto der = BytesOf(attribute);
  const OwnedOpusInfo info = der ? ParseOpusInfo(*der) : nullptr;
  if (info == nullptr || info->program_name == nullptr) {
    return std::nullopt;
  }
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, info->program_name->value.any);
  std::optional<std::string> name;
  if (size >= 0) {
    if (static_cast<std::size_t>(size) < der->size()) {
      name.emplace(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    }
    OPENSSL_free(utf8);
  }
  return name;
}

// True if the signer's key signed the content.
bool VerifySigner(PKCS7* pkcs7, base::Bytes content, PKCS7_SIGNER_INFO* info, X509* signer) {
  // PKCS#7 signs the content's value without tag and length.
  const unsigned char* data = reinterpret_cast<const unsigned char*>(content.data());
  long size = static_cast<long>(content.size());
  std::uint64_t version = 0;
  ASN1_INTEGER_get_uint64(&version, pkcs7->d.sign->version);
  if (version == 1) {
    int tag = 0;
    int tag_class = 0;
    const int flags = ASN1_get_object(&data, &size, &tag, &tag_class, size);
    if ((flags & 0x80) != 0) {
      return false;
    }
  }
  BIO* source = BIO_new_mem_buf(data, static_cast<int>(size));
  const OwnedBio bio(source != nullptr ? PKCS7_dataInit(pkcs7, source) : nullptr);
  if (bio == nullptr) {
    BIO_free(source);
    return false;
  }
  Drain(bio.get());
  return PKCS7_signatureVerify(bio.get(), pkcs7, info, signer) == 1;
}

// Countersignatures, nested signatures, the chain, the signer's own digest.
State ReadSigner(PKCS7* pkcs7, base::Bytes content, Parsed& out) {
  Signature& signature = out.signature;
  STACK_OF(X509)* certificates = pkcs7->d.sign->cert;
  PKCS7_SIGNER_INFO* info = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(pkcs7), 0);
  signature.has_signer = true;
  if (info == nullptr) {
    return State::kUnreadable;
  }
  ForEachValue(info->unauth_attr, kOidNestedSignature,
               [&](base::Bytes der) { out.nested.emplace_back(der.begin(), der.end()); });
  ForEachValue(info->unauth_attr, kOidPkcs9Countersignature, [&](base::Bytes der) {
    signature.countersignatures.push_back(
        ReadPkcs9Countersignature(der, certificates, info->enc_digest));
  });
  ForEachValue(info->unauth_attr, kOidTimestampToken, [&](base::Bytes der) {
    TimestampToken token = ReadTimestampToken(der, info->enc_digest);
    signature.countersignatures.push_back(std::move(token.countersignature));
    std::move(token.certificates.begin(), token.certificates.end(),
              std::back_inserter(signature.certificates));
  });
  const BorrowedCertificates signers(PKCS7_get0_signers(pkcs7, certificates, 0));
  X509* signer = sk_X509_value(signers.get(), 0);
  if (signer == nullptr) {
    return State::kUnreadable;
  }
  signature.chain = BuildChain(signer, certificates);
  const auto digest = BytesOf(PKCS7_get_signed_attribute(info, NID_pkcs9_messageDigest));
  if (!digest) {
    return State::kInvalid;
  }
  signature.signer_digest_alg = AlgorithmName(info->digest_alg->algorithm);
  if (!digest->empty()) {
    signature.signer_digest = base::ToHex(*digest);
  }
  X509_ATTRIBUTE* opus = FindAttribute(info->auth_attr, kOidOpusInfo);
  signature.signer_program_name =
      ProgramName(opus != nullptr ? X509_ATTRIBUTE_get0_type(opus, 0) : nullptr);
  return VerifySigner(pkcs7, content, info, signer) ? State::kValid : State::kInvalid;
}

State ReadOne(base::Bytes der, Parsed& out) {
  const OwnedPkcs7 pkcs7(ParseDer<d2i_PKCS7>(der));
  if (pkcs7 == nullptr || !PKCS7_type_is_signed(pkcs7.get()) || pkcs7->d.sign == nullptr ||
      pkcs7->d.sign->cert == nullptr) {
    return State::kUnreadable;
  }
  Signature& signature = out.signature;
  signature.certificates = ToCertificates(pkcs7->d.sign->cert);
  const auto content = ContentOf(pkcs7.get());
  const OwnedIndirectData data = content ? ParseIndirectData(*content) : nullptr;
  if (data == nullptr) {
    return State::kInvalid;
  }
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OCTET_STRING* digest = nullptr;
  X509_SIG_get0(data->digest, &algorithm, &digest);
  signature.digest_alg = AlgorithmName(algorithm->algorithm);
  out.digest = base::AsText(BytesOf(digest));
  if (!out.digest.empty()) {
    signature.digest = base::ToHex(base::AsBytes(out.digest));
  }
  return ReadSigner(pkcs7.get(), *content, out);
}

// The file without its checksum, without the directory entry of the signatures, and without what
// follows from the first signature on.
std::optional<std::string> FileDigest(const PeLayout& layout, const EVP_MD* method) {
  constexpr std::uint64_t kChecksumSizeBytes = 4;
  constexpr std::uint64_t kEntrySizeBytes = 8;
  const std::uint64_t middle = layout.checksum_offset + kChecksumSizeBytes;
  const std::uint64_t tail = layout.directory_offset + kEntrySizeBytes;
  if (layout.table_offset <= layout.directory_offset || layout.directory_offset < middle) {
    return std::nullopt;
  }
  const base::Bytes file = layout.file;
  const std::array<base::Bytes, 3> parts = {
      base::ClippedSlice(file, 0, layout.checksum_offset),
      base::ClippedSlice(file, middle, layout.directory_offset - middle),
      layout.table_offset > tail ? base::ClippedSlice(file, tail, layout.table_offset - tail)
                                 : base::Bytes()};
  const OwnedDigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (context == nullptr || EVP_DigestInit_ex(context.get(), method, nullptr) != 1) {
    return std::nullopt;
  }
  for (const base::Bytes part : parts) {
    if (!part.empty() && EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1) {
      return std::nullopt;
    }
  }
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

// Compares the digests of all signatures with the file's. One that does not fit makes a signature
// invalid, even one that was unreadable: it is then listed, as YARA does.
void CheckFileDigests(const PeLayout& layout, std::vector<Parsed>& all) {
  for (Parsed& parsed : all) {
    const EVP_MD* method = parsed.signature.digest_alg
                               ? EVP_get_digestbyname(parsed.signature.digest_alg->c_str())
                               : nullptr;
    if (method == nullptr || parsed.digest.empty()) {
      if (parsed.state == State::kValid) {
        parsed.state = State::kInvalid;
      }
      continue;
    }
    const std::optional<std::string> digest = FileDigest(layout, method);
    if (!digest) {
      // YARA gives up here, on this signature and on looking at the others.
      if (parsed.state == State::kValid) {
        parsed.state = State::kUnreadable;
      }
      return;
    }
    parsed.signature.file_digest = base::ToHex(base::AsBytes(*digest));
    if (parsed.digest.substr(0, digest->size()) != *digest) {
      parsed.state = State::kInvalid;
    }
  }
}

// The content of the first WIN_CERTIFICATE; empty if it is not wholly in the file.
base::Bytes FirstCertificate(const PeLayout& layout) {
  constexpr std::uint32_t kHeaderSizeBytes = 8;
  const auto length = base::ReadAt<std::uint32_t>(layout.file, layout.table_offset);
  if (!length || *length <= kHeaderSizeBytes ||
      *length - kHeaderSizeBytes > std::numeric_limits<std::int32_t>::max()) {
    return {};
  }
  const auto whole = base::Slice(layout.file, layout.table_offset, *length);
  return whole ? whole->subspan(kHeaderSizeBytes) : base::Bytes();
}

}  // namespace

std::vector<Signature> ReadSignatures(const PeLayout& layout) {
  const base::Bytes first = FirstCertificate(layout);
  if (first.empty()) {
    return {};
  }
  // Depth first, in the order of the file: a signature, then what is nested in it.
  std::vector<Parsed> all;
  std::vector<Pending> pending;
  pending.push_back({{}, first, 0});
  while (!pending.empty() && all.size() < kSignatureCountMax) {
    const Pending next = std::move(pending.back());
    pending.pop_back();
    Parsed& parsed = all.emplace_back();
    parsed.state = ReadOne(next.der, parsed);
    if (next.depth >= kNestingDepthMax) {
      continue;
    }
    for (auto nested = parsed.nested.rbegin(); nested != parsed.nested.rend(); ++nested) {
      if (!nested->empty()) {
        Pending& added = pending.emplace_back();
        added.owned = std::move(*nested);
        added.der = added.owned;
        added.depth = next.depth + 1;
      }
    }
    parsed.nested.clear();
  }
  CheckFileDigests(layout, all);
  std::vector<Signature> signatures;
  for (Parsed& parsed : all) {
    if (parsed.state != State::kUnreadable) {
      parsed.signature.verified = parsed.state == State::kValid;
      signatures.push_back(std::move(parsed.signature));
    }
  }
  ERR_clear_error();
  return signatures;
}

}  // namespace day::formats::authenticode
