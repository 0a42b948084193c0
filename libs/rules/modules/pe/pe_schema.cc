// The schema is one table, in the order in which YARA declares it: hence the length of this file.
//
// Arrays and dictionaries are marked as defined without the format: a loop over one that has no
// elements is false, not undefined, so that `not (for any s in pe.sections : (...))` holds for
// every file. Of single fields only is_pe and constants have a value on other files.
#include "libs/rules/modules/pe/pe_schema.h"

#include <array>

#include "libs/rules/module/schema.h"

namespace day::rules::modules::pe {
namespace {

using module::Always;
using module::Constant;
using module::Field;
using module::Function;
using module::Integer;
using module::Kind;
using module::String;
using module::Struct;

// An array; see above.
constexpr Field Sequence(std::string_view name, std::uint16_t id, std::span<const Field> element) {
  return Always(module::Array(name, id, element));
}

constexpr std::uint16_t CertificateId(std::uint16_t first, CertificateField field) {
  return static_cast<std::uint16_t>(first + static_cast<std::uint16_t>(field));
}

using CertificateFields = std::array<Field, static_cast<std::size_t>(CertificateField::kCount)>;

constexpr CertificateFields MakeCertificate(std::uint16_t first) {
  const auto id = [first](CertificateField field) { return CertificateId(first, field); };
  return {{
      String("thumbprint", id(CertificateField::kThumbprint)),
      String("issuer", id(CertificateField::kIssuer)),
      String("subject", id(CertificateField::kSubject)),
      Integer("version", id(CertificateField::kVersion)),
      String("algorithm", id(CertificateField::kAlgorithm)),
      String("algorithm_oid", id(CertificateField::kAlgorithmOid)),
      String("serial", id(CertificateField::kSerial)),
      Integer("not_before", id(CertificateField::kNotBefore)),
      Integer("not_after", id(CertificateField::kNotAfter)),
  }};
}

constexpr Field kVersionInfoElement[] = {String("", kVersionInfoValue)};
constexpr Field kVersionInfoListFields[] = {
    String("key", kVersionInfoListKey),
    String("value", kVersionInfoListValue),
};
constexpr Field kVersionInfoListElement[] = {Struct("", kVersionInfoListFields)};

constexpr Field kLinkerVersion[] = {Integer("major", kLinkerVersionMajor),
                                    Integer("minor", kLinkerVersionMinor)};
constexpr Field kOsVersion[] = {Integer("major", kOsVersionMajor),
                                Integer("minor", kOsVersionMinor)};
constexpr Field kImageVersion[] = {Integer("major", kImageVersionMajor),
                                   Integer("minor", kImageVersionMinor)};
constexpr Field kSubsystemVersion[] = {Integer("major", kSubsystemVersionMajor),
                                       Integer("minor", kSubsystemVersionMinor)};
constexpr Field kResourceVersion[] = {Integer("major", kResourceVersionMajor),
                                      Integer("minor", kResourceVersionMinor)};

constexpr Field kDataDirectoryFields[] = {
    Integer("virtual_address", kDataDirectoryVirtualAddress),
    Integer("size", kDataDirectorySize),
};
constexpr Field kDataDirectoryElement[] = {Struct("", kDataDirectoryFields)};

constexpr Field kSectionFields[] = {
    String("name", kSectionName),
    String("full_name", kSectionFullName),
    Integer("characteristics", kSectionCharacteristics),
    Integer("virtual_address", kSectionVirtualAddress),
    Integer("virtual_size", kSectionVirtualSize),
    Integer("raw_data_offset", kSectionRawDataOffset),
    Integer("raw_data_size", kSectionRawDataSize),
    Integer("pointer_to_relocations", kSectionPointerToRelocations),
    Integer("pointer_to_line_numbers", kSectionPointerToLineNumbers),
    Integer("number_of_relocations", kSectionNumberOfRelocations),
    Integer("number_of_line_numbers", kSectionNumberOfLineNumbers),
};
constexpr Field kSectionElement[] = {Struct("", kSectionFields)};

constexpr Field kOverlay[] = {Integer("offset", kOverlayOffset), Integer("size", kOverlaySize)};

constexpr Field kRichSignature[] = {
    Integer("offset", kRichOffset),
    Integer("length", kRichLength),
    Integer("key", kRichKey),
    String("raw_data", kRichRawData),
    String("clear_data", kRichClearData),
    String("version_data", kRichVersionData),
    Function("version", kRichVersion, "i", Kind::kInteger),
    Function("version", kRichVersionToolid, "ii", Kind::kInteger),
    Function("toolid", kRichToolid, "i", Kind::kInteger),
    Function("toolid", kRichToolidVersion, "ii", Kind::kInteger),
};

constexpr Field kExportFields[] = {
    Integer("offset", kExportOffset),
    String("name", kExportName),
    String("forward_name", kExportForwardName),
    Integer("ordinal", kExportOrdinal),
    Integer("rva", kExportRva),
};
constexpr Field kExportElement[] = {Struct("", kExportFields)};

constexpr Field kImportFunctionFields[] = {
    String("name", kImportFunctionName),
    Integer("ordinal", kImportFunctionOrdinal),
    Integer("rva", kImportFunctionRva),
};
constexpr Field kImportFunctionElement[] = {Struct("", kImportFunctionFields)};
constexpr Field kImportFields[] = {
    String("library_name", kImportLibraryName),
    Integer("number_of_functions", kImportNumberOfFunctions),
    Sequence("functions", kImportFunctions, kImportFunctionElement),
};
constexpr Field kImportElement[] = {Struct("", kImportFields)};

constexpr Field kDelayedFunctionFields[] = {
    String("name", kDelayedImportFunctionName),
    Integer("ordinal", kDelayedImportFunctionOrdinal),
    Integer("rva", kDelayedImportFunctionRva),
};
constexpr Field kDelayedFunctionElement[] = {Struct("", kDelayedFunctionFields)};
constexpr Field kDelayedImportFields[] = {
    String("library_name", kDelayedImportLibraryName),
    Integer("number_of_functions", kDelayedImportNumberOfFunctions),
    Sequence("functions", kDelayedImportFunctions, kDelayedFunctionElement),
};
constexpr Field kDelayedImportElement[] = {Struct("", kDelayedImportFields)};

constexpr Field kResourceFields[] = {
    Integer("rva", kResourceRva),
    Integer("offset", kResourceOffset),
    Integer("length", kResourceLength),
    Integer("type", kResourceType),
    Integer("id", kResourceId),
    Integer("language", kResourceLanguage),
    String("type_string", kResourceTypeString),
    String("name_string", kResourceNameString),
    String("language_string", kResourceLanguageString),
};
constexpr Field kResourceElement[] = {Struct("", kResourceFields)};

constexpr CertificateFields kSigning = MakeCertificate(kSignatureCertificateFields);
constexpr CertificateFields kCertificate = MakeCertificate(kCertificateFields);
constexpr CertificateFields kChain = MakeCertificate(kChainFields);
constexpr CertificateFields kCounterChain = MakeCertificate(kCounterChainFields);
constexpr Field kCertificateElement[] = {Struct("", kCertificate)};
constexpr Field kChainElement[] = {Struct("", kChain)};
constexpr Field kCounterChainElement[] = {Struct("", kCounterChain)};

constexpr Field kSignerInfo[] = {
    String("program_name", kSignerProgramName),
    String("digest", kSignerDigest),
    String("digest_alg", kSignerDigestAlg),
    Integer("length_of_chain", kSignerLengthOfChain),
    Sequence("chain", kSignerChain, kChainElement),
};

constexpr Field kCountersignatureFields[] = {
    Integer("verified", kCountersignatureVerified),
    Integer("sign_time", kCountersignatureSignTime),
    String("digest_alg", kCountersignatureDigestAlg),
    String("digest", kCountersignatureDigest),
    Integer("length_of_chain", kCountersignatureLengthOfChain),
    Sequence("chain", kCountersignatureChain, kCounterChainElement),
};
constexpr Field kCountersignatureElement[] = {Struct("", kCountersignatureFields)};

constexpr Field kSignatureFields[] = {
    kSigning[0],
    kSigning[1],
    kSigning[2],
    kSigning[3],
    kSigning[4],
    kSigning[5],
    kSigning[6],
    kSigning[7],
    kSigning[8],
    Integer("verified", kSignatureVerified),
    String("digest_alg", kSignatureDigestAlg),
    String("digest", kSignatureDigest),
    String("file_digest", kSignatureFileDigest),
    Integer("number_of_certificates", kSignatureNumberOfCertificates),
    Sequence("certificates", kSignatureCertificates, kCertificateElement),
    Struct("signer_info", kSignerInfo),
    Integer("number_of_countersignatures", kSignatureNumberOfCountersignatures),
    Sequence("countersignatures", kCountersignatures, kCountersignatureElement),
    Function("valid_on", kValidOn, "i", Kind::kInteger),
};
constexpr Field kSignatureElement[] = {Struct("", kSignatureFields)};

constexpr Field kFields[] = {
    Constant("MACHINE_UNKNOWN", 0),
    Constant("MACHINE_AM33", 467),
    Constant("MACHINE_AMD64", 0x8664),
    Constant("MACHINE_ARM", 448),
    Constant("MACHINE_ARMNT", 452),
    Constant("MACHINE_ARM64", 0xAA64),
    Constant("MACHINE_EBC", 3772),
    Constant("MACHINE_I386", 332),
    Constant("MACHINE_IA64", 512),
    Constant("MACHINE_M32R", 0x9041),
    Constant("MACHINE_MIPS16", 614),
    Constant("MACHINE_MIPSFPU", 870),
    Constant("MACHINE_MIPSFPU16", 1126),
    Constant("MACHINE_POWERPC", 496),
    Constant("MACHINE_POWERPCFP", 497),
    Constant("MACHINE_R4000", 358),
    Constant("MACHINE_SH3", 418),
    Constant("MACHINE_SH3DSP", 419),
    Constant("MACHINE_SH4", 422),
    Constant("MACHINE_SH5", 424),
    Constant("MACHINE_THUMB", 450),
    Constant("MACHINE_WCEMIPSV2", 361),
    Constant("MACHINE_TARGET_HOST", 1),
    Constant("MACHINE_R3000", 354),
    Constant("MACHINE_R10000", 360),
    Constant("MACHINE_ALPHA", 388),
    Constant("MACHINE_SH3E", 420),
    Constant("MACHINE_ALPHA64", 644),
    Constant("MACHINE_AXP64", 644),
    Constant("MACHINE_TRICORE", 1312),
    Constant("MACHINE_CEF", 3311),
    Constant("MACHINE_CEE", 0xC0EE),
    Constant("SUBSYSTEM_UNKNOWN", 0),
    Constant("SUBSYSTEM_NATIVE", 1),
    Constant("SUBSYSTEM_WINDOWS_GUI", 2),
    Constant("SUBSYSTEM_WINDOWS_CUI", 3),
    Constant("SUBSYSTEM_OS2_CUI", 5),
    Constant("SUBSYSTEM_POSIX_CUI", 7),
    Constant("SUBSYSTEM_NATIVE_WINDOWS", 8),
    Constant("SUBSYSTEM_WINDOWS_CE_GUI", 9),
    Constant("SUBSYSTEM_EFI_APPLICATION", 10),
    Constant("SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER", 11),
    Constant("SUBSYSTEM_EFI_RUNTIME_DRIVER", 12),
    Constant("SUBSYSTEM_EFI_ROM_IMAGE", 13),
    Constant("SUBSYSTEM_XBOX", 14),
    Constant("SUBSYSTEM_WINDOWS_BOOT_APPLICATION", 16),
    Constant("HIGH_ENTROPY_VA", 32),
    Constant("DYNAMIC_BASE", 64),
    Constant("FORCE_INTEGRITY", 128),
    Constant("NX_COMPAT", 256),
    Constant("NO_ISOLATION", 512),
    Constant("NO_SEH", 1024),
    Constant("NO_BIND", 2048),
    Constant("APPCONTAINER", 0x1000),
    Constant("WDM_DRIVER", 0x2000),
    Constant("GUARD_CF", 0x4000),
    Constant("TERMINAL_SERVER_AWARE", 0x8000),
    Constant("RELOCS_STRIPPED", 1),
    Constant("EXECUTABLE_IMAGE", 2),
    Constant("LINE_NUMS_STRIPPED", 4),
    Constant("LOCAL_SYMS_STRIPPED", 8),
    Constant("AGGRESIVE_WS_TRIM", 16),
    Constant("LARGE_ADDRESS_AWARE", 32),
    Constant("BYTES_REVERSED_LO", 128),
    Constant("MACHINE_32BIT", 256),
    Constant("DEBUG_STRIPPED", 512),
    Constant("REMOVABLE_RUN_FROM_SWAP", 1024),
    Constant("NET_RUN_FROM_SWAP", 2048),
    Constant("SYSTEM", 0x1000),
    Constant("DLL", 0x2000),
    Constant("UP_SYSTEM_ONLY", 0x4000),
    Constant("BYTES_REVERSED_HI", 0x8000),
    Constant("IMAGE_DIRECTORY_ENTRY_EXPORT", 0),
    Constant("IMAGE_DIRECTORY_ENTRY_IMPORT", 1),
    Constant("IMAGE_DIRECTORY_ENTRY_RESOURCE", 2),
    Constant("IMAGE_DIRECTORY_ENTRY_EXCEPTION", 3),
    Constant("IMAGE_DIRECTORY_ENTRY_SECURITY", 4),
    Constant("IMAGE_DIRECTORY_ENTRY_BASERELOC", 5),
    Constant("IMAGE_DIRECTORY_ENTRY_DEBUG", 6),
    Constant("IMAGE_DIRECTORY_ENTRY_ARCHITECTURE", 7),
    Constant("IMAGE_DIRECTORY_ENTRY_COPYRIGHT", 7),
    Constant("IMAGE_DIRECTORY_ENTRY_GLOBALPTR", 8),
    Constant("IMAGE_DIRECTORY_ENTRY_TLS", 9),
    Constant("IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG", 10),
    Constant("IMAGE_DIRECTORY_ENTRY_BOUND_IMPORT", 11),
    Constant("IMAGE_DIRECTORY_ENTRY_IAT", 12),
    Constant("IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT", 13),
    Constant("IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR", 14),
    Constant("IMAGE_NT_OPTIONAL_HDR32_MAGIC", 267),
    Constant("IMAGE_NT_OPTIONAL_HDR64_MAGIC", 523),
    Constant("IMAGE_ROM_OPTIONAL_HDR_MAGIC", 263),
    Constant("SECTION_NO_PAD", 8),
    Constant("SECTION_CNT_CODE", 32),
    Constant("SECTION_CNT_INITIALIZED_DATA", 64),
    Constant("SECTION_CNT_UNINITIALIZED_DATA", 128),
    Constant("SECTION_LNK_OTHER", 256),
    Constant("SECTION_LNK_INFO", 512),
    Constant("SECTION_LNK_REMOVE", 2048),
    Constant("SECTION_LNK_COMDAT", 0x1000),
    Constant("SECTION_NO_DEFER_SPEC_EXC", 0x4000),
    Constant("SECTION_GPREL", 0x8000),
    Constant("SECTION_MEM_FARDATA", 0x8000),
    Constant("SECTION_MEM_PURGEABLE", 0x20000),
    Constant("SECTION_MEM_16BIT", 0x20000),
    Constant("SECTION_MEM_LOCKED", 0x40000),
    Constant("SECTION_MEM_PRELOAD", 0x80000),
    Constant("SECTION_ALIGN_1BYTES", 0x100000),
    Constant("SECTION_ALIGN_2BYTES", 0x200000),
    Constant("SECTION_ALIGN_4BYTES", 0x300000),
    Constant("SECTION_ALIGN_8BYTES", 0x400000),
    Constant("SECTION_ALIGN_16BYTES", 0x500000),
    Constant("SECTION_ALIGN_32BYTES", 0x600000),
    Constant("SECTION_ALIGN_64BYTES", 0x700000),
    Constant("SECTION_ALIGN_128BYTES", 0x800000),
    Constant("SECTION_ALIGN_256BYTES", 0x900000),
    Constant("SECTION_ALIGN_512BYTES", 0xA00000),
    Constant("SECTION_ALIGN_1024BYTES", 0xB00000),
    Constant("SECTION_ALIGN_2048BYTES", 0xC00000),
    Constant("SECTION_ALIGN_4096BYTES", 0xD00000),
    Constant("SECTION_ALIGN_8192BYTES", 0xE00000),
    Constant("SECTION_ALIGN_MASK", 0xF00000),
    Constant("SECTION_LNK_NRELOC_OVFL", 0x1000000),
    Constant("SECTION_MEM_DISCARDABLE", 0x2000000),
    Constant("SECTION_MEM_NOT_CACHED", 0x4000000),
    Constant("SECTION_MEM_NOT_PAGED", 0x8000000),
    Constant("SECTION_MEM_SHARED", 0x10000000),
    Constant("SECTION_MEM_EXECUTE", 0x20000000),
    Constant("SECTION_MEM_READ", 0x40000000),
    Constant("SECTION_MEM_WRITE", 0x80000000),
    Constant("SECTION_SCALE_INDEX", 1),
    Constant("RESOURCE_TYPE_CURSOR", 1),
    Constant("RESOURCE_TYPE_BITMAP", 2),
    Constant("RESOURCE_TYPE_ICON", 3),
    Constant("RESOURCE_TYPE_MENU", 4),
    Constant("RESOURCE_TYPE_DIALOG", 5),
    Constant("RESOURCE_TYPE_STRING", 6),
    Constant("RESOURCE_TYPE_FONTDIR", 7),
    Constant("RESOURCE_TYPE_FONT", 8),
    Constant("RESOURCE_TYPE_ACCELERATOR", 9),
    Constant("RESOURCE_TYPE_RCDATA", 10),
    Constant("RESOURCE_TYPE_MESSAGETABLE", 11),
    Constant("RESOURCE_TYPE_GROUP_CURSOR", 12),
    Constant("RESOURCE_TYPE_GROUP_ICON", 14),
    Constant("RESOURCE_TYPE_VERSION", 16),
    Constant("RESOURCE_TYPE_DLGINCLUDE", 17),
    Constant("RESOURCE_TYPE_PLUGPLAY", 19),
    Constant("RESOURCE_TYPE_VXD", 20),
    Constant("RESOURCE_TYPE_ANICURSOR", 21),
    Constant("RESOURCE_TYPE_ANIICON", 22),
    Constant("RESOURCE_TYPE_HTML", 23),
    Constant("RESOURCE_TYPE_MANIFEST", 24),
    Constant("IMAGE_DEBUG_TYPE_UNKNOWN", 0),
    Constant("IMAGE_DEBUG_TYPE_COFF", 1),
    Constant("IMAGE_DEBUG_TYPE_CODEVIEW", 2),
    Constant("IMAGE_DEBUG_TYPE_FPO", 3),
    Constant("IMAGE_DEBUG_TYPE_MISC", 4),
    Constant("IMAGE_DEBUG_TYPE_EXCEPTION", 5),
    Constant("IMAGE_DEBUG_TYPE_FIXUP", 6),
    Constant("IMAGE_DEBUG_TYPE_OMAP_TO_SRC", 7),
    Constant("IMAGE_DEBUG_TYPE_OMAP_FROM_SRC", 8),
    Constant("IMAGE_DEBUG_TYPE_BORLAND", 9),
    Constant("IMAGE_DEBUG_TYPE_RESERVED10", 10),
    Constant("IMAGE_DEBUG_TYPE_CLSID", 11),
    Constant("IMAGE_DEBUG_TYPE_VC_FEATURE", 12),
    Constant("IMAGE_DEBUG_TYPE_POGO", 13),
    Constant("IMAGE_DEBUG_TYPE_ILTCG", 14),
    Constant("IMAGE_DEBUG_TYPE_MPX", 15),
    Constant("IMAGE_DEBUG_TYPE_REPRO", 16),
    Constant("IMPORT_DELAYED", kImportDelayed),
    Constant("IMPORT_STANDARD", kImportStandard),
    Constant("IMPORT_ANY", kImportAny),

    Always(Integer("is_pe", kIsPe)),
    Integer("machine", kMachine),
    Integer("number_of_sections", kNumberOfSections),
    Integer("timestamp", kTimestamp),
    Integer("pointer_to_symbol_table", kPointerToSymbolTable),
    Integer("number_of_symbols", kNumberOfSymbols),
    Integer("size_of_optional_header", kSizeOfOptionalHeader),
    Integer("characteristics", kCharacteristics),
    Integer("entry_point", kEntryPoint),
    Integer("entry_point_raw", kEntryPointRaw),
    Integer("image_base", kImageBase),
    Integer("number_of_rva_and_sizes", kNumberOfRvaAndSizes),
    Integer("number_of_version_infos", kNumberOfVersionInfos),
    Always(module::Dictionary("version_info", kVersionInfo, kVersionInfoElement)),
    Sequence("version_info_list", kVersionInfoList, kVersionInfoListElement),
    Integer("opthdr_magic", kOpthdrMagic),
    Integer("size_of_code", kSizeOfCode),
    Integer("size_of_initialized_data", kSizeOfInitializedData),
    Integer("size_of_uninitialized_data", kSizeOfUninitializedData),
    Integer("base_of_code", kBaseOfCode),
    Integer("base_of_data", kBaseOfData),
    Integer("section_alignment", kSectionAlignment),
    Integer("file_alignment", kFileAlignment),
    Struct("linker_version", kLinkerVersion),
    Struct("os_version", kOsVersion),
    Struct("image_version", kImageVersion),
    Struct("subsystem_version", kSubsystemVersion),
    Integer("win32_version_value", kWin32VersionValue),
    Integer("size_of_image", kSizeOfImage),
    Integer("size_of_headers", kSizeOfHeaders),
    Integer("checksum", kChecksum),
    Function("calculate_checksum", kCalculateChecksum, "", Kind::kInteger),
    Integer("subsystem", kSubsystem),
    Integer("dll_characteristics", kDllCharacteristics),
    Integer("size_of_stack_reserve", kSizeOfStackReserve),
    Integer("size_of_stack_commit", kSizeOfStackCommit),
    Integer("size_of_heap_reserve", kSizeOfHeapReserve),
    Integer("size_of_heap_commit", kSizeOfHeapCommit),
    Integer("loader_flags", kLoaderFlags),
    Sequence("data_directories", kDataDirectories, kDataDirectoryElement),
    Sequence("sections", kSections, kSectionElement),
    Struct("overlay", kOverlay),
    Struct("rich_signature", kRichSignature),
    Function("imphash", kImphash, "", Kind::kString),
    Function("section_index", kSectionIndexName, "s", Kind::kInteger),
    Function("section_index", kSectionIndexAddress, "i", Kind::kInteger),
    Function("exports", kExports, "s", Kind::kInteger),
    Function("exports", kExportsRegex, "r", Kind::kInteger),
    Function("exports", kExportsOrdinal, "i", Kind::kInteger),
    Function("exports_index", kExportsIndex, "s", Kind::kInteger),
    Function("exports_index", kExportsIndexOrdinal, "i", Kind::kInteger),
    Function("exports_index", kExportsIndexRegex, "r", Kind::kInteger),
    Function("imports", kImports, "ss", Kind::kInteger),
    Function("imports", kImportsOrdinal, "si", Kind::kInteger),
    Function("imports", kImportsLibrary, "s", Kind::kInteger),
    Function("imports", kImportsRegex, "rr", Kind::kInteger),
    Function("imports", kImportsFlags, "iss", Kind::kInteger),
    Function("imports", kImportsFlagsOrdinal, "isi", Kind::kInteger),
    Function("imports", kImportsFlagsLibrary, "is", Kind::kInteger),
    Function("imports", kImportsFlagsRegex, "irr", Kind::kInteger),
    Function("import_rva", kImportRva, "ss", Kind::kInteger),
    Function("import_rva", kImportRvaOrdinal, "si", Kind::kInteger),
    Function("delayed_import_rva", kDelayedImportRva, "ss", Kind::kInteger),
    Function("delayed_import_rva", kDelayedImportRvaOrdinal, "si", Kind::kInteger),
    Function("locale", kLocale, "i", Kind::kInteger),
    Function("language", kLanguage, "i", Kind::kInteger),
    Function("is_dll", kIsDll, "", Kind::kInteger),
    Function("is_32bit", kIs32Bit, "", Kind::kInteger),
    Function("is_64bit", kIs64Bit, "", Kind::kInteger),
    Integer("number_of_imports", kNumberOfImports),
    Integer("number_of_imported_functions", kNumberOfImportedFunctions),
    Integer("number_of_delayed_imports", kNumberOfDelayedImports),
    Integer("number_of_delayed_imported_functions", kNumberOfDelayedImportedFunctions),
    Integer("number_of_exports", kNumberOfExports),
    String("dll_name", kDllName),
    Integer("export_timestamp", kExportTimestamp),
    Sequence("export_details", kExportDetails, kExportElement),
    Sequence("import_details", kImportDetails, kImportElement),
    Sequence("delayed_import_details", kDelayedImportDetails, kDelayedImportElement),
    Integer("resource_timestamp", kResourceTimestamp),
    Struct("resource_version", kResourceVersion),
    Sequence("resources", kResources, kResourceElement),
    Integer("number_of_resources", kNumberOfResources),
    String("pdb_path", kPdbPath),
    Sequence("signatures", kSignatures, kSignatureElement),
    Integer("is_signed", kIsSigned),
    Integer("number_of_signatures", kNumberOfSignatures),
    Function("rva_to_offset", kRvaToOffset, "i", Kind::kInteger),
};

constexpr Field kRoot = Struct("pe", kFields);

}  // namespace

const module::Field& PeRoot() { return kRoot; }

}  // namespace day::rules::modules::pe
