#include "endpoint/cli/rule_bundle.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "libs/crypto/hash.h"
#include "libs/wire/codec.h"

namespace day::endpoint::cli {
namespace {

using workerproto::External;

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kHeaderBytes = 8 + 4 + kDigestBytes;
constexpr std::size_t kSourceBytesMin = 12;   // three lengths
constexpr std::size_t kIncludeBytesMin = 8;   // two lengths
constexpr std::size_t kExternalBytesMin = 6;  // a length, a type, a value

enum class ExternalType : std::uint8_t { kInteger, kFloat, kBoolean, kString };

void EncodeExternal(const External& external, wire::Encoder* encoder) {
  encoder->Text(external.identifier);
  encoder->U8(static_cast<std::uint8_t>(external.value.index()));
  if (const auto* integer = std::get_if<std::int64_t>(&external.value)) {
    encoder->I64(*integer);
  } else if (const auto* real = std::get_if<double>(&external.value)) {
    encoder->F64(*real);
  } else if (const auto* boolean = std::get_if<bool>(&external.value)) {
    encoder->Bool(*boolean);
  } else {
    encoder->Text(std::get<std::string>(external.value));
  }
}

External DecodeExternal(wire::Decoder* decoder) {
  External external;
  external.identifier = decoder->Text(workerproto::kNameBytesMax);
  switch (decoder->Enum(ExternalType::kString)) {
    case ExternalType::kInteger:
      external.value = decoder->I64();
      break;
    case ExternalType::kFloat:
      external.value = decoder->F64();
      break;
    case ExternalType::kBoolean:
      external.value = decoder->Bool();
      break;
    case ExternalType::kString:
      external.value = std::string(decoder->Text(workerproto::kTextBytesMax));
      break;
  }
  return external;
}

template <typename T, typename Key>
void SortAndUnite(std::vector<T>* items, Key key) {
  std::stable_sort(items->begin(), items->end(),
                   [&](const T& a, const T& b) { return key(a) < key(b); });
  items->erase(std::unique(items->begin(), items->end(),
                           [&](const T& a, const T& b) { return key(a) == key(b); }),
               items->end());
}

}  // namespace

base::Result<std::string> EncodeBundle(RuleBundle bundle) {
  SortAndUnite(&bundle.includes,
               [](const scan::IncludedFile& file) { return std::string_view(file.path); });
  SortAndUnite(&bundle.externals,
               [](const External& external) { return std::string_view(external.identifier); });
  std::string content;
  wire::Encoder encoder(&content);
  encoder.U64(bundle.strings_per_rule_max);
  encoder.Count(bundle.sources.size());
  for (const scan::RuleFile& source : bundle.sources) {
    encoder.Text(source.name_space);
    encoder.Text(source.path);
    encoder.Text(source.text.value_or(std::string()));
  }
  encoder.Count(bundle.includes.size());
  for (const scan::IncludedFile& include : bundle.includes) {
    encoder.Text(include.path);
    encoder.Text(include.text);
  }
  encoder.Count(bundle.externals.size());
  for (const External& external : bundle.externals) {
    EncodeExternal(external, &encoder);
  }
  std::string out(kBundleMagic);
  wire::Encoder(&out).U32(kBundleVersion);
  out += base::AsText(crypto::Sha256(base::AsBytes(content)));
  out += content;
  const base::Result<RuleBundle> check = DecodeBundle(base::AsBytes(out));
  if (!check.ok()) {
    return base::MakeError(base::ErrorKind::kLimit, "the rules are too large for one file");
  }
  return out;
}

base::Result<RuleBundle> DecodeBundle(base::Bytes bytes) {
  if (bytes.size() < kHeaderBytes || !base::AsText(bytes).starts_with(kBundleMagic)) {
    return base::MakeError(base::ErrorKind::kMalformed, "not a file of daylight yarac", 0);
  }
  wire::Decoder header(bytes.subspan(kBundleMagic.size(), sizeof(std::uint32_t)));
  if (header.U32() != kBundleVersion) {
    return base::MakeError(base::ErrorKind::kUnsupported, "written by another version of yarac");
  }
  const base::Bytes digest = bytes.subspan(kHeaderBytes - kDigestBytes, kDigestBytes);
  const base::Bytes content = bytes.subspan(kHeaderBytes);
  const base::Error damaged =
      base::MakeError(base::ErrorKind::kMalformed, "damaged file of daylight yarac", kHeaderBytes);
  if (content.size() > kBundleBytesMax ||
      base::AsText(crypto::Sha256(content)) != base::AsText(digest)) {
    return damaged;
  }
  wire::Decoder decoder(content);
  RuleBundle bundle;
  bundle.strings_per_rule_max = decoder.U64();
  bundle.sources.resize(decoder.Count(workerproto::kSourcesMax, kSourceBytesMin));
  for (scan::RuleFile& source : bundle.sources) {
    source.name_space = decoder.Text(workerproto::kPathBytesMax);
    source.path = decoder.Text(workerproto::kPathBytesMax);
    source.text = std::string(decoder.Text(kBundleTextBytesMax));
  }
  bundle.includes.resize(decoder.Count(kBundleIncludesMax, kIncludeBytesMin));
  for (scan::IncludedFile& include : bundle.includes) {
    include.path = decoder.Text(workerproto::kPathBytesMax);
    include.text = decoder.Text(kBundleTextBytesMax);
  }
  bundle.externals.resize(decoder.Count(workerproto::kExternalsMax, kExternalBytesMin));
  for (External& external : bundle.externals) {
    external = DecodeExternal(&decoder);
  }
  if (!decoder.Finish("bundle").ok()) {
    return damaged;
  }
  return bundle;
}

bool IsLibyaraFile(base::Bytes bytes) { return base::AsText(bytes).starts_with("YARA"); }

}  // namespace day::endpoint::cli
