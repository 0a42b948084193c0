#include "libs/unpack/script/fold.h"

#include <algorithm>
#include <string>

#include "libs/unpack/script/decode.h"
#include "libs/unpack/script/folder.h"

namespace day::unpack::script {
namespace {

constexpr std::size_t kGuessBytes = 16 * 1024;

struct CallName {
  std::string_view name;
  Call call;
};
constexpr CallName kCalls[] = {
    {"fromcharcode", Call::kCharacters},
    {"fromcodepoint", Call::kCharacters},
    {"chr", Call::kCharacters},
    {"chr$", Call::kCharacters},
    {"chrw", Call::kCharacters},
    {"chrw$", Call::kCharacters},
    {"chrb", Call::kCharacters},
    {"unescape", Call::kUnescape},
    {"decodeuricomponent", Call::kUnescape},
    {"decodeuri", Call::kUnescape},
    {"urldecode", Call::kUnescape},
    {"rawurldecode", Call::kUnescape},
    {"atob", Call::kBase64},
    {"base64_decode", Call::kBase64},
    {"b64decode", Call::kBase64},
    {"frombase64string", Call::kBase64},
    {"hex2bin", Call::kHex},
    {"fromhex", Call::kHex},
    {"unhexlify", Call::kHex},
    {"str_rot13", Call::kRot13},
    {"strreverse", Call::kReverse},
    {"strrev", Call::kReverse},
    {"getstring", Call::kUtf8},
    {"eval", Call::kRun},
    {"execute", Call::kRun},
    {"executeglobal", Call::kRun},
    {"settimeout", Call::kRun},
    {"function", Call::kRun},
    {"assert", Call::kRun},
    {"iex", Call::kRun},
    {"expression", Call::kRun},
    {"write", Call::kRun},
};
constexpr CallName kMethods[] = {
    {"replace", Call::kReplace}, {"replaceall", Call::kReplace}, {"split", Call::kSplit},
    {"reverse", Call::kReverse}, {"join", Call::kJoin},          {"format", Call::kFormat},
    {"tostring", Call::kUtf8},   {"tochararray", Call::kSplit},
};
constexpr CallName kOperators[] = {
    {"-f", Call::kFormat},         {"-join", Call::kJoin},        {"-replace", Call::kReplace},
    {"-creplace", Call::kReplace}, {"-ireplace", Call::kReplace},
};

template <std::size_t kSize>
Call Lookup(std::string_view name, const CallName (&names)[kSize]) {
  for (const CallName& entry : names) {
    if (IsWord(name, entry.name)) {
      return entry.call;
    }
  }
  return Call::kNone;
}

}  // namespace

Call FunctionByName(std::string_view name) { return Lookup(name, kCalls); }
Call MethodByName(std::string_view name) { return Lookup(name, kMethods); }
Call OperatorByName(std::string_view name) { return Lookup(name, kOperators); }

Language GuessLanguage(std::string_view text) {
  std::string sample(text.substr(0, kGuessBytes));
  std::transform(sample.begin(), sample.end(), sample.begin(), Lower);
  const auto has = [&sample](std::string_view word) {
    return sample.find(word) != std::string::npos;
  };
  if (sample.starts_with("#!") || has("\nfi\n") || has("base64 -d") || has("| sh")) {
    return Language::kShell;
  }
  if (has("<?php") || has("<?=")) {
    return Language::kPhp;
  }
  // Words that stand for the language, and one of another that has them too.
  if ((has("chr(") || has("chrw(") || has("createobject(") || has("end sub") ||
       has("end function") || has("execute") || has("dim ")) &&
      !has("function(") && !has("var ") && !has("activexobject") && !has("{")) {
    return Language::kVbScript;
  }
  if (has("[char]") || has("-join") || has("frombase64string") || has("iex") || has("invoke-") ||
      has("new-object") || has("powershell") || has(" -f ") || has("]::")) {
    return Language::kPowerShell;
  }
  return Language::kJavaScript;
}

Folded Fold(std::string_view text, Language language, std::uint64_t work_max) {
  return Folder(text, language, work_max).Run();
}

}  // namespace day::unpack::script
