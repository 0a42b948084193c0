// From libcrypto's certificates to ours. Private to this folder.
#pragma once

#include <vector>

#include "libs/formats/authenticode/authenticode.h"
#include "libs/formats/authenticode/openssl.h"

namespace day::formats::authenticode {

Certificate ToCertificate(X509* x509);

// In the order of the stack, at most kCertificateCountMax.
std::vector<Certificate> ToCertificates(const STACK_OF(X509) * certificates);

// The chain from `signer` upwards as far as `certificates` reach, signer first. Whether anybody
// trusts its end is not asked. Empty if libcrypto makes nothing of it.
std::vector<Certificate> BuildChain(X509* signer, STACK_OF(X509) * certificates);

}  // namespace day::formats::authenticode
