// What kind of file some bytes are, judged by their content alone: never by their name.
//
// A table of magic numbers, then the headers of tar and of mails, then text: a few kilobytes are
// looked at. Identifying decides which decoder is tried and what the external variable `filetype`
// says; it never decides whether rules are matched. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::engine {

enum class FileType : std::uint8_t {
  kUnknown,
  kEmpty,
  kPe,
  kDos,  // MZ without a PE header
  kElf,
  kMachO,
  kDex,
  kJavaClass,
  kWasm,
  kLnk,
  kZip,
  kGzip,
  kTar,
  kBzip2,
  kXz,
  kZstd,
  kLz4,
  kLzma,  // lzma-alone
  kLzip,
  kCompress,  // .Z
  k7z,
  kRar,
  kCab,
  kAr,
  kCpio,
  kRpm,
  kArj,
  kEgg,
  kAlz,
  kNsis,  // the data behind the program
  kAutoit,
  kInstallshield,
  kSis,
  kXar,
  kLha,
  kSzdd,
  kKwaj,
  kChm,
  kIso9660,
  kUdf,
  kSquashfs,
  kDmg,
  kHfsPlus,
  kWim,
  kFat,
  kDisk,  // with partitions
  kOle2,
  kOneNote,
  kTnef,
  kPdf,
  kRtf,
  kPostScript,
  kSwf,
  kHwp3,  // Hangul documents of version 3
  kCryptFf,
  kGif,
  kJpeg,
  kPng,
  kBmp,
  kTiff,
  kIcon,
  kRiff,
  kRegistryHive,
  kEvtx,
  kMinidump,
  kPcap,
  kSqlite,
  kVhd,
  kVmdk,
  kPyc,
  kXml,
  kHtml,
  kPhp,
  kAsp,
  kJsp,
  kBatch,
  kVbs,
  kPowerShell,
  kPython,
  kPerl,
  kShell,  // "#!" and anything else
  kMail,
  kText,
};

FileType Identify(base::Bytes data);

// As reports have it: "pe", "zip", "text", ...
std::string_view FileTypeName(FileType type);
// As rules know it from the variable `filetype` of other scanners: "EXE", "ZIP", "PHP", ... Empty
// for what those have no word for.
std::string_view FileTypeExternal(FileType type);

}  // namespace day::engine
