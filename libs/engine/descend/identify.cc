#include "libs/engine/descend/identify.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "libs/unpack/arj/arj_reader.h"
#include "libs/unpack/autoit/autoit_reader.h"
#include "libs/unpack/cpio/cpio_reader.h"
#include "libs/unpack/disk/disk_reader.h"
#include "libs/unpack/dmg/dmg_reader.h"
#include "libs/unpack/fat/fat_reader.h"
#include "libs/unpack/hfsplus/hfsplus_reader.h"
#include "libs/unpack/installshield/installshield_reader.h"
#include "libs/unpack/lha/lha_reader.h"
#include "libs/unpack/mail/mail_reader.h"
#include "libs/unpack/pdf/pdf_reader.h"
#include "libs/unpack/stream/stream.h"
#include "libs/unpack/tar/tar_reader.h"

namespace day::engine {
namespace {

using std::string_view_literals::operator""sv;

// How much of a file is looked at to tell text from other bytes, and what sort of text.
constexpr std::size_t kTextSampleBytes = 4096;
// Most files that are no text show it here.
constexpr std::size_t kTextStartBytes = 64;
constexpr std::uint64_t kIsoOffset = 0x8001;

struct Magic {
  std::uint64_t offset;
  std::string_view bytes;
  FileType type;
};

// First match wins.
constexpr Magic kMagics[] = {
    {0,
     "\x7F"
     "ELF"sv,
     FileType::kElf},
    {0, "PK\x03\x04"sv, FileType::kZip},
    {0, "PK\x05\x06"sv, FileType::kZip},
    {0, "PK\x07\x08PK\x03\x04"sv, FileType::kZip},
    {0, "\x1F\x8B\x08"sv, FileType::kGzip},
    {0, "%PDF-"sv, FileType::kPdf},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, FileType::kOle2},
    {0, "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D"sv, FileType::kOneNote},
    {0, "\x78\x9F\x3E\x22"sv, FileType::kTnef},
    {0, "\xCE\xFA\xED\xFE"sv, FileType::kMachO},
    {0, "\xCF\xFA\xED\xFE"sv, FileType::kMachO},
    {0, "\xFE\xED\xFA\xCE"sv, FileType::kMachO},
    {0, "\xFE\xED\xFA\xCF"sv, FileType::kMachO},
    {0, "dex\n03"sv, FileType::kDex},
    {0, "dex\n04"sv, FileType::kDex},
    {0, "\0asm"sv, FileType::kWasm},
    {0, "L\0\0\0\x01\x14\x02\0"sv, FileType::kLnk},
    {0, "7z\xBC\xAF\x27\x1C"sv, FileType::k7z},
    {0, "Rar!\x1A\x07"sv, FileType::kRar},
    {0, "MSCF\0\0\0\0"sv, FileType::kCab},
    {0, "!<arch>\n"sv, FileType::kAr},
    {0, "070701"sv, FileType::kCpio},
    {0, "070702"sv, FileType::kCpio},
    {0, "070707"sv, FileType::kCpio},
    {0, "\xED\xAB\xEE\xDB"sv, FileType::kRpm},
    {0, "xar!"sv, FileType::kXar},
    {0, "EGGA"sv, FileType::kEgg},
    {0, "ALZ\x01"sv, FileType::kAlz},
    {4, "\xEF\xBE\xAD\xDENullsoftInst"sv, FileType::kNsis},
    {0, "\x7A\x1A\x20\x10"sv, FileType::kSis},
    {0, "InstallShield\0"sv, FileType::kInstallshield},
    {0, "SZDD"sv, FileType::kSzdd},
    {0, "SZ \x88\xF0\x27\x33\xD1"sv, FileType::kSzdd},
    {0, "KWAJ\x88\xF0\x27\xD1"sv, FileType::kKwaj},
    {0, "ITSF"sv, FileType::kChm},
    {kIsoOffset, "CD001"sv, FileType::kIso9660},
    {kIsoOffset, "BEA01"sv, FileType::kUdf},
    {0, "MSWIM\0\0\0"sv, FileType::kWim},
    {0, "WLPWM\0\0\0"sv, FileType::kWim},
    {0, "hsqs"sv, FileType::kSquashfs},
    {0, "sqsh"sv, FileType::kSquashfs},
    {0, "{\\rt"sv, FileType::kRtf},
    {0, "%!PS"sv, FileType::kPostScript},
    {0, "FWS"sv, FileType::kSwf},
    {0, "CWS"sv, FileType::kSwf},
    {0, "ZWS"sv, FileType::kSwf},
    {0, "HWP Document File V3.00 \x1A\x01\x02\x03\x04\x05"sv, FileType::kHwp3},
    {0, "\xB6\xB9\xAC\xAE\xFE\xFF\xFF\xFF"sv, FileType::kCryptFf},
    {0, "GIF8"sv, FileType::kGif},
    {0, "\xFF\xD8\xFF"sv, FileType::kJpeg},
    {0, "\x89PNG\r\n\x1A\n"sv, FileType::kPng},
    {0, "II*\0"sv, FileType::kTiff},
    {0, "MM\0*"sv, FileType::kTiff},
    {0, "\0\0\x01\0"sv, FileType::kIcon},
    {0, "RIFF"sv, FileType::kRiff},
    {0, "regf"sv, FileType::kRegistryHive},
    {0, "ElfFile\0"sv, FileType::kEvtx},
    {0, "MDMP"sv, FileType::kMinidump},
    {0, "\xD4\xC3\xB2\xA1"sv, FileType::kPcap},
    {0, "\xA1\xB2\xC3\xD4"sv, FileType::kPcap},
    {0, "\x0A\x0D\x0D\x0A"sv, FileType::kPcap},
    {0, "SQLite format 3\0"sv, FileType::kSqlite},
    {0, "conectix"sv, FileType::kVhd},
    {0, "KDMV"sv, FileType::kVmdk},
    {0, "# Disk DescriptorFile"sv, FileType::kVmdk},
    {8, "\x19\x04\x00\x10"sv, FileType::kSis},
};

// Words at the start of a text, letters compared without their case.
constexpr Magic kTextMagics[] = {
    {0, "<?php"sv, FileType::kPhp},
    {0, "<?="sv, FileType::kPhp},
    {0, "<?xml"sv, FileType::kXml},
    {0, "<%@ page"sv, FileType::kJsp},
    {0, "<jsp:"sv, FileType::kJsp},
    {0, "<%"sv, FileType::kAsp},
    {0, "<!doctype html"sv, FileType::kHtml},
    {0, "<html"sv, FileType::kHtml},
    {0, "<script"sv, FileType::kHtml},
    {0, "<head"sv, FileType::kHtml},
    {0, "<body"sv, FileType::kHtml},
    {0, "<a href"sv, FileType::kHtml},
    {0, "<img "sv, FileType::kHtml},
    {0, "<iframe"sv, FileType::kHtml},
    {0, "<table"sv, FileType::kHtml},
    {0, "<title"sv, FileType::kHtml},
    {0, "<meta "sv, FileType::kHtml},
    {0, "<object"sv, FileType::kHtml},
    {0, "<center"sv, FileType::kHtml},
    {0, "<font "sv, FileType::kHtml},
    {0, "<div"sv, FileType::kHtml},
    {0, "<br"sv, FileType::kHtml},
    {0, "@echo"sv, FileType::kBatch},
    {0, "import "sv, FileType::kPython},
    {0, "dim "sv, FileType::kVbs},
    {0, "{\\rtf"sv, FileType::kRtf},
};

// Words anywhere in the sample of a text.
struct TextWord {
  std::string_view word;
  FileType type;
};
constexpr TextWord kTextWords[] = {
    {"<?php"sv, FileType::kPhp},
    {"createobject("sv, FileType::kVbs},
    {"on error resume next"sv, FileType::kVbs},
    {"invoke-expression"sv, FileType::kPowerShell},
    {"new-object "sv, FileType::kPowerShell},
    {"[cmdletbinding("sv, FileType::kPowerShell},
};

bool StartsWith(base::Bytes data, std::uint64_t offset, std::string_view magic) {
  const auto bytes = base::Slice(data, offset, magic.size());
  return bytes && base::AsText(*bytes) == magic;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A copy in lower case, so that the searches below are plain ones: files are identified one by one,
// and small texts are the most common of all.
struct LowerText {
  explicit LowerText(std::string_view text) : size(std::min(text.size(), bytes.size())) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes[i] = Lower(text[i]);
    }
  }
  std::string_view view() const { return {bytes.data(), size}; }

