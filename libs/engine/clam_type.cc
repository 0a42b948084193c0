#include "libs/engine/clam_type.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace day::engine {
namespace {

struct Name {
  FileType type;
  std::string_view name;
};

// The first name of a type is what ClamAV calls it; the first type of a name what we call that.
constexpr std::array kNames = {
    Name{FileType::kPe, "CL_TYPE_MSEXE"},
    Name{FileType::kDos, "CL_TYPE_MSEXE"},
    Name{FileType::kElf, "CL_TYPE_ELF"},
    Name{FileType::kMachO, "CL_TYPE_MACHO"},
    Name{FileType::kJavaClass, "CL_TYPE_JAVA"},
    Name{FileType::kLnk, "CL_TYPE_LNK"},
    Name{FileType::kZip, "CL_TYPE_ZIP"},
    Name{FileType::kGzip, "CL_TYPE_GZ"},
    Name{FileType::kTar, "CL_TYPE_POSIX_TAR"},
    Name{FileType::kBzip2, "CL_TYPE_BZ"},
    Name{FileType::kXz, "CL_TYPE_XZ"},
    Name{FileType::k7z, "CL_TYPE_7Z"},
    Name{FileType::kRar, "CL_TYPE_RAR"},
    Name{FileType::kCab, "CL_TYPE_MSCAB"},
    Name{FileType::kCpio, "CL_TYPE_CPIO_NEWC"},
    Name{FileType::kChm, "CL_TYPE_MSCHM"},
    Name{FileType::kIso9660, "CL_TYPE_ISO9660"},
    Name{FileType::kOle2, "CL_TYPE_MSOLE2"},
    Name{FileType::kOneNote, "CL_TYPE_ONENOTE"},
    Name{FileType::kPdf, "CL_TYPE_PDF"},
    Name{FileType::kRtf, "CL_TYPE_RTF"},
    Name{FileType::kPostScript, "CL_TYPE_PS"},
    Name{FileType::kSwf, "CL_TYPE_SWF"},
    Name{FileType::kHwp3, "CL_TYPE_HWP3"},
    Name{FileType::kCryptFf, "CL_TYPE_CRYPTFF"},
    Name{FileType::kGif, "CL_TYPE_GIF"},
    Name{FileType::kJpeg, "CL_TYPE_JPEG"},
    Name{FileType::kPng, "CL_TYPE_PNG"},
    Name{FileType::kBmp, "CL_TYPE_GRAPHICS"},
    Name{FileType::kIcon, "CL_TYPE_GRAPHICS"},
    Name{FileType::kTiff, "CL_TYPE_TIFF"},
    Name{FileType::kRiff, "CL_TYPE_RIFF"},
    Name{FileType::kPyc, "CL_TYPE_PYTHON_COMPILED"},
    Name{FileType::kHtml, "CL_TYPE_HTML"},
    Name{FileType::kMail, "CL_TYPE_MAIL"},
    Name{FileType::kText, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kXml, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kPhp, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kAsp, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kJsp, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kBatch, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kVbs, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kPowerShell, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kPython, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kPerl, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kShell, "CL_TYPE_TEXT_ASCII"},
    Name{FileType::kArj, "CL_TYPE_ARJ"},
    Name{FileType::kEgg, "CL_TYPE_EGG"},
    Name{FileType::kAlz, "CL_TYPE_ALZ"},
    Name{FileType::kSzdd, "CL_TYPE_MSSZDD"},
    Name{FileType::kSis, "CL_TYPE_SIS"},
    Name{FileType::kTnef, "CL_TYPE_TNEF"},
    Name{FileType::kXar, "CL_TYPE_XAR"},
    Name{FileType::kUdf, "CL_TYPE_UDF"},
    Name{FileType::kDmg, "CL_TYPE_DMG"},
    Name{FileType::kNsis, "CL_TYPE_NULSFT"},
    Name{FileType::kAutoit, "CL_TYPE_AUTOIT"},
    Name{FileType::kInstallshield, "CL_TYPE_ISHIELD_MSI"},
    Name{FileType::kHfsPlus, "CL_TYPE_PART_HFSPLUS"},
    Name{FileType::kDisk, "CL_TYPE_MBR"},
    // Types that are told apart there.
    Name{FileType::kText, "CL_TYPE_TEXT_UTF8"},
    Name{FileType::kText, "CL_TYPE_TEXT_UTF16LE"},
    Name{FileType::kText, "CL_TYPE_TEXT_UTF16BE"},
    Name{FileType::kText, "CL_TYPE_SCRENC"},
    Name{FileType::kText, "CL_TYPE_SCRIPT"},
    Name{FileType::kText, "CL_TYPE_UUENCODED"},
    Name{FileType::kText, "CL_TYPE_BINHEX"},
    Name{FileType::kHtml, "CL_TYPE_HTML_UTF16"},
    Name{FileType::kMail, "CL_TYPE_MHTML"},
    Name{FileType::kMachO, "CL_TYPE_MACHO_UNIBIN"},
    Name{FileType::kTar, "CL_TYPE_OLD_TAR"},
    Name{FileType::kCpio, "CL_TYPE_CPIO_OLD"},
    Name{FileType::kCpio, "CL_TYPE_CPIO_ODC"},
    Name{FileType::kCpio, "CL_TYPE_CPIO_CRC"},
    Name{FileType::kZip, "CL_TYPE_OOXML_WORD"},
    Name{FileType::kZip, "CL_TYPE_OOXML_PPT"},
    Name{FileType::kZip, "CL_TYPE_OOXML_XL"},
    Name{FileType::kZip, "CL_TYPE_OOXML_HWP"},
    Name{FileType::kXml, "CL_TYPE_XML_WORD"},
    Name{FileType::kXml, "CL_TYPE_XML_XL"},
    Name{FileType::kXml, "CL_TYPE_XML_HWP"},
    Name{FileType::kXml, "CL_TYPE_XDP"},
    Name{FileType::kOle2, "CL_TYPE_HWPOLE2"},
    Name{FileType::kDisk, "CL_TYPE_GPT"},
    Name{FileType::kDisk, "CL_TYPE_APM"},
    Name{FileType::kLha, "CL_TYPE_LHA_LZH"},
};

}  // namespace

signatures::clamav::ClamType ClamTypeOf(FileType type) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const Name& name) { return name.type == type; });
  const std::string_view name = found == kNames.end() ? "CL_TYPE_BINARY_DATA" : found->name;
  return signatures::clamav::TypeOfName(name).value_or(0);
}

std::optional<FileType> FileTypeOf(signatures::clamav::ClamType type) {
  const std::string_view name = signatures::clamav::TypeName(type);
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const Name& entry) { return entry.name == name; });
  return found == kNames.end() ? std::nullopt : std::optional(found->type);
}

}  // namespace day::engine
