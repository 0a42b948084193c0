// The keys of encrypted RAR 3 and 4 archives. Nothing there tells whether a password is right: what
// comes out does. Keys are made once for each salt, of which an archive mostly has one. Not
// thread-safe.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/unpack/cipher/rar_cipher.h"

namespace day::unpack::rar {

class RarKeys {
 public:
  // The passwords, which are tried behind the well-known ones, outlive this.
  explicit RarKeys(std::span<const std::string> passwords) : passwords_(passwords) {}

  // The first key for which opens(key) is true, that of the password which fitted last first.
  // Nothing if there is none, or if the budget has no more tries. Valid until the next call.
  template <typename Opens>
  const cipher::Rar3Key* Find(base::Bytes salt, base::Budget& budget, Opens&& opens) {
    for (const Tried& tried : KeysOf(salt, budget)) {
      if (opens(tried.key)) {
        known_ = tried.password;
        return &tried.key;
      }
    }
    while (const Tried* tried = TryNext(budget)) {
      if (opens(tried->key)) {
        known_ = tried->password;
        return &tried->key;
      }
    }
    return nullptr;
  }

  // The key of the password that fitted last; nothing if none did.
  const cipher::Rar3Key* Known(base::Bytes salt, base::Budget& budget);

 private:
  struct Tried {
    std::string_view password;
    cipher::Rar3Key key;
  };
  // The keys that were made for this salt.
  const std::deque<Tried>& KeysOf(base::Bytes salt, base::Budget& budget);
  const Tried* TryNext(base::Budget& budget);
  const Tried* Make(std::string_view password, base::Budget& budget);

  std::span<const std::string> passwords_;
  std::optional<std::string> salt_;
  std::deque<Tried> tried_;
  std::size_t next_ = 0;
  std::optional<std::string_view> known_;
};

}  // namespace day::unpack::rar
