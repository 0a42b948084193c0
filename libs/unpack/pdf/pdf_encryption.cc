// PdfReader's encryption dictionaries: found by what they hold, read also where they are damaged.
#include <algorithm>
#include <utility>

#include "libs/unpack/pdf/pdf_reader.h"

namespace day::unpack::pdf {
namespace {

constexpr std::size_t kEncryptionsMax = 8;
constexpr std::size_t kDictionaryMax = 8192;

// What stands behind the name, wherever that is: in a damaged dictionary names and values do not
// alternate.
Value BehindName(const ParsedObject& object, std::string_view name) {
  for (std::uint32_t at = 0; at + 1 < object.tokens.size(); ++at) {
    if (object.tokens[at].kind == TokenKind::kName && NameIs(object.tokens[at].text, name)) {
      return Value(object, at + 1);
    }
  }
  return {};
}

Cipher CipherOfMethod(std::string_view method) {
  return method == "V2"      ? Cipher::kRc4
         : method == "AESV2" ? Cipher::kAes128
         : method == "AESV3" ? Cipher::kAes256
         : method == "None"  ? Cipher::kIdentity
                             : Cipher::kUnknown;
}

// The method that is named anywhere in it.
Cipher AnyCipher(std::string_view dictionary) {
  for (const std::string_view method : {"AESV2", "AESV3", "V2"}) {
    const std::size_t found = dictionary.find(method);
    if (found != std::string_view::npos && found > 0 && dictionary[found - 1] == '/') {
      return CipherOfMethod(method);
    }
  }
  return Cipher::kUnknown;
}

// The dictionary as it may have been before characters became marks of comments or of strings.
std::vector<std::string> TextsOf(std::string_view dictionary) {
  std::vector<std::string> texts = {std::string(dictionary)};
  for (const std::string_view marks : {"%", "%()"}) {
    std::string text = texts.front();
    std::replace_if(
        text.begin(), text.end(), [marks](char c) { return marks.find(c) != marks.npos; }, ' ');
    if (text != texts.back()) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

// The version and the revision as they are, and, if they do not go together, all that do.
std::vector<EncryptionEntries> VersionsOf(const EncryptionEntries& entries) {
  constexpr std::pair<std::int64_t, std::int64_t> kPairs[] = {{1, 2}, {1, 3}, {2, 3},
                                                              {4, 4}, {5, 5}, {5, 6}};
  if (std::find(std::begin(kPairs), std::end(kPairs),
                std::pair(entries.version, entries.revision)) != std::end(kPairs)) {
    return {entries};
  }
  std::vector<EncryptionEntries> versions;
  for (const bool same_revision : {true, false}) {
    for (const auto& [version, revision] : kPairs) {
      if ((revision == entries.revision) == same_revision) {
        versions.push_back(entries);
        versions.back().version = version;
        versions.back().revision = revision;
      }
    }
  }
  versions.push_back(entries);
  return versions;
}

}  // namespace

EncryptionEntries PdfReader::EntriesOf(std::string_view text, const ParsedObject& parsed,
                                       base::Budget& budget) {
  const Value dictionary(parsed, 0);
  const auto entry = [&](std::string_view key) {
    const Value found = dictionary.Find(key);
    return table_.Resolve(found ? found : BehindName(parsed, key), budget);
  };
  EncryptionEntries entries;
  entries.version = entry("V").Integer();
  entries.revision = entry("R").Integer();
  if (const Value length = entry("Length"); length.IsNumber()) {
    entries.length_bits = length.Integer();
  }
  entries.permissions = entry("P").Integer();
  entries.owner = entry("O").Bytes();
  entries.user = entry("U").Bytes();
  entries.user_key = entry("UE").Bytes();
  entries.encrypt_metadata = entry("EncryptMetadata").text() != "false";
  if (const Value name = entry("StmF")) {
    entries.stream_filter = name.Name();
  }
  if (const Value name = entry("StrF")) {
    entries.string_filter = name.Name();
  }
  entries.file_filter = entry("EFF").Name();
  constexpr std::size_t kCryptFiltersMax = 32;
  Value name = entry("CF").FirstChild();
  while (name && entries.crypt_filters.size() < kCryptFiltersMax) {
    const Value filter = table_.Resolve(name.NextSibling(), budget);
    entries.crypt_filters.emplace(
        name.Name(), CipherOfMethod(table_.Resolve(filter.Find("CFM"), budget).Name()));
    name = name.NextSibling().NextSibling();
  }
  // A filter that is not there is one whose name or entry is damaged.
  for (const std::string& used : {entries.stream_filter, entries.string_filter}) {
    const auto known = entries.crypt_filters.find(used);
    if (used != "Identity" &&
        (known == entries.crypt_filters.end() || known->second == Cipher::kUnknown)) {
      entries.crypt_filters[used] = AnyCipher(text);
    }
  }
  return entries;
}

bool PdfReader::OpenWith(const EncryptionEntries& entries) {
  for (const EncryptionEntries& version : VersionsOf(entries)) {
    for (const std::string& id : ids_) {
      security_ = Security::Open(version, id);
      if (security_) {
        return true;
      }
    }
  }
  return false;
}

// Identifiers of trailers that are damaged.
void PdfReader::FindIds(base::Budget& budget) {
  constexpr std::string_view kName = "/ID";
  constexpr std::size_t kTriedMax = 64;
  std::size_t tried = 0;
  for (std::size_t at = text_.rfind(kName);
       at != std::string_view::npos && ids_.empty() && tried < kTriedMax; ++tried) {
    if (!table_.Parse(text_, at + kName.size(), Extent::kOneValue, kTokensMax, budget, parsed_)) {
      return;
    }
    const Value id = Value(parsed_, 0).FirstChild();
    if (id.IsString()) {
      ids_.push_back(id.Bytes());
    }
    at = at == 0 ? std::string_view::npos : text_.rfind(kName, at - 1);
  }
}

// Any of the dictionaries with any of the identifiers: the file says which belong together only in
// places that may lie.
void PdfReader::OpenSecurity(base::Budget& budget) {
  FindIds(budget);
  ids_.emplace_back();
  std::size_t tried = 0;
  for (auto index = encryption_.rbegin();
       index != encryption_.rend() && tried < kEncryptionsMax && !security_; ++index, ++tried) {
    const std::string_view object = table_.objects()[*index].text;
    const std::size_t end = std::min(object.find("endobj"), object.size());
    for (const std::string& text : TextsOf(object.substr(0, std::min(end, kDictionaryMax)))) {
      if (!table_.Parse(text, 0, Extent::kIndirectObject, kTokensMax, budget, parsed_)) {
        break;
      }
      const EncryptionEntries entries = EntriesOf(text, parsed_, budget);
      table_.Forget();
      if (OpenWith(entries)) {
        break;
      }
    }
  }
  if (!is_encrypted_) {
    // No trailer that can be read says so.
    has_plain_trailer_ = security_.has_value();
  } else if (!security_) {
    problem_ = "encrypted";
  }
}

}  // namespace day::unpack::pdf
