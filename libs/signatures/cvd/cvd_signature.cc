#include "libs/signatures/cvd/cvd_signature.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <memory>
#include <optional>
#include <vector>

#include "libs/base/base64.h"
#include "libs/base/lines.h"
#include "libs/signatures/signature_text.h"

namespace day::signatures::cvd {
namespace {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Freer<kFree>>;
using Number = Owned<BIGNUM, BN_free>;

struct SignersFreer {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

constexpr std::string_view kAlphabet =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSignFieldCount = 5;
constexpr std::string_view kSignHead = "#clamsign-";
constexpr std::string_view kSignVersion = "1.0";

Number FromDecimal(const std::string& digits) {
  BIGNUM* number = nullptr;
  const int read = BN_dec2bn(&number, digits.c_str());
  Number owned(number);
  return read == static_cast<int>(digits.size()) ? std::move(owned) : nullptr;
}

// The number that a signature text spells: six bits a character, the lowest first.
Number FromText(std::string_view text) {
  if (text.empty() || text.size() > kSignatureTextBytesMax) {
    return nullptr;
  }
  std::string bytes((text.size() * 6 + 7) / 8, '\0');  // little-endian
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t value = kAlphabet.find(text[i]);
    if (value == std::string_view::npos) {
      return nullptr;
    }
    const std::size_t bit = i * 6;
    const unsigned shifted = static_cast<unsigned>(value) << (bit % 8);
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) | shifted);
    if (shifted > 0xFF) {
      bytes[bit / 8 + 1] = static_cast<char>(shifted >> 8);
    }
  }
  return Number(BN_lebin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr));
}

// What was signed, as big-endian bytes of the modulus's size; nothing if that cannot be.
std::optional<std::string> Recover(const RsaKey& key, std::string_view signature) {
  const Number modulus = FromDecimal(key.modulus);
  const Number exponent = FromDecimal(key.exponent);
  const Number cipher = FromText(signature);
  const Number plain(BN_new());
  const Owned<BN_CTX, BN_CTX_free> context(BN_CTX_new());
  if (modulus == nullptr || exponent == nullptr || cipher == nullptr || plain == nullptr ||
      context == nullptr || BN_cmp(cipher.get(), modulus.get()) >= 0 ||
      BN_mod_exp(plain.get(), cipher.get(), exponent.get(), modulus.get(), context.get()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(modulus.get())), '\0');
  if (BN_bn2binpad(plain.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size())) < 0) {
    return std::nullopt;
  }
  return bytes;
}

// MGF1 with SHA-256 (RFC 8017, B.2.1).
std::string MaskOf(std::string_view seed, std::size_t size) {
  std::string mask;
  for (std::uint32_t counter = 0; mask.size() < size; ++counter) {
    const std::array<char, 4> bytes = {static_cast<char>(counter >> 24),
                                       static_cast<char>(counter >> 16),
                                       static_cast<char>(counter >> 8), static_cast<char>(counter)};
    crypto::Sha256Hasher hasher;
    hasher.Update(base::AsBytes(seed));
    hasher.Update(base::AsBytes({bytes.data(), bytes.size()}));
    mask += base::AsText(hasher.Finish());
  }
  mask.resize(size);
  return mask;
}

// RFC 8017, 9.1.2, for a modulus of whole bytes.
bool VerifyPss(std::string_view encoded, const crypto::Sha256Digest& digest) {
  if (encoded.size() < kHashBytes + kSaltBytes + 2 || encoded.back() != '\xBC' ||
      (static_cast<unsigned char>(encoded[0]) & 0x80) != 0) {
    return false;
  }
  const std::size_t block_size = encoded.size() - kHashBytes - 1;
  const std::string_view hash = encoded.substr(block_size, kHashBytes);
  std::string block = MaskOf(hash, block_size);
  for (std::size_t i = 0; i < block_size; ++i) {
    block[i] = static_cast<char>(block[i] ^ encoded[i]);
  }
  block[0] = static_cast<char>(block[0] & 0x7F);
  const std::size_t padding = block_size - kSaltBytes - 1;
  if (block.find_first_not_of('\0') != padding || block[padding] != '\1') {
    return false;
  }
  crypto::Sha256Hasher hasher;
  hasher.Update(base::AsBytes(std::string_view("\0\0\0\0\0\0\0\0", 8)));
  hasher.Update(digest);
  hasher.Update(base::AsBytes(std::string_view(block).substr(padding + 1)));
  return base::AsText(hasher.Finish()) == hash;
}

std::string CommonNames(const STACK_OF(X509) * signers) {
  std::string names;
  for (int i = 0; i < sk_X509_num(signers); ++i) {
    std::array<char, 256> name{};
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(sk_X509_value(signers, i)),
                                    NID_commonName, name.data(), static_cast<int>(name.size()));
    names += (names.empty() ? "" : ", ") + std::string(name.data());
  }
  return names;
}

// A store of all certificates; null if one cannot be read.
Owned<X509_STORE, X509_STORE_free> MakeStore(std::span<const std::string> certificates) {
  Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  for (const std::string& pem : certificates) {
    const Owned<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::size_t count = 0;
    while (bio != nullptr && store != nullptr) {
      const Owned<X509, X509_free> certificate(
          PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
      if (certificate == nullptr) {
        break;
      }
      ++count;
      if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
        return nullptr;
      }
    }
    ERR_clear_error();
    if (count == 0) {
      return nullptr;
    }
  }
  return store;
}

base::Error Wrong(std::string message) {
  return base::MakeError(base::ErrorKind::kMalformed, std::move(message));
}

