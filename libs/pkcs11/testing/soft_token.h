// Tokens of SoftHSM in a folder of their own, for tests. Thread safety: one at a time in a process,
// for SoftHSM finds its configuration through the environment.
#pragma once

#include <string>

namespace day::pkcs11::testing {

class SoftTokens {
 public:
  // Where SoftHSM's module is; ends the test program if it is nowhere.
  static std::string ModulePath();

  SoftTokens();
  // Deletes the folder.
  ~SoftTokens();
  SoftTokens(const SoftTokens&) = delete;
  SoftTokens& operator=(const SoftTokens&) = delete;

  const std::string& folder() const { return folder_; }
  // Writes the configuration anew, with further lines.
  void Configure(const std::string& more) const;
  // A new token with a user PIN.
  void Add(const std::string& label, const std::string& pin) const;

 private:
  std::string folder_;
};

}  // namespace day::pkcs11::testing
