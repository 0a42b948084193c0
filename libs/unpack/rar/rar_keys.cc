#include "libs/unpack/rar/rar_keys.h"

#include <algorithm>

#include "libs/unpack/cipher/passwords.h"

namespace day::unpack::rar {

const RarKeys::Tried* RarKeys::Make(std::string_view password, base::Budget& budget) {
  if (!cipher::PayForKey(budget, cipher::kRar3Cost)) {
    return nullptr;
  }
  const auto key = cipher::DeriveRar3(password, base::AsBytes(*salt_));
  if (!key) {
    return nullptr;
  }
  tried_.push_back({password, *key});
  return &tried_.back();
}

const std::deque<RarKeys::Tried>& RarKeys::KeysOf(base::Bytes salt, base::Budget& budget) {
  if (salt_ != base::AsText(salt)) {
    salt_ = std::string(base::AsText(salt));
    tried_.clear();
    next_ = 0;
    if (known_) {
      (void)Make(*known_, budget);
    }
  }
  // The one that fitted last first.
  const auto known = std::find_if(tried_.begin(), tried_.end(), [this](const Tried& tried) {
    return known_ && tried.password == *known_;
  });
  if (known != tried_.end()) {
    std::iter_swap(known, tried_.begin());
  }
  return tried_;
}

// Those that mails tell are the last ones of the list, and are tried first of it.
const RarKeys::Tried* RarKeys::TryNext(base::Budget& budget) {
  const auto& well_known = cipher::kWellKnownPasswords;
  while (next_ < well_known.size() + passwords_.size()) {
    const std::size_t index = next_++;
    const std::string_view password =
        index < well_known.size()
            ? well_known[index]
            : std::string_view(passwords_[passwords_.size() - 1 - (index - well_known.size())]);
    if (password.size() <= cipher::kRarPasswordBytesMax && password != known_) {
      return Make(password, budget);
    }
  }
  return nullptr;
}

const cipher::Rar3Key* RarKeys::Known(base::Bytes salt, base::Budget& budget) {
  if (!known_) {
    return nullptr;
  }
  const std::deque<Tried>& tried = KeysOf(salt, budget);
  return !tried.empty() && tried.front().password == *known_ ? &tried.front().key : nullptr;
}

}  // namespace day::unpack::rar
