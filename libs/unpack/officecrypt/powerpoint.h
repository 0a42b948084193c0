// Presentations before 2007 that ask for a password: each object that "PowerPoint Document" lists
// is encrypted under its own number, and so is each piece of a record in "Pictures". Specification:
// [MS-PPT] 2.1.2, 2.1.3, 2.3.2 to 2.3.7, [MS-OFFCRYPTO] 2.3.5 (RC4 CryptoAPI). Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/officecrypt/rc4_key.h"

namespace day::unpack::officecrypt {

// What is looked at of a presentation's list of objects: saves that follow each other, and objects.
inline constexpr std::size_t kEditsMax = 1'000;
inline constexpr std::size_t kPersistObjectsMax = 200'000;

// Whether the stream "Current User" says so.
bool IsEncryptedPresentation(base::Bytes current_user);

class PresentationKey {
 public:
  // Errors, with the gap as message: kMalformed (no list of objects), those of Rc4Key::Find.
  static base::Result<PresentationKey> Find(base::Bytes current_user, base::Bytes document,
                                            std::span<const std::string> passwords,
                                            base::Budget& budget);

  // Overwrites `out` with a stream in the clear. False if there is no memory.
  bool DecryptDocument(base::Bytes document, inflate::OutputBuffer& out) const;
  bool DecryptPictures(base::Bytes pictures, inflate::OutputBuffer& out) const;

 private:
  struct Object {
    std::uint64_t offset = 0;
    std::uint32_t number = 0;
  };

  PresentationKey(Rc4Key key, std::vector<Object> objects)
      : key_(std::move(key)), objects_(std::move(objects)) {}

  Rc4Key key_;
  std::vector<Object> objects_;  // encrypted ones, in the order of their offsets
};

}  // namespace day::unpack::officecrypt
