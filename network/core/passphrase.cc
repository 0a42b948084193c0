#include "network/core/passphrase.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <span>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/os/system.h"

namespace day::network::core {

using base::ErrorKind;
using base::MakeError;

namespace {

constexpr std::size_t kPassphraseFileMaxBytes = 4096;

}  // namespace

std::string AskHidden(const std::string& prompt) {
  struct termios shown = {};
  ::tcgetattr(STDIN_FILENO, &shown);
  struct termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  // Hidden before it is asked for: what is typed early is neither shown nor lost.
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  std::fputs(prompt.c_str(), stderr);
  std::string line;
  std::getline(std::cin, line);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &shown);
  std::fputs("\n", stderr);
  return line;
}

void Wipe(std::string* secret) {
  crypto::WipeMemory(std::as_writable_bytes(std::span(secret->data(), secret->size())));
  secret->clear();
}

base::Result<std::string> GetPassphrase(const PassphraseSource& source, std::string_view purpose,
                                        AskTwice twice) {
  if (!source.file.empty()) {
    DAY_TRY_ASSIGN(std::string text, os::ReadFile(source.file, kPassphraseFileMaxBytes));
    std::string line = text.substr(0, text.find_first_of("\r\n"));
    Wipe(&text);
    if (line.empty()) {
      return MakeError(ErrorKind::kPermission, source.file + ": its first line is empty");
    }
    return line;
  }
  const char* text = source.variable.empty() ? nullptr : ::secure_getenv(source.variable.c_str());
  if (text != nullptr) {
    return std::string(text);
  }
  if (!os::IsTerminal(STDIN_FILENO)) {
    const std::string or_set = source.variable.empty() ? "" : " set " + source.variable + ",";
    return MakeError(ErrorKind::kPermission,
                     fmt::format("no passphrase for {}: give --passphrase-file FILE,{} or run on a "
                                 "terminal",
                                 purpose, or_set));
  }
  std::string line = AskHidden(fmt::format("Passphrase for {}: ", purpose));
  if (twice == AskTwice::kYes && line != AskHidden("The same again: ")) {
    return MakeError(ErrorKind::kPermission, "the two passphrases differ");
  }
  if (line.empty()) {
    return MakeError(ErrorKind::kPermission, "an empty passphrase protects nothing");
  }
  return line;
}

}  // namespace day::network::core
