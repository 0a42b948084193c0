#include "libs/unpack/pdf/actions.h"

#include <array>
#include <utility>

namespace day::unpack::pdf {
namespace {

// The entries of an action that say what it is about, with the words for them.
struct Target {
  std::string_view key;
  std::string_view label;
};
constexpr std::array<Target, 8> kTargets = {{{"URI", "URI"},
                                             {"F", "file"},
                                             {"UF", "file"},
                                             {"P", "parameters"},
                                             {"D", "destination"},
                                             {"O", "operation"},
                                             {"N", "name"},
                                             {"T", "title"}}};

constexpr std::array<std::string_view, 11> kActions = {
    "Launch",     "URI",       "SubmitForm",       "ImportData", "GoToR", "GoToE",
    "JavaScript", "Rendition", "RichMediaExecute", "Sound",      "Movie"};

// Where the key of a dictionary stands that is worth a look.
enum class Key : std::uint8_t { kNone, kScript, kAction, kFiles, kOpenAction, kTrigger };

Key KeyOf(std::string_view name) {
  const std::pair<std::string_view, Key> keys[] = {{"JS", Key::kScript},
                                                   {"S", Key::kAction},
                                                   {"EF", Key::kFiles},
                                                   {"OpenAction", Key::kOpenAction},
                                                   {"AA", Key::kTrigger}};
  if (name.size() > 3 * std::string_view("OpenAction").size()) {
    return Key::kNone;
  }
  for (const auto& [word, key] : keys) {
    if (NameIs(name, word)) {
      return key;
    }
  }
  return Key::kNone;
}

class Collector {
 public:
  Collector(const ParsedObject& parsed, const Object& object, ObjectTable& table,
            std::vector<Finding>& findings)
      : parsed_(parsed), object_(object), table_(table), findings_(findings) {}

  bool Run() {
    const auto count = static_cast<std::uint32_t>(parsed_.tokens.size());
    for (std::uint32_t i = 0; i + 1 < count; ++i) {
      const Token& token = parsed_.tokens[i];
      if (token.kind != TokenKind::kName || token.parent == Token::kNone) {
        continue;
      }
      const Key key = KeyOf(token.text);
      if (key == Key::kNone) {
        continue;
      }
      if (findings_.size() >= kFindingsMax) {
        return false;
      }
      Look(key, Value(parsed_, token.parent), Value(parsed_, i + 1));
    }
    return true;
  }

 private:
  void Add(Finding::Kind kind, std::string_view label, Value value) {
    Finding finding;
    finding.kind = kind;
    finding.label = label;
    finding.is_hex = value.Is(TokenKind::kHexString);
    if (value.IsString()) {
      finding.text = value.text();
    }
    finding.target = value.IsReference() ? value.Integer() : 0;
    finding.number = object_.number;
    finding.generation = object_.generation;
    finding.is_encrypted = !object_.in_object_stream;
    findings_.push_back(finding);
  }

  void Look(Key key, Value dictionary, Value value) {
    // Entries are looked up one by one, and a dictionary may have the same key a thousand times.
    constexpr std::uint64_t kLookUps = 16;
    if ((key == Key::kAction || key == Key::kFiles) &&
        !table_.SpendWork(kLookUps * dictionary.size())) {
      return;
    }
    switch (key) {
      case Key::kScript:
        if (value.IsString()) {
          Add(Finding::Kind::kScript, {}, value);
        } else if (value.IsReference()) {
          Add(Finding::Kind::kScriptReference, {}, value);
        }
        break;
      case Key::kAction:
        LookAtAction(dictionary, value);
        break;
      case Key::kFiles:
        LookAtFile(dictionary, value);
        break;
      case Key::kOpenAction:
        Add(Finding::Kind::kAction, "OpenAction", {});
        break;
      case Key::kTrigger:
        Add(Finding::Kind::kAction, "AA", {});
        break;
      case Key::kNone:
        break;
    }
  }

  void LookAtAction(Value action, Value type) {
    for (const std::string_view name : kActions) {
      if (!type.IsName(name)) {
        continue;
      }
      Add(Finding::Kind::kAction, name, {});
      LookAtTargets(action);
      // Launch keeps a platform's own entries apart.
      for (const std::string_view platform : {"Win", "Mac", "Unix"}) {
        LookAtTargets(action.Find(platform));
      }
      return;
    }
  }

  void LookAtTargets(Value dictionary) {
    for (const Target& target : kTargets) {
      const Value value = dictionary.Find(target.key);
      if (value.IsString() || value.IsReference()) {
        Add(Finding::Kind::kAction, target.label, value);
      } else if (value.Is(TokenKind::kDictionary)) {
        for (const std::string_view key : {"UF", "F"}) {  // a file specification
          if (const Value name = value.Find(key); name.IsString() || name.IsReference()) {
            Add(Finding::Kind::kAction, target.label, name);
          }
        }
      }
    }
  }

  // A file specification: its name is that of the streams it lists.
  void LookAtFile(Value specification, Value files) {
    Value name;
    for (const std::string_view key : {"UF", "F", "Unix", "DOS", "Mac"}) {
      name = specification.Find(key);
      if (name.IsString() || name.IsReference()) {
        break;
      }
    }
    if (!name) {
      return;
    }
    if (files.IsReference()) {
      Add(Finding::Kind::kFileNames, {}, name);
      findings_.back().stream = files.Integer();
    }
    for (Value at = files.FirstChild(); at; at = at.NextSibling()) {
      if (at.IsReference()) {
        Add(Finding::Kind::kFileName, {}, name);
        findings_.back().stream = at.Integer();
      }
    }
  }

  const ParsedObject& parsed_;
  const Object& object_;
  ObjectTable& table_;
  std::vector<Finding>& findings_;
};

}  // namespace

bool CollectFindings(const ParsedObject& parsed, const Object& object, ObjectTable& table,
                     std::vector<Finding>& findings) {
  return Collector(parsed, object, table, findings).Run();
}

}  // namespace day::unpack::pdf
