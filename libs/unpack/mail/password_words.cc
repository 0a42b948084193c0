#include "libs/unpack/mail/password_words.h"

#include <algorithm>
#include <bitset>

namespace day::unpack::mail {
namespace {

// In lower case; letters beyond ASCII as they are mostly written.
constexpr std::string_view kWords[] = {
    "password",
    "passwort",
    "passcode",
    "passwd",
    "pass code",
    "kennwort",
    "mot de passe",
    "contrase\xC3\xB1"
    "a",
    "contrasena",
    "clave",
    "senha",
    "parola",
    "has\xC5\x82o",
    "haslo",
    "wachtwoord",
    "heslo",
    "lozinka",
    "jelsz\xC3\xB3",
    "l\xC3\xB6senord",
    "losenord",
    "adgangskode",
    "passord",
    "salasana",
    "\xC5\x9Fifre",
    "sifre",
    "pwd",
    "\xD0\xBF\xD0\xB0\xD1\x80\xD0\xBE\xD0\xBB\xD1\x8C",  // parol', small and with a capital
    "\xD0\x9F\xD0\xB0\xD1\x80\xD0\xBE\xD0\xBB\xD1\x8C",
    "\xE5\xAF\x86\xE7\xA0\x81",
    "\xE5\xAF\x86\xE7\xA2\xBC",                                      // Chinese
    "\xE3\x83\x91\xE3\x82\xB9\xE3\x83\xAF\xE3\x83\xBC\xE3\x83\x89",  // Japanese
    "\xEB\xB9\x84\xEB\xB0\x80\xEB\xB2\x88\xED\x98\xB8",              // Korean
};
// Words that stand between, and are none.
constexpr std::string_view kBetween[] = {
    "is",      "for",  "to",         "the",  "ist",   "lautet",     "est",  "es",
    "is:",     "will", "be",         "zip",  "file",  "der",        "des",  "archiv",
    "archive", "de",   "la",         "para", "per",   "il",         "open", "und",
    "and",     "fuer", "f\xC3\xBCr", "zum",  "datei", "attachment", "your", "this"};
constexpr std::string_view kWideColon = "\xEF\xBC\x9A";
constexpr std::size_t kLineBytesMax = 200;
constexpr std::size_t kWordsBetweenMax = 6;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool StartsWithWord(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == Lower(b); });
}

// The rest of the line, without tags and with blanks for what stands for one.
std::string LineBehind(std::string_view text) {
  std::string line;
  bool in_tag = false;
  for (std::size_t i = 0; i < std::min(text.size(), 2 * kLineBytesMax); ++i) {
    const char c = text[i];
    if (c == '\n' && line.find_first_not_of(" :=") != std::string::npos) {
      break;
    }
    if (c == '<' || in_tag) {
      in_tag = c != '>';
    } else if (text.substr(i).starts_with("&nbsp;")) {
      line += ' ';
      i += 5;
    } else if (text.substr(i).starts_with(kWideColon)) {
      line += ':';
      i += kWideColon.size() - 1;
    } else {
      line += c < ' ' && c >= 0 ? ' ' : c;
    }
  }
  line.resize(std::min(line.size(), kLineBytesMax));
  return line;
}

void Add(std::string_view word, std::vector<std::string>& passwords) {
  if (word.empty() || word.size() > kPasswordBytesMax || passwords.size() >= kCandidatesMax ||
      std::find(passwords.begin(), passwords.end(), word) != passwords.end()) {
    return;
  }
  passwords.emplace_back(word);
}

// A word with what may be around it.
void AddReadings(std::string_view word, std::vector<std::string>& passwords) {
  constexpr std::string_view kQuotes = "\"'`([{<>";
  constexpr std::string_view kEnds = "\"'`)]}<>.,;!?";
  word.remove_prefix(std::min(word.find_first_not_of(kQuotes), word.size()));
  Add(word, passwords);
  Add(word.substr(0, word.find_last_not_of(kEnds) + 1), passwords);
}

bool IsBetween(std::string_view word) {
  return std::any_of(std::begin(kBetween), std::end(kBetween), [&](std::string_view between) {
    return between.size() == word.size() && StartsWithWord(word, between);
  });
}

// The first word, but for those between.
void AddFirst(std::string_view line, std::vector<std::string>& passwords) {
  constexpr std::string_view kBlanks = " :=-";
  for (std::size_t i = 0; i < kWordsBetweenMax && !line.empty(); ++i) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view word = line.substr(0, line.find(' '));
    if (!IsBetween(word)) {
      AddReadings(word, passwords);
      return;
    }
    line.remove_prefix(word.size());
  }
}

void AddBehind(std::string_view text, std::vector<std::string>& passwords) {
  const std::string line = LineBehind(text);
  if (const std::size_t colon = line.find_first_of(":="); colon != std::string::npos) {
    AddFirst(std::string_view(line).substr(colon + 1), passwords);
  }
  // "password 1234", and a plural's or a case's ending behind the word.
  std::string_view rest = line;
  rest.remove_prefix(std::min(rest.find_first_of(" :="), rest.size()));
  AddFirst(rest, passwords);
}

// Which of the first three bytes of words there are: texts are the most common parts of all.
constexpr std::size_t kStartBits = 4096;
inline std::size_t StartOf(const char* text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(Lower(text[i])); };
  return (byte(0) * 769u ^ byte(1) * 97u ^ byte(2) * 13u) % kStartBits;
}

// Bytes with which words start.
std::bitset<256> Firsts() {
  std::bitset<256> firsts;
  for (const std::string_view word : kWords) {
    const char first = word.front();
    firsts.set(static_cast<unsigned char>(first));
    firsts.set(static_cast<unsigned char>(first >= 'a' && first <= 'z' ? first & ~0x20 : first));
  }
  return firsts;
}

std::bitset<kStartBits> Starts() {
  std::bitset<kStartBits> starts;
  for (const std::string_view word : kWords) {
    starts.set(StartOf(word.data()));
  }
  return starts;
}

}  // namespace

void AddPasswords(std::string_view text, std::vector<std::string>& passwords) {
  static const std::bitset<kStartBits> kStarts = Starts();
  static const std::bitset<256> kFirsts = Firsts();
  text = text.substr(0, kTextBytesMax);
  for (std::size_t i = 0; i + 3 <= text.size() && passwords.size() < kCandidatesMax; ++i) {
    if (!kFirsts[static_cast<unsigned char>(text[i])] || !kStarts[StartOf(&text[i])]) {
      continue;
    }
    for (const std::string_view word : kWords) {
      if (StartsWithWord(text.substr(i), word)) {
        AddBehind(text.substr(i + word.size()), passwords);
        i += word.size() - 1;
        break;
      }
    }
  }
}

}  // namespace day::unpack::mail
