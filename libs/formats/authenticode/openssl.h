// Owners of libcrypto's objects, and the few ASN.1 structures of Authenticode that libcrypto lacks
// (Microsoft, "Windows Authenticode Portable Executable Signature Format"). Private to this folder.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::formats::authenticode {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Freer<kFree>>;

using OwnedPkcs7 = Owned<PKCS7, PKCS7_free>;
using OwnedCms = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;
using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OwnedSignerInfo = Owned<PKCS7_SIGNER_INFO, PKCS7_SIGNER_INFO_free>;
using OwnedStore = Owned<X509_STORE, X509_STORE_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
using OwnedDigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using OwnedKeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedTimestamp = Owned<TS_TST_INFO, TS_TST_INFO_free>;
using OwnedDigestInfo = Owned<X509_SIG, X509_SIG_free>;

// A stack that does not own its certificates.
struct StackFreer {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using BorrowedCertificates = std::unique_ptr<STACK_OF(X509), StackFreer>;
// A stack that does.
struct StackPopFreer {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using OwnedCertificates = std::unique_ptr<STACK_OF(X509), StackPopFreer>;

// SpcIndirectDataContent: what is signed. Its first part is an object and anything, which is what
// X509_ALGOR is; DigestInfo is libcrypto's X509_SIG.
struct SpcIndirectData {
  X509_ALGOR* data;
  X509_SIG* digest;
};
DECLARE_ASN1_ITEM(SpcIndirectData)
void FreeSpcIndirectData(SpcIndirectData* object);
using OwnedIndirectData = Owned<SpcIndirectData, FreeSpcIndirectData>;

// SpcString: a text in either of two kinds, told apart by tag.
struct SpcText {
  int type;
  union {
    ASN1_BMPSTRING* unicode;
    ASN1_IA5STRING* ascii;
    ASN1_STRING* any;
  } value;
};

struct SpcMoniker {
  ASN1_OCTET_STRING* class_id;
  ASN1_OCTET_STRING* serialized_data;
};

struct SpcLink {
  int type;
  union {
    ASN1_IA5STRING* url;
    SpcMoniker* moniker;
    SpcText* file;
  } value;
};

// SpcSpOpusInfo: what the signer says of the program.
struct SpcOpusInfo {
  SpcText* program_name;
  SpcLink* more_info;
};
DECLARE_ASN1_ITEM(SpcOpusInfo)
void FreeSpcOpusInfo(SpcOpusInfo* object);
using OwnedOpusInfo = Owned<SpcOpusInfo, FreeSpcOpusInfo>;

// Null if the bytes are not such a structure.
OwnedIndirectData ParseIndirectData(base::Bytes der);
OwnedOpusInfo ParseOpusInfo(base::Bytes der);

// The bytes of a string-like value; nothing for null, for booleans, nulls and object identifiers.
std::optional<base::Bytes> BytesOf(const ASN1_TYPE* value);
base::Bytes BytesOf(const ASN1_STRING* text);
// The same value as a string object, or null.
ASN1_STRING* StringOf(const ASN1_TYPE* value);

// The attribute with that dotted object identifier; null if there is none.
X509_ATTRIBUTE* FindAttribute(const STACK_OF(X509_ATTRIBUTE) * attributes, const char* oid);

// d2i_*() for a view.
template <auto kParse>
auto ParseDer(base::Bytes der) {
  const unsigned char* cursor = reinterpret_cast<const unsigned char*>(der.data());
  return kParse(nullptr, &cursor, static_cast<long>(der.size()));
}

// OpenSSL's long name of an algorithm; "undefined" if it knows none.
std::string AlgorithmName(const ASN1_OBJECT* object);

// The digest of `data`; nothing if libcrypto cannot compute it.
std::optional<std::string> DigestOf(const EVP_MD* method, base::Bytes data);

std::int64_t ToUnixTime(const ASN1_TIME* time);

// Reads a digest BIO to its end.
void Drain(BIO* bio);

}  // namespace day::formats::authenticode
