#include "libs/rules/modules/pe/pe_instance.h"

#include <algorithm>

#include "libs/rules/module/schema.h"
#include "libs/rules/modules/pe/pe_module.h"

namespace day::rules::modules::pe {
namespace {

using formats::authenticode::Certificate;
using formats::authenticode::Countersignature;
using formats::authenticode::Signature;
using module::IntegerValue;
using module::Value;

Value Text(const std::optional<std::string_view>& text) {
  return text ? Value::String(*text) : Value::Undefined();
}

// YARA takes these texts as C strings.
Value CText(std::string_view text) { return Value::String(text.substr(0, text.find('\0'))); }
Value OptionalText(const std::optional<std::string>& text) {
  return text ? CText(*text) : Value::Undefined();
}

Value Number(std::int64_t value) { return IntegerValue(static_cast<std::uint64_t>(value)); }
Value Number(const std::optional<std::uint64_t>& value) {
  return value ? IntegerValue(*value) : Value::Undefined();
}

Value CertificateValue(const Certificate& certificate, CertificateField field) {
  switch (field) {
    case CertificateField::kThumbprint:
      return Value::String(certificate.thumbprint);
    case CertificateField::kIssuer:
      return CText(certificate.issuer);
    case CertificateField::kSubject:
      return CText(certificate.subject);
    case CertificateField::kVersion:
      return Number(certificate.version);
    case CertificateField::kAlgorithm:
      return CText(certificate.algorithm);
    case CertificateField::kAlgorithmOid:
      return CText(certificate.algorithm_oid);
    case CertificateField::kSerial:
      return OptionalText(certificate.serial);
    case CertificateField::kNotBefore:
      return Number(certificate.not_before);
    case CertificateField::kNotAfter:
      return Number(certificate.not_after);
    case CertificateField::kCount:
      break;
  }
  return Value::Undefined();
}

}  // namespace

Value PeInstance::Get(std::uint16_t id, Indices indices) {
  if (!file_.is_pe()) {
    return id == kIsPe ? Value::Integer(0) : Value::Undefined();
  }
  if (id < kHeadersEnd) {
    return GetHeader(id);
  }
  if (id < kHeaderTablesEnd) {
    return GetHeaderTable(id, indices);
  }
  if (id < kRichEnd) {
    return GetRich(id);
  }
  if (id < kResourcesEnd) {
    return GetResource(id, indices);
  }
  if (id < kImportsEnd) {
    return GetImport(id, indices);
  }
  if (id < kExportsEnd) {
    return GetExport(id, indices);
  }
  return GetSignature(id, indices);
}

// A dispatch table.
Value PeInstance::GetHeader(std::uint16_t id) {
  const formats::pe::PeReader& pe = file_.reader();
  const formats::pe::FileHeader& header = pe.file_header();
  const formats::pe::OptionalHeader& optional = pe.optional_header();
  switch (id) {
    case kIsPe:
      return Value::Integer(1);
    case kMachine:
      return Value::Integer(header.machine);
    case kNumberOfSections:
      return Value::Integer(header.number_of_sections);
    case kTimestamp:
      return Value::Integer(header.time_date_stamp);
    case kPointerToSymbolTable:
      return Value::Integer(header.pointer_to_symbol_table);
    case kNumberOfSymbols:
      return Value::Integer(header.number_of_symbols);
    case kSizeOfOptionalHeader:
      return Value::Integer(header.size_of_optional_header);
    case kCharacteristics:
      return Value::Integer(header.characteristics);
    case kEntryPoint: {
      // YARA hands out its -1 for "nowhere".
      const auto offset = pe.EntryPointOffset();
      return offset ? IntegerValue(*offset) : Value::Integer(-1);
    }
    case kEntryPointRaw:
      return Value::Integer(optional.address_of_entry_point);
    case kImageBase:
      return IntegerValue(optional.image_base);
    case kNumberOfRvaAndSizes:
      return Value::Integer(optional.number_of_rva_and_sizes);
    case kOpthdrMagic:
      return Value::Integer(optional.magic);
    case kSizeOfCode:
      return Value::Integer(optional.size_of_code);
    case kSizeOfInitializedData:
      return Value::Integer(optional.size_of_initialized_data);
    case kSizeOfUninitializedData:
      return Value::Integer(optional.size_of_uninitialized_data);
    case kBaseOfCode:
      return Value::Integer(optional.base_of_code);
    case kBaseOfData:
      return pe.is_64bit() ? Value::Undefined() : Value::Integer(optional.base_of_data);
    case kSectionAlignment:
      return Value::Integer(optional.section_alignment);
    case kFileAlignment:
      return Value::Integer(optional.file_alignment);
    case kLinkerVersionMajor:
      return Value::Integer(optional.major_linker_version);
    case kLinkerVersionMinor:
      return Value::Integer(optional.minor_linker_version);
    case kOsVersionMajor:
      return Value::Integer(optional.major_operating_system_version);
    case kOsVersionMinor:
      return Value::Integer(optional.minor_operating_system_version);
    case kImageVersionMajor:
      return Value::Integer(optional.major_image_version);
    case kImageVersionMinor:
      return Value::Integer(optional.minor_image_version);
    case kSubsystemVersionMajor:
      return Value::Integer(optional.major_subsystem_version);
    case kSubsystemVersionMinor:
      return Value::Integer(optional.minor_subsystem_version);
    case kWin32VersionValue:
      return Value::Integer(optional.win32_version_value);
    case kSizeOfImage:
      return Value::Integer(optional.size_of_image);
    case kSizeOfHeaders:
      return Value::Integer(optional.size_of_headers);
    case kChecksum:
      return Value::Integer(optional.checksum);
    case kSubsystem:
      return Value::Integer(optional.subsystem);
    case kDllCharacteristics:
      return Value::Integer(optional.dll_characteristics);
    case kSizeOfStackReserve:
      return IntegerValue(optional.size_of_stack_reserve);
    case kSizeOfStackCommit:
      return IntegerValue(optional.size_of_stack_commit);
    case kSizeOfHeapReserve:
      return IntegerValue(optional.size_of_heap_reserve);
    case kSizeOfHeapCommit:
      return IntegerValue(optional.size_of_heap_commit);
    case kLoaderFlags:
      return Value::Integer(optional.loader_flags);
    case kOverlayOffset:
      return IntegerValue(pe.OverlayOffset().value_or(0));
    case kOverlaySize: {
      const auto offset = pe.OverlayOffset();
      return IntegerValue(offset ? pe.file().size() - *offset : 0);
    }
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetHeaderTable(std::uint16_t id, Indices indices) {
  const formats::pe::PeReader& pe = file_.reader();
  if (id < kSections) {
    const std::uint64_t count = *Length(kDataDirectories, {});
    const auto* entry = ElementAt(pe.directories().first(count), indices, 0);
    if (entry == nullptr) {
      return Value::Undefined();
    }
    return Value::Integer(id == kDataDirectorySize ? entry->size : entry->virtual_address);
  }
  const formats::pe::Section* section = ElementAt(pe.sections(), indices, 0);
  if (section == nullptr) {
    return Value::Undefined();
  }
  switch (id) {
    case kSectionName:
      return Value::String(section->name());
    case kSectionFullName:
      return Text(pe.FullName(*section));
    case kSectionCharacteristics:
      return Value::Integer(section->characteristics);
    case kSectionVirtualAddress:
      return Value::Integer(section->virtual_address);
    case kSectionVirtualSize:
      return Value::Integer(section->virtual_size);
    case kSectionRawDataOffset:
      return Value::Integer(section->pointer_to_raw_data);
    case kSectionRawDataSize:
      return Value::Integer(section->size_of_raw_data);
    case kSectionPointerToRelocations:
      return Value::Integer(section->pointer_to_relocations);
    case kSectionPointerToLineNumbers:
      return Value::Integer(section->pointer_to_line_numbers);
    case kSectionNumberOfRelocations:
      return Value::Integer(section->number_of_relocations);
    case kSectionNumberOfLineNumbers:
      return Value::Integer(section->number_of_line_numbers);
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetRich(std::uint16_t id) {
  if (id == kPdbPath) {
    return Text(file_.pdb_path());
  }
  const formats::pe::RichHeader* rich = file_.rich_header();
  if (rich == nullptr) {
    return Value::Undefined();
  }
  switch (id) {
    case kRichOffset:
      return IntegerValue(rich->offset());
    case kRichLength:
      return IntegerValue(rich->size_bytes());
    case kRichKey:
      return Value::Integer(rich->key());
    case kRichRawData:
      return Value::String(rich->raw_data());
    case kRichClearData:
      return Value::String(rich->clear_data());
    case kRichVersionData:
      return rich->has_versions() ? Value::String(rich->version_data()) : Value::Undefined();
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetResource(std::uint16_t id, Indices indices) {
  const formats::pe::ResourceTable& table = file_.resources();
  const auto if_root = [&](std::int64_t value) {
    return table.has_root() ? Value::Integer(value) : Value::Undefined();
  };
  const auto number = [](const formats::pe::ResourceId& level) {
    return level.has_number() ? Value::Integer(level.number) : Value::Undefined();
  };
  switch (id) {
    case kNumberOfResources:
      return IntegerValue(table.resources().size());
    case kResourceTimestamp:
      return if_root(table.timestamp());
    case kResourceVersionMajor:
      return if_root(table.major_version());
    case kResourceVersionMinor:
      return if_root(table.minor_version());
    case kNumberOfVersionInfos:
      return IntegerValue(file_.version_info().size());
    case kVersionInfoValue:
    case kVersionInfo: {
      if (indices.empty()) {
        return Value::Undefined();
      }
      const std::string_view key = indices[0].key;
      return Text(file_.version_value(key.substr(0, key.find('\0'))));
    }
    case kVersionInfoListKey:
    case kVersionInfoListValue: {
      const formats::pe::VersionInfo& info = file_.version_info();
      const std::uint64_t index =
          indices.empty() ? info.size() : static_cast<std::uint64_t>(indices[0].number);
      if (index >= info.size()) {
        return Value::Undefined();
      }
      return Value::String(id == kVersionInfoListKey ? info.key(index) : info.value(index));
    }
    default:
      break;
  }
  const formats::pe::Resource* resource = ElementAt(table.resources(), indices, 0);
  if (resource == nullptr) {
    return Value::Undefined();
  }
  switch (id) {
    case kResourceRva:
      return Value::Integer(resource->rva);
    case kResourceOffset:
      return Number(resource->offset);
    case kResourceLength:
      return Value::Integer(resource->size);
    case kResourceType:
      return number(resource->type);
    case kResourceId:
      return number(resource->id);
    case kResourceLanguage:
      return number(resource->language);
    case kResourceTypeString:
      return Text(resource->type.name);
    case kResourceNameString:
      return Text(resource->id.name);
    case kResourceLanguageString:
      return Text(resource->language.name);
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetImport(std::uint16_t id, Indices indices) {
  const bool delayed = id >= kNumberOfDelayedImports;
  const formats::pe::ImportTable& table = delayed ? file_.delayed_imports() : file_.imports();
  const int field = delayed ? id - kNumberOfDelayedImports + kNumberOfImports : id;
  if (field == kNumberOfImports) {
    return IntegerValue(table.libraries().size());
  }
  if (field == kNumberOfImportedFunctions) {
    return IntegerValue(table.functions().size());
  }
  const formats::pe::ImportedLibrary* library = ElementAt(table.libraries(), indices, 0);
  if (library == nullptr) {
    return Value::Undefined();
  }
  if (field == kImportLibraryName) {
    return Value::String(library->name);
  }
  if (field == kImportNumberOfFunctions) {
    return Value::Integer(library->function_count);
  }
  const formats::pe::ImportedFunction* function = ElementAt(table.functions(*library), indices, 1);
  if (function == nullptr) {
    return Value::Undefined();
  }
  switch (field) {
    case kImportFunctionName:
      return Value::String(function->name);
    case kImportFunctionOrdinal:
      return function->has_ordinal ? Value::Integer(function->ordinal) : Value::Undefined();
    case kImportFunctionRva:
      return function->rva != 0 ? IntegerValue(function->rva) : Value::Undefined();
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetExport(std::uint16_t id, Indices indices) {
  const formats::pe::ExportTable& table = file_.exports();
  switch (id) {
    case kNumberOfExports:
      return IntegerValue(table.functions().size());
    case kDllName:
      return Text(table.dll_name());
    case kExportTimestamp:
      return Number(table.timestamp());
    default:
      break;
  }
  const formats::pe::ExportedFunction* function = ElementAt(table.functions(), indices, 0);
  if (function == nullptr) {
    return Value::Undefined();
  }
  switch (id) {
    case kExportOffset:
      return Number(function->offset);
    case kExportName:
      return Text(function->name);
    case kExportForwardName:
      return Text(function->forward_name);
    case kExportOrdinal:
      return Value::Integer(function->ordinal);
    case kExportRva:
      return Value::Integer(function->rva);
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetSignature(std::uint16_t id, Indices indices) {
  const std::vector<Signature>& signatures = file_.signatures();
  if (id == kNumberOfSignatures) {
    return IntegerValue(signatures.size());
  }
  if (id == kIsSigned) {
    std::int64_t is_signed = 0;
    for (const Signature& signature : signatures) {
      is_signed |= signature.verified ? 1 : 0;
    }
    return Value::Integer(is_signed);
  }
  if (id >= kSignatureCertificateFields) {
    return GetCertificate(id, indices);
  }
  if (id >= kCountersignatureVerified) {
    return GetCountersignature(id, indices);
  }
  const Signature* signature = ElementAt(signatures, indices, 0);
  if (signature == nullptr) {
    return Value::Undefined();
  }
  switch (id) {
    case kSignatureVerified:
      return Value::Integer(signature->verified ? 1 : 0);
    case kSignatureDigestAlg:
      return OptionalText(signature->digest_alg);
    case kSignatureDigest:
      return OptionalText(signature->digest);
    case kSignatureFileDigest:
      return OptionalText(signature->file_digest);
    case kSignatureNumberOfCertificates:
      return IntegerValue(signature->certificates.size());
    case kSignerProgramName:
      return OptionalText(signature->signer_program_name);
    case kSignerDigest:
      return OptionalText(signature->signer_digest);
    case kSignerDigestAlg:
      return OptionalText(signature->signer_digest_alg);
    case kSignerLengthOfChain:
      return signature->has_signer ? IntegerValue(signature->chain.size()) : Value::Undefined();
    case kSignatureNumberOfCountersignatures:
      return IntegerValue(signature->countersignatures.size());
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetCountersignature(std::uint16_t id, Indices indices) {
  const Signature* signature = ElementAt(file_.signatures(), indices, 0);
  const Countersignature* counter =
      signature != nullptr ? ElementAt(signature->countersignatures, indices, 1) : nullptr;
  if (counter == nullptr) {
    return Value::Undefined();
  }
  switch (id) {
    case kCountersignatureVerified:
      return Value::Integer(counter->verified ? 1 : 0);
    case kCountersignatureSignTime:
      return Number(counter->sign_time);
    case kCountersignatureDigestAlg:
      return OptionalText(counter->digest_alg);
    case kCountersignatureDigest:
      return OptionalText(counter->digest);
    case kCountersignatureLengthOfChain:
      return IntegerValue(counter->chain.size());
    default:
      return Value::Undefined();
  }
}

Value PeInstance::GetCertificate(std::uint16_t id, Indices indices) {
  const Signature* signature = ElementAt(file_.signatures(), indices, 0);
  if (signature == nullptr) {
    return Value::Undefined();
  }
  const Certificate* certificate = nullptr;
  std::uint16_t first = kSignatureCertificateFields;
  if (id >= kCounterChainFields) {
    first = kCounterChainFields;
    const Countersignature* counter = ElementAt(signature->countersignatures, indices, 1);
    certificate = counter != nullptr ? ElementAt(counter->chain, indices, 2) : nullptr;
  } else if (id >= kChainFields) {
    first = kChainFields;
    certificate = ElementAt(signature->chain, indices, 1);
  } else if (id >= kCertificateFields) {
    first = kCertificateFields;
    certificate = ElementAt(signature->certificates, indices, 1);
  } else if (!signature->chain.empty()) {
    certificate = &signature->chain[0];
  }
  return certificate != nullptr
             ? CertificateValue(*certificate, static_cast<CertificateField>(id - first))
             : Value::Undefined();
}

std::optional<std::uint64_t> PeInstance::Length(std::uint16_t id, Indices indices) {
  const bool is_pe = file_.is_pe();
  const auto size_of = [](const auto* element, auto member) -> std::optional<std::uint64_t> {
    return element != nullptr ? std::optional<std::uint64_t>((element->*member).size())
                              : std::nullopt;
  };
  const auto signature = [&] {
    return is_pe ? ElementAt(file_.signatures(), indices, 0) : nullptr;
  };
  switch (id) {
    case kDataDirectories:
      return is_pe
                 ? std::min<std::uint64_t>(file_.reader().optional_header().number_of_rva_and_sizes,
                                           formats::pe::kDirectoryCountMax)
                 : 0;
    case kSections:
      return is_pe ? file_.reader().sections().size() : 0;
    case kResources:
      return is_pe ? file_.resources().resources().size() : 0;
    case kVersionInfo:
      return is_pe ? file_.version_key_count() : 0;
    case kVersionInfoList:
      return is_pe ? file_.version_info().size() : 0;
    case kExportDetails:
      return is_pe ? file_.exports().functions().size() : 0;
    case kImportDetails:
      return is_pe ? file_.imports().libraries().size() : 0;
    case kDelayedImportDetails:
      return is_pe ? file_.delayed_imports().libraries().size() : 0;
    case kImportFunctions:
    case kDelayedImportFunctions: {
      if (!is_pe) {
        return std::nullopt;
      }
      const auto& table = id == kImportFunctions ? file_.imports() : file_.delayed_imports();
      const auto* library = ElementAt(table.libraries(), indices, 0);
      return library != nullptr ? std::optional<std::uint64_t>(library->function_count)
                                : std::nullopt;
    }
    case kSignatures:
      return is_pe ? file_.signatures().size() : 0;
    case kSignatureCertificates:
      return size_of(signature(), &Signature::certificates);
    case kSignerChain:
      return size_of(signature(), &Signature::chain);
    case kCountersignatures:
      return size_of(signature(), &Signature::countersignatures);
    case kCountersignatureChain: {
      const Signature* parent = signature();
      const Countersignature* counter =
          parent != nullptr ? ElementAt(parent->countersignatures, indices, 1) : nullptr;
      return size_of(counter, &Countersignature::chain);
    }
    default:
      return std::nullopt;
  }
}

std::string_view PeInstance::KeyAt(std::uint16_t, Indices, std::uint64_t position) {
  return file_.is_pe() ? file_.version_key(position) : std::string_view();
}

std::unique_ptr<module::Module> CreatePeModule() {
  return module::MakeModule(PeRoot(), module::Format::kPe,
                            [] { return std::make_unique<PeInstance>(); });
}

}  // namespace day::rules::modules::pe
