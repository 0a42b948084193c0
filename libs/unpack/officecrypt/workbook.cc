#include "libs/unpack/officecrypt/workbook.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "libs/unpack/officecrypt/rc4_key.h"
#include "libs/unpack/officecrypt/xor_obfuscation.h"

namespace day::unpack::officecrypt {
namespace {

constexpr std::uint64_t kHeadBytes = 4;
constexpr std::uint16_t kFilePass = 0x002F;
constexpr std::uint16_t kBoundSheet = 0x0085;
constexpr std::uint64_t kBoundSheetPlainBytes = 4;
// BOF of each version, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead, and FilePass itself.
constexpr std::uint16_t kPlainRecords[] = {0x0809, 0x0409, 0x0209, 0x0009, 0x0194,
                                           0x0195, 0x00E1, 0x0196, 0x0138, kFilePass};
constexpr std::uint32_t kBlockBytes = 1024;
constexpr std::uint16_t kTypeXor = 0;
constexpr std::uint16_t kTypeRc4 = 1;

struct Record {
  std::uint16_t id = 0;
  std::uint64_t begin = 0;  // of the data
  std::uint64_t size = 0;
};

// The record at `at`, cut at the end of the stream.
std::optional<Record> RecordAt(base::Bytes stream, std::uint64_t at) {
  const auto id = base::ReadAt<std::uint16_t>(stream, at);
  const auto size = base::ReadAt<std::uint16_t>(stream, at + 2);
  if (!id || !size) {
    return std::nullopt;
  }
  const std::uint64_t begin = at + kHeadBytes;
  return Record{*id, begin, std::min<std::uint64_t>(*size, stream.size() - begin)};
}

std::optional<Record> FindFilePass(base::Bytes workbook) {
  std::uint64_t at = 0;
  for (int i = 0; i < kRecordsBeforeFilePassMax; ++i) {
    const std::optional<Record> record = RecordAt(workbook, at);
    if (!record || record->id == kFilePass) {
      return record;
    }
    at = record->begin + record->size;
  }
  return std::nullopt;
}

// Calls decrypt(offset, size, size of the record) for each stretch behind FILEPASS that is
// encrypted.
template <typename Decrypt>
void ForEncrypted(base::Bytes workbook, std::uint64_t at, const Decrypt& decrypt) {
  while (const std::optional<Record> record = RecordAt(workbook, at)) {
    at = record->begin + record->size;
    const bool is_plain = std::find(std::begin(kPlainRecords), std::end(kPlainRecords),
                                    record->id) != std::end(kPlainRecords);
    const std::uint64_t skipped =
        record->id == kBoundSheet ? std::min(record->size, kBoundSheetPlainBytes) : 0;
    if (!is_plain && record->size > skipped) {
      decrypt(record->begin + skipped, record->size - skipped, record->size);
    }
  }
}

}  // namespace

bool IsEncryptedWorkbook(base::Bytes workbook) { return FindFilePass(workbook).has_value(); }

std::string DecryptWorkbook(base::Bytes workbook, std::span<const std::string> passwords,
                            base::Budget& budget, inflate::OutputBuffer& out) {
  out.Clear();
  const std::optional<Record> pass = FindFilePass(workbook);
  if (!pass) {
    return std::string(kDamagedHeader);
  }
  const base::Bytes data = workbook.subspan(pass->begin, pass->size);
  // BIFF5 has no type, since there is only one.
  const bool is_old = data.size() == 4;
  const std::uint16_t type =
      is_old ? kTypeXor : base::ReadAt<std::uint16_t>(data, 0).value_or(0xFFFF);
  if (!out.Reserve(workbook.size())) {
    return "limit memory";
  }
  const std::span<std::byte> plain = out.free().first(workbook.size());
  std::memcpy(plain.data(), workbook.data(), workbook.size());
  const std::uint64_t from = pass->begin + pass->size;
  if (type == kTypeXor) {
    base::ByteReader reader(data.subspan(is_old ? 0 : 2));
    XorCheck check;
    check.key = reader.U16();
    check.hash = reader.U16();
    const auto key = XorKey::Find(XorMethod::kExcel, check, passwords, budget);
    if (!reader.ok() || !key) {
      return std::string(reader.ok() ? kNoPasswordFits : kDamagedHeader);
    }
    ForEncrypted(workbook, from, [&](std::uint64_t at, std::uint64_t size, std::uint64_t whole) {
      key->Decrypt(at + whole, plain.subspan(at, size));
    });
  } else if (type == kTypeRc4) {
    const auto key = Rc4Key::Find(data.subspan(2), passwords, budget);
    if (!key.ok()) {
      return key.error().message;
    }
    Rc4Stream stream(*key, kBlockBytes);
    ForEncrypted(workbook, from, [&](std::uint64_t at, std::uint64_t size, std::uint64_t) {
      stream.Apply(at, plain.subspan(at, size));
    });
  } else {
    return std::string(kUnknownMethod);
  }
  out.Commit(plain.size());
  return {};
}

}  // namespace day::unpack::officecrypt
