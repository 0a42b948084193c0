#include "libs/unpack/ole2/stream_opener.h"

#include <utility>

#include "libs/unpack/document/part.h"
#include "libs/unpack/officecrypt/package.h"
#include "libs/unpack/officecrypt/passwords.h"
#include "libs/unpack/officecrypt/workbook.h"

namespace day::unpack::ole2 {
namespace {

constexpr std::string_view kInfo = "EncryptionInfo";
constexpr std::string_view kWord = "WordDocument";
constexpr std::string_view kUser = "Current User";
constexpr std::string_view kPresentation = "PowerPoint Document";
constexpr std::uint64_t kInfoBytesMax = 64 * 1024;
constexpr std::uint64_t kTableHeaderBytesMax = 4096;
constexpr std::uint64_t kUserBytesMax = 64;
constexpr std::string_view kNoMemory = "limit memory";

bool IsOfWorkbook(std::string_view name) { return name == "workbook" || name == "book"; }
bool IsOfPresentation(std::string_view name) {
  return name == "powerpoint document" || name == "pictures";
}

}  // namespace

bool StreamOpener::IsEncrypted(std::string_view name, base::Bytes content, Siblings& siblings) {
  if (name == "encryptedpackage") {
    return !siblings.Read(kInfo, 1).empty();
  }
  if (IsOfWorkbook(name)) {
    return officecrypt::IsEncryptedWorkbook(content);
  }
  if (name == "worddocument") {
    return officecrypt::IsEncryptedWordDocument(content);
  }
  if (name == "data" || name == "0table" || name == "1table") {
    const base::Bytes word = siblings.Read(kWord, officecrypt::WordKey::kPlainBytes);
    return officecrypt::IsEncryptedWordDocument(word) &&
           (name == "data" || name.starts_with(officecrypt::TableStreamOf(word).substr(0, 1)));
  }
  return IsOfPresentation(name) &&
         officecrypt::IsEncryptedPresentation(siblings.Read(kUser, kUserBytesMax));
}

std::span<const std::string> StreamOpener::Passwords() {
  if (passwords_.empty()) {
    passwords_ = officecrypt::CandidatesOf(told_);
  }
  return passwords_;
}

const StreamOpener::WordKey& StreamOpener::KeyOfWord(std::uint32_t storage, Siblings& siblings,
                                                     base::Budget& budget) {
  const auto known = word_keys_.find(storage);
  if (known != word_keys_.end()) {
    return known->second;
  }
  const std::string word(base::AsText(siblings.Read(kWord, officecrypt::WordKey::kPlainBytes)));
  const base::Bytes table =
      siblings.Read(officecrypt::TableStreamOf(base::AsBytes(word)), kTableHeaderBytesMax);
  return word_keys_
      .emplace(storage, officecrypt::WordKey::Find(base::AsBytes(word), table, Passwords(), budget))
      .first->second;
}

const StreamOpener::PresentationKey& StreamOpener::KeyOfPresentation(std::uint32_t storage,
                                                                     Siblings& siblings,
                                                                     base::Budget& budget) {
  const auto known = presentation_keys_.find(storage);
  if (known != presentation_keys_.end()) {
    return known->second;
  }
  const std::string user(base::AsText(siblings.Read(kUser, kUserBytesMax)));
  const base::Bytes document = siblings.Read(kPresentation, document::RoomOf(budget).size_bytes);
  return presentation_keys_
      .emplace(storage, officecrypt::PresentationKey::Find(base::AsBytes(user), document,
                                                           Passwords(), budget))
      .first->second;
}

std::string StreamOpener::Open(std::uint32_t storage, std::string_view name, base::Bytes content,
                               Siblings& siblings, base::Budget& budget,
                               inflate::OutputBuffer& plain) {
  plain.Clear();
  if (!budget.SpendSteps(content.size()).ok()) {
    return "limit " + std::string(base::LimitName(base::Limit::kSteps));
  }
  if (IsOfWorkbook(name)) {
    return officecrypt::DecryptWorkbook(content, Passwords(), budget, plain);
  }
  if (name == "encryptedpackage") {
    const auto key =
        officecrypt::PackageKey::Find(siblings.Read(kInfo, kInfoBytesMax), Passwords(), budget);
    return key.ok() ? key->Decrypt(content, plain) : key.error().message;
  }
  if (IsOfPresentation(name)) {
    const PresentationKey& key = KeyOfPresentation(storage, siblings, budget);
    if (!key.ok()) {
      return key.error().message;
    }
    const bool is_done = name == "pictures" ? key->DecryptPictures(content, plain)
                                            : key->DecryptDocument(content, plain);
    return std::string(is_done ? "" : kNoMemory);
  }
  const WordKey& key = KeyOfWord(storage, siblings, budget);
  if (!key.ok()) {
    return key.error().message;
  }
  using Stream = officecrypt::WordKey::Stream;
  const Stream stream = name == "worddocument" ? Stream::kDocument
                        : name == "data"       ? Stream::kData
                                               : Stream::kTable;
  return std::string(key->Decrypt(stream, content, plain) ? "" : kNoMemory);
}

}  // namespace day::unpack::ole2
