#include "libs/signatures/clamav/file_types.h"

#include <algorithm>
#include <array>

namespace day::signatures::clamav {
namespace {

struct Type {
  std::string_view name;
  std::uint8_t target = 0;
};

constexpr std::array kTypes = {
    Type{"CL_TYPE_ANY"},
    Type{"CL_TYPE_TEXT_ASCII", 7},
    Type{"CL_TYPE_TEXT_UTF8", 7},
    Type{"CL_TYPE_TEXT_UTF16LE", 7},
    Type{"CL_TYPE_TEXT_UTF16BE", 7},
    Type{"CL_TYPE_BINARY_DATA"},
    Type{"CL_TYPE_ERROR"},
    Type{"CL_TYPE_MSEXE", 1},
    Type{"CL_TYPE_ELF", 6},
    Type{"CL_TYPE_MACHO", 9},
    Type{"CL_TYPE_MACHO_UNIBIN", 9},
    Type{"CL_TYPE_POSIX_TAR"},
    Type{"CL_TYPE_OLD_TAR"},
    Type{"CL_TYPE_CPIO_OLD"},
    Type{"CL_TYPE_CPIO_ODC"},
    Type{"CL_TYPE_CPIO_NEWC"},
    Type{"CL_TYPE_CPIO_CRC"},
    Type{"CL_TYPE_GZ"},
    Type{"CL_TYPE_ZIP"},
    Type{"CL_TYPE_BZ"},
    Type{"CL_TYPE_RAR"},
    Type{"CL_TYPE_ARJ"},
    Type{"CL_TYPE_MSSZDD"},
    Type{"CL_TYPE_MSOLE2", 2},
    Type{"CL_TYPE_MSCAB"},
    Type{"CL_TYPE_MSCHM"},
    Type{"CL_TYPE_SIS"},
    Type{"CL_TYPE_SCRENC"},
    Type{"CL_TYPE_GRAPHICS", 5},
    Type{"CL_TYPE_GIF", 5},
    Type{"CL_TYPE_PNG", 5},
    Type{"CL_TYPE_JPEG", 5},
    Type{"CL_TYPE_TIFF", 5},
    Type{"CL_TYPE_RIFF"},
    Type{"CL_TYPE_BINHEX"},
    Type{"CL_TYPE_TNEF"},
    Type{"CL_TYPE_CRYPTFF"},
    Type{"CL_TYPE_PDF", 10},
    Type{"CL_TYPE_UUENCODED"},
    Type{"CL_TYPE_SCRIPT"},
    Type{"CL_TYPE_HTML_UTF16", 3},
    Type{"CL_TYPE_RTF"},
    Type{"CL_TYPE_7Z"},
    Type{"CL_TYPE_SWF", 11},
    Type{"CL_TYPE_JAVA", 12},
    Type{"CL_TYPE_XAR"},
    Type{"CL_TYPE_XZ"},
    Type{"CL_TYPE_OOXML_WORD"},
    Type{"CL_TYPE_OOXML_PPT"},
    Type{"CL_TYPE_OOXML_XL"},
    Type{"CL_TYPE_OOXML_HWP"},
    Type{"CL_TYPE_INTERNAL", 13},
    Type{"CL_TYPE_OTHER", 14},
    Type{"CL_TYPE_HTML", 3},
    Type{"CL_TYPE_MAIL", 4},
    Type{"CL_TYPE_SFX"},
    Type{"CL_TYPE_ZIPSFX"},
    Type{"CL_TYPE_RARSFX"},
    Type{"CL_TYPE_7ZSFX"},
    Type{"CL_TYPE_CABSFX"},
    Type{"CL_TYPE_ARJSFX"},
    Type{"CL_TYPE_EGG"},
    Type{"CL_TYPE_EGGSFX"},
    Type{"CL_TYPE_ALZ"},
    Type{"CL_TYPE_NULSFT"},
    Type{"CL_TYPE_AUTOIT"},
    Type{"CL_TYPE_ISHIELD_MSI"},
    Type{"CL_TYPE_ISO9660"},
    Type{"CL_TYPE_UDF"},
    Type{"CL_TYPE_DMG"},
    Type{"CL_TYPE_GPT"},
    Type{"CL_TYPE_APM"},
    Type{"CL_TYPE_XDP"},
    Type{"CL_TYPE_XML_WORD"},
    Type{"CL_TYPE_XML_XL"},
    Type{"CL_TYPE_XML_HWP"},
    Type{"CL_TYPE_HWPOLE2"},
    Type{"CL_TYPE_HWP3"},
    Type{"CL_TYPE_MBR"},
    Type{"CL_TYPE_HTML_DATA"},
    Type{"CL_TYPE_PART_ANY"},
    Type{"CL_TYPE_PART_HFSPLUS"},
    Type{"CL_TYPE_LNK"},
    Type{"CL_TYPE_PYTHON_COMPILED"},
    Type{"CL_TYPE_ONENOTE"},
    Type{"CL_TYPE_PS"},
    Type{"CL_TYPE_MHTML"},
    Type{"CL_TYPE_LHA_LZH"},
    Type{"CL_TYPE_AI_MODEL"},
    Type{"CL_TYPE_IGNORED"},
};

}  // namespace

std::optional<ClamType> TypeOfName(std::string_view name) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const Type& type) { return type.name == name; });
  if (found == kTypes.end()) {
    return std::nullopt;
  }
  return static_cast<ClamType>(found - kTypes.begin());
}

std::string_view TypeName(ClamType type) {
  return type < kTypes.size() ? kTypes[type].name : std::string_view();
}

std::uint8_t TargetOfType(ClamType type) {
  return type < kTypes.size() ? kTypes[type].target : std::uint8_t{0};
}

}  // namespace day::signatures::clamav