  std::array<char, kTextSampleBytes> bytes;
  std::size_t size;
};

// Compressed streams: their headers are more than a magic number.
std::optional<FileType> CompressedStream(base::Bytes data) {
  const auto format = unpack::stream::FormatOf(data);
  if (!format) {
    return std::nullopt;
  }
  switch (*format) {
    case unpack::stream::Format::kBzip2:
      return FileType::kBzip2;
    case unpack::stream::Format::kXz:
      return FileType::kXz;
    case unpack::stream::Format::kLzma:
      return FileType::kLzma;
    case unpack::stream::Format::kLzip:
      return FileType::kLzip;
    case unpack::stream::Format::kZstd:
      return FileType::kZstd;
    case unpack::stream::Format::kLz4:
      return FileType::kLz4;
    case unpack::stream::Format::kCompress:
      return FileType::kCompress;
    case unpack::stream::Format::kBrotli:
      break;  // has no mark
  }
  return std::nullopt;
}

// Formats that their readers know by more than a magic number.
std::optional<FileType> ByWholeHeader(base::Bytes data) {
  if (unpack::tar::TarReader::IsTar(data)) {
    return FileType::kTar;
  }
  if (unpack::hfsplus::HfsPlusReader::IsHfsPlus(data)) {
    return FileType::kHfsPlus;
  }
  if (unpack::fat::FatReader::IsFat(data)) {
    return FileType::kFat;
  }
  if (unpack::disk::DiskReader::IsDisk(data)) {
    return FileType::kDisk;
  }
  // The old binary forms.
  if (unpack::cpio::CpioReader::IsCpio(data)) {
    return FileType::kCpio;
  }
  if (unpack::arj::ArjReader::IsArj(data)) {
    return FileType::kArj;
  }
  if (unpack::autoit::AutoitReader::IsAutoit(data)) {
    return FileType::kAutoit;
  }
  if (unpack::installshield::InstallshieldReader::IsList(data)) {
    return FileType::kInstallshield;
  }
  if (unpack::lha::LhaReader::IsLha(data)) {
    return FileType::kLha;
  }
  return std::nullopt;
}

