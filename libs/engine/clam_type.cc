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
    Name{FileType::kText, "CL_TYPE_TEXT_ASCII"},
};

}  // namespace

signatures::clamav::ClamType ClamTypeOf(FileType type) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const Name& name) { return name.type == type; });
  const std::string_view name = found == kNames.end() ? "CL_TYPE_BINARY_DATA" : found->name;
  return signatures::clamav::TypeOfName(name).value_or(0);
}

}  // namespace day::engine
