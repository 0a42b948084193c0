#include "libs/update/upd.h"

#include <utility>

#include "libs/crypto/hash.h"
#include "libs/tlog/note.h"
#include "libs/update/bundle.h"
#include "libs/update/dsse.h"
#include "libs/wire/codec.h"

namespace day::update {
namespace {

constexpr std::string_view kMagic = "DAYUPD02";
constexpr std::size_t kChecksumBytes = 32;
constexpr std::size_t kTufNameMaxBytes = 700;
constexpr std::size_t kTufFileMaxBytes = 8u << 20;

std::string HexOrEmpty(std::string_view bytes, wire::Decoder* decoder) {
  decoder->Check(bytes.empty() || bytes.size() == kChecksumBytes);
  return base::ToHex(base::AsBytes(bytes));
}

void EncodeHashes(const std::vector<tlog::Hash>& hashes, std::string* out) {
  wire::Encoder(out).Count(hashes.size());
  for (const tlog::Hash& hash : hashes) {
    *out += base::AsText(hash);
  }
}

std::vector<tlog::Hash> DecodeHashes(std::size_t count_max, wire::Decoder* decoder) {
  std::vector<tlog::Hash> hashes(decoder->Count(count_max, kChecksumBytes));
  for (tlog::Hash& hash : hashes) {
    for (std::byte& byte : hash) {
      byte = std::byte{decoder->U8()};
    }
  }
  return hashes;
}

void DecodeTufFile(wire::Decoder* decoder, UpdTufFile* file) {
  file->name = decoder->Text(kTufNameMaxBytes);
  file->bytes = decoder->Text(kTufFileMaxBytes);
  const std::uint8_t proved = decoder->U8();
  decoder->Check(proved <= 1);
  if (proved == 1) {
    LogProof proof;
    proof.index = decoder->U64();
    proof.hashes = DecodeHashes(tlog::kProofHashesMax, decoder);
    file->proof = std::move(proof);
  }
}

void DecodePayload(wire::Decoder* decoder, UpdPayload* payload) {
  payload->base_sha256 = HexOrEmpty(decoder->Text(kChecksumBytes), decoder);
  payload->result_sha256 = HexOrEmpty(decoder->Text(kChecksumBytes), decoder);
  decoder->Check(!payload->result_sha256.empty());
  payload->result_size = decoder->U64();
  decoder->Check(payload->result_size <= kBundleMaxBytes);
  payload->compressed = decoder->Text(kUpdMaxBytes);
}

}  // namespace

std::string EncodeUpd(const Upd& upd) {
  std::string out(kMagic);
  wire::Encoder encoder(&out);
  encoder.Text(upd.checkpoint);
  encoder.U64(upd.first_index);
  EncodeHashes(upd.leaf_hashes, &out);
  encoder.Count(upd.entries.size());
  for (const std::string& entry : upd.entries) {
    encoder.Text(entry);
  }
  encoder.Count(upd.tuf_files.size());
  for (const UpdTufFile& file : upd.tuf_files) {
    encoder.Text(file.name);
    encoder.Text(file.bytes);
    encoder.U8(file.proof ? 1 : 0);
    if (file.proof) {
      encoder.U64(file.proof->index);
      EncodeHashes(file.proof->hashes, &out);
    }
  }
  encoder.Count(upd.payloads.size());
  for (const UpdPayload& payload : upd.payloads) {
    encoder.Text(base::FromHex(payload.base_sha256).value_or(""));
    encoder.Text(base::FromHex(payload.result_sha256).value_or(""));
    encoder.U64(payload.result_size);
    encoder.Text(payload.compressed);
  }
  const crypto::Sha256Digest checksum = crypto::Sha256(base::AsBytes(out));
  out += base::AsText(checksum);
  return out;
}

base::Result<Upd> DecodeUpd(base::Bytes bytes) {
  if (bytes.size() > kUpdMaxBytes) {
    return base::MakeError(base::ErrorKind::kLimit, "update: larger than 512 MiB");
  }
  if (!base::AsText(bytes).starts_with(kMagic) || bytes.size() < kMagic.size() + kChecksumBytes) {
    return base::MakeError(base::ErrorKind::kMalformed, "update: not a .upd file");
  }
  const base::Bytes covered = bytes.first(bytes.size() - kChecksumBytes);
  const crypto::Sha256Digest checksum = crypto::Sha256(covered);
  if (base::AsText(checksum) != base::AsText(bytes.last(kChecksumBytes))) {
    return base::MakeError(base::ErrorKind::kMalformed, "update: the file is damaged");
  }
  wire::Decoder decoder(covered.subspan(kMagic.size()));
  Upd upd;
  upd.checkpoint = decoder.Text(tlog::kNoteBytesMax);
  upd.first_index = decoder.U64();
  decoder.Check(upd.first_index <= tlog::kTreeSizeMax);
  upd.leaf_hashes = DecodeHashes(kUpdHashesMax, &decoder);
  upd.entries.resize(decoder.Count(kUpdEntriesMax, 4));
  for (std::string& entry : upd.entries) {
    entry = decoder.Text(kEntryMaxBytes);
  }
  upd.tuf_files.resize(decoder.Count(kUpdTufFilesMax, 9));
  for (UpdTufFile& file : upd.tuf_files) {
    DecodeTufFile(&decoder, &file);
  }
  upd.payloads.resize(decoder.Count(kUpdPayloadsMax, 20));
  for (UpdPayload& payload : upd.payloads) {
    DecodePayload(&decoder, &payload);
  }
  DAY_TRY(decoder.Finish("update"));
  return upd;
}

}  // namespace day::update