// "MZ": a PE header may follow.
FileType DosOrPe(base::Bytes data) {
  constexpr std::uint64_t kNewHeaderOffset = 0x3C;
  const auto offset = base::ReadAt<std::uint32_t>(data, kNewHeaderOffset);
  return offset && StartsWith(data, *offset, "PE\0\0"sv) ? FileType::kPe : FileType::kDos;
}

// 0xCAFEBABE starts Java classes and fat Mach-O files: a class's version is at least 45, and nobody
// has ever put that many architectures together. 0xCAFEBABF: the same with 64-bit offsets.
std::optional<FileType> JavaOrFat(base::Bytes data) {
  constexpr std::uint32_t kArchitecturesPlausibleMax = 40;
  const auto magic = base::ReadAt<std::uint32_t>(data, 0, base::Endian::kBig);
  if (magic != 0xCAFEBABE && magic != 0xCAFEBABF) {
    return std::nullopt;
  }
  const auto next = base::ReadAt<std::uint32_t>(data, 4, base::Endian::kBig);
  if (next && *next <= kArchitecturesPlausibleMax) {
    return FileType::kMachO;
  }
  return magic == 0xCAFEBABE ? std::optional(FileType::kJavaClass) : std::nullopt;
}

// No control characters but those of texts. Without a branch in the loop, so that it is vectorised.
bool IsText(std::string_view sample) {
  unsigned others = 0;
  for (const char c : sample) {
    const auto byte = static_cast<unsigned char>(c);
    others += static_cast<unsigned>((byte < 0x20) & (byte != '\n') & (byte != '\r') &
                                    (byte != '\t') & (byte != '\f') & (byte != 0x1B));
  }
  return others == 0;
}

FileType ScriptByShebang(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.find("python") != std::string_view::npos) {
    return FileType::kPython;
  }
  if (line.find("perl") != std::string_view::npos) {
    return FileType::kPerl;
  }
  if (line.find("php") != std::string_view::npos) {
    return FileType::kPhp;
  }
  return line.find("pwsh") != std::string_view::npos ? FileType::kPowerShell : FileType::kShell;
}

