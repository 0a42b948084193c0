// The user's secret key: 32 random bytes in a file that only the user can read. It authenticates
// what Daylight keeps in the user's cache folder, so that whoever can write there, but cannot read
// the key, cannot make a file look scanned or slip in compiled rules. Whoever runs as the user can
// do both, and could as well replace the program.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "endpoint/scan/siphash.h"
#include "libs/base/result.h"
#include "libs/crypto/hash.h"

namespace day::endpoint::scan {

using UserKey = std::array<std::byte, 32>;

// Reads `folder`/key, or makes it (and the folder). Safe when several processes start at once.
// Errors: kPermission if others may read or write the key or it belongs to somebody else; as
// os::ErrnoError.
base::Result<UserKey> LoadUserKey(const std::string& folder);

// A key for one purpose: HMAC-SHA-256 of its name.
crypto::Sha256Digest DeriveKey(const UserKey& key, std::string_view purpose);
SipKey DeriveSipKey(const UserKey& key, std::string_view purpose);

}  // namespace day::endpoint::scan
