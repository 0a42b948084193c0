// Public keys as tokens tell them: CKA_KEY_TYPE, CKA_EC_PARAMS and CKA_EC_POINT (PKCS #11 3.0,
// sections 2.3.5 and 2.3.6), with what older modules do otherwise.
//
// Taken: Ed25519 and P-256, named by object identifier or, for Ed25519, by the text
// "edwards25519"; the point as DER OCTET STRING, as the standard has it, or bare.
// Thread safety: functions without state.
#pragma once

#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/pkcs11/cryptoki.h"

namespace day::pkcs11 {

// Errors: kUnsupported for other keys, curves and compressed points; kMalformed.
base::Result<crypto::PublicKey> ReadPublicKey(Number key_type, std::string_view params,
                                              std::string_view point);
// CKA_EC_PARAMS for a new key: the curve's object identifier. REQUIRES: an elliptic-curve type.
std::string EcParameters(crypto::KeyType type);

}  // namespace day::pkcs11