FileType IdentifyText(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (text.starts_with("#!")) {
    return ScriptByShebang(text);
  }
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const LowerText lower(text);
  for (const Magic& magic : kTextMagics) {
    if (lower.view().starts_with(magic.bytes)) {
      return magic.type;
    }
  }
  for (const auto& [word, type] : kTextWords) {
    if (lower.view().find(word) != std::string_view::npos) {
      return type;
    }
  }
  return FileType::kText;
}

struct Names {
  FileType type;
  std::string_view name;
  std::string_view external;
};

constexpr Names kNames[] = {
    {FileType::kUnknown, "unknown", ""},
    {FileType::kEmpty, "empty", ""},
    {FileType::kPe, "pe", "EXE"},
    {FileType::kDos, "dos", "EXE"},
    {FileType::kElf, "elf", "ELF"},
    {FileType::kMachO, "macho", "MACH-O"},
    {FileType::kDex, "dex", "DEX"},
    {FileType::kJavaClass, "java", "JAVA"},
    {FileType::kWasm, "wasm", "WASM"},
    {FileType::kLnk, "lnk", "LNK"},
    {FileType::kZip, "zip", "ZIP"},
    {FileType::kGzip, "gzip", "GZIP"},
    {FileType::kTar, "tar", "TAR"},
    {FileType::kBzip2, "bzip2", "BZip2"},
    {FileType::kXz, "xz", "XZ"},
    {FileType::kZstd, "zstd", "ZSTD"},
    {FileType::kLz4, "lz4", "LZ4"},
    {FileType::kLzma, "lzma", "LZMA"},
    {FileType::kLzip, "lzip", "LZIP"},
    {FileType::kCompress, "compress", "COMPRESS"},
    {FileType::k7z, "7z", "7Zip"},
    {FileType::kRar, "rar", "RAR"},
    {FileType::kCab, "cab", "CAB"},
    {FileType::kAr, "ar", "AR"},
    {FileType::kCpio, "cpio", "CPIO"},
    {FileType::kRpm, "rpm", "RPM"},
    {FileType::kArj, "arj", "ARJ"},
    {FileType::kEgg, "egg", "EGG"},
    {FileType::kAlz, "alz", "ALZ"},
    {FileType::kNsis, "nsis", "NSIS"},
    {FileType::kAutoit, "autoit", "AutoIt"},
    {FileType::kInstallshield, "installshield", "InstallShield"},
    {FileType::kSis, "sis", "SIS"},
    {FileType::kXar, "xar", "XAR"},
    {FileType::kLha, "lha", "LHA"},
    {FileType::kSzdd, "szdd", "SZDD"},
    {FileType::kKwaj, "kwaj", "KWAJ"},
    {FileType::kChm, "chm", "CHM"},
    {FileType::kIso9660, "iso9660", "ISO"},
    {FileType::kUdf, "udf", "UDF"},
    {FileType::kSquashfs, "squashfs", "SQUASHFS"},
    {FileType::kDmg, "dmg", "DMG"},
    {FileType::kHfsPlus, "hfsplus", "HFS+"},
    {FileType::kWim, "wim", "WIM"},
    {FileType::kFat, "fat", "FAT"},
    {FileType::kDisk, "disk", "DISK"},
    {FileType::kOle2, "ole2", "OLE"},
    {FileType::kOneNote, "onenote", "ONE"},
    {FileType::kTnef, "tnef", "TNEF"},
    {FileType::kPdf, "pdf", "PDF"},
    {FileType::kRtf, "rtf", "RTF"},
    {FileType::kPostScript, "postscript", "PS"},
    {FileType::kSwf, "swf", "SWF"},
    {FileType::kHwp3, "hwp3", "HWP"},
    {FileType::kCryptFf, "cryptff", "CryptFF"},
    {FileType::kGif, "gif", "GIF"},
    {FileType::kJpeg, "jpeg", "JPEG"},
    {FileType::kPng, "png", "PNG"},
    {FileType::kBmp, "bmp", "BMP"},
    {FileType::kTiff, "tiff", "TIFF"},
    {FileType::kIcon, "icon", "ICO"},
    {FileType::kRiff, "riff", "RIFF"},
    {FileType::kRegistryHive, "registry-hive", "Registry Hive"},
    {FileType::kEvtx, "evtx", "EVTX"},
    {FileType::kMinidump, "minidump", "MDMP"},
    {FileType::kPcap, "pcap", "LIBPCAP"},
    {FileType::kSqlite, "sqlite", "SQLITE"},
    {FileType::kVhd, "vhd", "VHD"},
    {FileType::kVmdk, "vmdk", "VMDK"},
    {FileType::kPyc, "pyc", "PYC"},
    {FileType::kXml, "xml", "XML"},
    {FileType::kHtml, "html", "HTML"},
    {FileType::kPhp, "php", "PHP"},
    {FileType::kAsp, "asp", "ASP"},
    {FileType::kJsp, "jsp", "JSP"},
    {FileType::kBatch, "batch", "BATCH"},
    {FileType::kVbs, "vbs", "VBS"},
    {FileType::kPowerShell, "powershell", "PowerShell"},
    {FileType::kPython, "python", "Python"},
    {FileType::kPerl, "perl", "Perl"},
    {FileType::kShell, "shell", "UNIX SCRIPT"},
    {FileType::kMail, "mail", "MAIL"},
    {FileType::kText, "text", ""},
};

