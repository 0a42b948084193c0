// The two kinds of countersignatures: PKCS#9 (an old timestamp) and RFC 3161 in Microsoft's
// attribute. Private to this folder.
#pragma once

#include <vector>

#include "libs/formats/authenticode/authenticode.h"
#include "libs/formats/authenticode/openssl.h"

namespace day::formats::authenticode {

// `signed_digest` is the signature that is countersigned. Input that cannot be read gives a
// countersignature that says nothing.
Countersignature ReadPkcs9Countersignature(base::Bytes der, STACK_OF(X509) * certificates,
                                           const ASN1_STRING* signed_digest);

struct TimestampToken {
  Countersignature countersignature;
  std::vector<Certificate> certificates;  // its own, which YARA lists with the signature's
};
TimestampToken ReadTimestampToken(base::Bytes der, const ASN1_STRING* signed_digest);

}  // namespace day::formats::authenticode