base::Result<std::string> VerifyPkcs7(base::Bytes file, const std::string& pem,
                                      std::span<const std::string> certificates) {
  const auto store = MakeStore(certificates);
  if (store == nullptr) {
    return Wrong("a certificate for checking signatures cannot be read");
  }
  if (file.size() > INT_MAX || pem.size() > INT_MAX) {
    return base::MakeError(base::ErrorKind::kLimit, "too large for a signature beside it");
  }
  const Owned<BIO, BIO_free_all> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Owned<BIO, BIO_free_all> data(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  const Owned<PKCS7, PKCS7_free> signature(
      text == nullptr ? nullptr : PEM_read_bio_PKCS7(text.get(), nullptr, nullptr, nullptr));
  if (signature == nullptr || data == nullptr || PKCS7_type_is_signed(signature.get()) == 0) {
    ERR_clear_error();
    return Wrong("the signature beside it is no PKCS #7 signature");
  }
  if (PKCS7_verify(signature.get(), nullptr, store.get(), data.get(), nullptr,
                   PKCS7_DETACHED | PKCS7_BINARY) != 1) {
    ERR_clear_error();
    return Wrong("the signature beside it does not verify with these certificates");
  }
  const std::unique_ptr<STACK_OF(X509), SignersFreer> signers(
      PKCS7_get0_signers(signature.get(), nullptr, 0));
  return CommonNames(signers.get());
}

// The PEM text of one line that is for our level; empty if the line is not.
base::Result<std::string> PemOfLine(std::string_view line) {
  std::array<std::string_view, kSignFieldCount> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool is_last = i + 1 == fields.size();
    const std::size_t end = is_last ? line.size() : line.find(':');
    if (end == std::string_view::npos) {
      return Wrong("a line of the signature beside it has not five fields");
    }
    fields[i] = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  std::uint32_t level_min = 0;
  std::uint32_t level_max = ~0u;
  const auto read = [](std::string_view text, std::uint32_t& value) {
    return text.empty() || std::from_chars(text.data(), text.data() + text.size(), value).ptr ==
                               text.data() + text.size();
  };
  if (!read(fields[0], level_min) || !read(fields[1], level_max)) {
    return Wrong("a functionality level of the signature beside it is not a number");
  }
  if (kFunctionalityLevel < level_min || kFunctionalityLevel > level_max ||
      fields[2] != "pkcs7-pem") {
    return std::string();
  }
  std::string pem;
  if (const auto decoded = base::DecodeBase64(fields[4])) {
    pem = *decoded;
  }
  if (!pem.starts_with("-----BEGIN")) {
    // The field may be the body of the PEM block itself.
    pem = "-----BEGIN PKCS7-----\n";
    for (std::string_view body = fields[4]; !body.empty();) {
      constexpr std::size_t kPemLine = 64;
      pem += std::string(body.substr(0, kPemLine)) + "\n";
      body.remove_prefix(std::min(kPemLine, body.size()));
    }
    pem += "-----END PKCS7-----\n";
  }
  return pem;
}

}  // namespace

const PublicKeys& OfficialKeys() {
  static const PublicKeys kKeys{
      {"1186409955516453426030700016584531897515277744120277437465994057432431426074641447673610606"
       "4065584474976078889002228342492276248891756555100246777110966959818941043469903453223222862"
       "1591089508178591428456220796841621637175567590476666928698770143328137383952820383197532047"
       "771780196576957695822641224262693037",
       "100001027"},
      {"1108889498304854547365955610662719492392894179179504762059165869741358104332271591217249680"
       "6525381055880964520618400224333320534660299233983755341740679502866829909679955734391392668"
       "3783612215242053966310901051516412708572770803107343209516537005089417174191687239425078907"
       "0290470270758745162169105075430785038339986534648720379846417853739221140278648135982446119"
       "7231102895415093770394216666324484593935762408468516826633192140826667923494822045805347809"
       "9328484548458869717064243605586678627758760720594377033653802091016977385775154769350854694"
       "55279994113145977994084618328482151013142393373316337519977244732747977",
       "100002049"}};
  return kKeys;
}

bool VerifyHeaderSignature(const RsaKey& key, std::string_view md5_digits,
                           std::string_view signature) {
  const std::optional<std::string> digest = base::FromHex(md5_digits);
  const std::optional<std::string> plain = Recover(key, signature);
  if (!digest || !plain || digest->size() != crypto::Md5Digest{}.size() ||
      plain->size() < digest->size()) {
    return false;
  }
  return std::string_view(*plain).substr(plain->size() - digest->size()) == *digest &&
         plain->find_first_not_of('\0') >= plain->size() - digest->size();
}

bool VerifyInfoSignature(const RsaKey& key, const crypto::Sha256Digest& digest,
                         std::string_view signature) {
  const std::optional<std::string> plain = Recover(key, signature);
  return plain && VerifyPss(*plain, digest);
}

base::Result<std::string> VerifyBeside(base::Bytes file, std::string_view sign_text,
                                       std::span<const std::string> certificates) {
  bool is_first = true;
  while (!sign_text.empty()) {
    std::string_view line = base::TakeLine(&sign_text);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (is_first) {
      is_first = false;
      if (!line.starts_with(kSignHead) || line.substr(kSignHead.size()) != kSignVersion) {
        return base::MakeError(base::ErrorKind::kUnsupported,
                               "the signature beside it is not of the format clamsign-1.0");
      }
      continue;
    }
    if (line.empty() || line.front() == '#') {
      continue;
    }
    DAY_TRY_ASSIGN(const std::string pem, PemOfLine(line));
    if (!pem.empty()) {
      return VerifyPkcs7(file, pem, certificates);
    }
  }
  return Wrong("the file beside it has no signature for this functionality level");
}

}  // namespace day::signatures::cvd