constexpr const Names& NamesOf(FileType type) {
  for (const Names& names : kNames) {
    if (names.type == type) {
      return names;
    }
  }
  return kNames[0];
}

}  // namespace

namespace {

// What a file starts with.
FileType IdentifyStart(base::Bytes data) {
  if (data.empty()) {
    return FileType::kEmpty;
  }
  if (StartsWith(data, 0, "MZ")) {
    return DosOrPe(data);
  }
  for (const Magic& magic : kMagics) {
    if (StartsWith(data, magic.offset, magic.bytes)) {
      return magic.type;
    }
  }
  if (const auto type = JavaOrFat(data)) {
    return *type;
  }
  if (const auto type = CompressedStream(data)) {
    return *type;
  }
  // Two letters are little evidence: the bitmap's file size must fit as well.
  if (StartsWith(data, 0, "BM") && base::ReadAt<std::uint32_t>(data, 2) == data.size()) {
    return FileType::kBmp;
  }
  // Compiled Python: a version number, then these two bytes.
  if (StartsWith(data, 2, "\r\n") && data.size() >= 16 && data[1] == std::byte{0x0D}) {
    return FileType::kPyc;
  }
  if (const auto type = ByWholeHeader(data)) {
    return *type;
  }
  const std::string_view sample = base::AsText(base::ClippedSlice(data, 0, kTextSampleBytes));
  const std::string_view start = sample.substr(0, kTextStartBytes);
  // A script stays one when an archive is appended to it.
  if (sample.starts_with("#!/") || sample.starts_with("#! /")) {
    return ScriptByShebang(sample);
  }
  // Before the question whether it is text: a mail may hold any bytes.
  if (unpack::mail::MailReader::IsMail(data)) {
    return FileType::kMail;
  }
  const bool is_text = IsText(start) && IsText(sample);
  const FileType text_type = is_text ? IdentifyText(sample) : FileType::kUnknown;
  // Behind junk, as viewers accept it; a script that only mentions it stays one.
  if ((text_type == FileType::kText || text_type == FileType::kUnknown) &&
      unpack::pdf::PdfReader::IsPdf(data)) {
    return FileType::kPdf;
  }
  if (is_text) {
    return text_type;
  }
  const bool is_utf16 = sample.starts_with("\xFF\xFE") || sample.starts_with("\xFE\xFF");
  return is_utf16 ? FileType::kText : FileType::kUnknown;
}

// What the first block of a disk image may look like.
bool MayBeBlock(FileType type) {
  switch (type) {
    case FileType::kBzip2:
    case FileType::kXz:
    case FileType::kLzma:
    case FileType::kLzip:
    case FileType::kCompress:
    case FileType::kZstd:
    case FileType::kLz4:
    case FileType::kTar:
    case FileType::kHfsPlus:
    case FileType::kFat:
    case FileType::kDisk:
    case FileType::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

FileType Identify(base::Bytes data) {
  const FileType type = IdentifyStart(data);
  return MayBeBlock(type) && unpack::dmg::DmgReader::IsDmg(data) ? FileType::kDmg : type;
}

std::string_view FileTypeName(FileType type) { return NamesOf(type).name; }

std::string_view FileTypeExternal(FileType type) { return NamesOf(type).external; }

}  // namespace day::engine
