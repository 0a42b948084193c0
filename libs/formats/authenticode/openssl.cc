#include "libs/formats/authenticode/openssl.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>

#include <array>
#include <ctime>

namespace day::formats::authenticode {

ASN1_SEQUENCE(SpcIndirectData) =
    {
        ASN1_SIMPLE(SpcIndirectData, data, X509_ALGOR),
        ASN1_SIMPLE(SpcIndirectData, digest, X509_SIG),
} ASN1_SEQUENCE_END(SpcIndirectData)

        DECLARE_ASN1_ITEM(SpcText) ASN1_CHOICE(SpcText) =
            {
                ASN1_IMP_OPT(SpcText, value.unicode, ASN1_BMPSTRING, 0),
                ASN1_IMP_OPT(SpcText, value.ascii, ASN1_IA5STRING, 1),
} ASN1_CHOICE_END(SpcText)

                DECLARE_ASN1_ITEM(SpcMoniker) ASN1_SEQUENCE(SpcMoniker) =
                    {
                        ASN1_SIMPLE(SpcMoniker, class_id, ASN1_OCTET_STRING),
                        ASN1_SIMPLE(SpcMoniker, serialized_data, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(SpcMoniker)

                        DECLARE_ASN1_ITEM(SpcLink) ASN1_CHOICE(SpcLink) =
                            {
                                ASN1_IMP_OPT(SpcLink, value.url, ASN1_IA5STRING, 0),
                                ASN1_IMP_OPT(SpcLink, value.moniker, SpcMoniker, 1),
                                ASN1_EXP_OPT(SpcLink, value.file, SpcText, 2),
} ASN1_CHOICE_END(SpcLink)

                                ASN1_SEQUENCE(SpcOpusInfo) =
                                    {
                                        ASN1_EXP_OPT(SpcOpusInfo, program_name, SpcText, 0),
                                        ASN1_EXP_OPT(SpcOpusInfo, more_info, SpcLink, 1),
} ASN1_SEQUENCE_END(SpcOpusInfo)

                                        namespace {
  ASN1_VALUE* ParseItem(base::Bytes der, const ASN1_ITEM* item) {
    const unsigned char* cursor = reinterpret_cast<const unsigned char*>(der.data());
    return ASN1_item_d2i(nullptr, &cursor, static_cast<long>(der.size()), item);
  }

  void FreeItem(void* object, const ASN1_ITEM* item) {
    ASN1_item_free(static_cast<ASN1_VALUE*>(object), item);
  }

}  // namespace

void FreeSpcIndirectData(SpcIndirectData* object) {
  FreeItem(object, ASN1_ITEM_rptr(SpcIndirectData));
}

void FreeSpcOpusInfo(SpcOpusInfo* object) { FreeItem(object, ASN1_ITEM_rptr(SpcOpusInfo)); }

OwnedIndirectData ParseIndirectData(base::Bytes der) {
  return OwnedIndirectData(
      reinterpret_cast<SpcIndirectData*>(ParseItem(der, ASN1_ITEM_rptr(SpcIndirectData))));
}

OwnedOpusInfo ParseOpusInfo(base::Bytes der) {
  return OwnedOpusInfo(reinterpret_cast<SpcOpusInfo*>(ParseItem(der, ASN1_ITEM_rptr(SpcOpusInfo))));
}

base::Bytes BytesOf(const ASN1_STRING* text) {
  const int size = text != nullptr ? ASN1_STRING_length(text) : 0;
  if (size <= 0) {
    return {};
  }
  return std::as_bytes(std::span(ASN1_STRING_get0_data(text), static_cast<std::size_t>(size)));
}

ASN1_STRING* StringOf(const ASN1_TYPE* value) {
  if (value == nullptr || value->type == V_ASN1_BOOLEAN || value->type == V_ASN1_NULL ||
      value->type == V_ASN1_OBJECT) {
    return nullptr;
  }
  return value->value.asn1_string;
}

std::optional<base::Bytes> BytesOf(const ASN1_TYPE* value) {
  const ASN1_STRING* text = StringOf(value);
  return text != nullptr ? std::optional(BytesOf(text)) : std::nullopt;
}

X509_ATTRIBUTE* FindAttribute(const STACK_OF(X509_ATTRIBUTE) * attributes, const char* oid) {
  const OwnedObject object(OBJ_txt2obj(oid, 1));
  if (attributes == nullptr || object == nullptr) {
    return nullptr;
  }
  const int index = X509at_get_attr_by_OBJ(attributes, object.get(), -1);
  return index >= 0 ? X509at_get_attr(attributes, index) : nullptr;
}

std::string AlgorithmName(const ASN1_OBJECT* object) {
  const char* name = OBJ_nid2ln(OBJ_obj2nid(object));
  return name != nullptr ? name : "";
}

std::optional<std::string> DigestOf(const EVP_MD* method, base::Bytes data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, method, nullptr) != 1) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

// What libcrypto cannot read as a time is, as in YARA, the zero date of struct tm.
std::int64_t ToUnixTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time != nullptr) {
    ASN1_TIME_to_tm(time, &parts);
  }
  return timegm(&parts);
}

void Drain(BIO* bio) {
  std::array<char, 4096> buffer;
  while (BIO_read(bio, buffer.data(), static_cast<int>(buffer.size())) > 0) {
  }
}

}  // namespace day::formats::authenticode
