// Container: one interface over the decoders, so that the engine descends without knowing formats.
// Each call of Next() gives the next object inside, as bytes to scan, or as a gap, or as both.
//
// A new decoder is an adapter beside zip_container.cc, a line in openers.h and one in
// containers.cc.
// Not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/engine/descend/identify.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::engine {

// What the container knows of an object, however it looks.
enum class Origin : std::uint8_t {
  kOther,
  kMailPart,      // files in its text are given by the mail's container
  kMessage,       // declared to be a mail
  kScript,        // taken from where scripts stand
  kVbaMacro,      // a VBA module's source, or what is left of it
  kXlmMacro,      // the formulas of an Excel 4 macro sheet
  kManifest,      // of an OpenDocument file, whose encryption is somebody else's business
  kDeobfuscated,  // a further view of a script, or what was decoded in it
  kLinks,         // the links of a page, decoded: rules and bodies look at it, as at its page
  kPdfRest,       // behind the end of a PDF file, whose objects have been looked at there as well
  kVolumes,       // all volumes of an archive, one after the other
  kUnpacked,      // memory of a program that unpacked itself
  kEmbedded,      // found in other bytes, together with all programs that are in its own bytes
  // Copies for body signatures that look at normalised texts; nothing else looks at them.
  kNormalisedHtml,
  kNormalisedScript,
  kNormalisedText,
};

inline bool IsCopy(Origin origin) {
  return origin == Origin::kNormalisedHtml || origin == Origin::kNormalisedScript ||
         origin == Origin::kNormalisedText;
}

// What is made only if somebody looks at it.
struct Wanted {
  bool html_copies = false;
  bool text_copies = false;
  bool links = false;   // of mails and documents, as a text
  bool alerts = false;  // Container::alert()
};

// What a container says of an object, for signatures that ask for it.
struct ItemFacts {
  std::uint64_t compressed_bytes = 0;
  std::uint64_t real_bytes = 0;  // as declared
  bool is_encrypted = false;
  std::uint32_t position = 0;  // from 1
  std::optional<std::uint32_t> crc32;
};

struct Item {
  std::string name;           // of the object in its container
  base::Bytes content;        // valid until the next Next()
  bool has_content = false;   // false: only a gap
  std::string gap;            // why not all of it was seen; empty if all was
  bool is_encrypted = false;  // also if a password opened it
  Origin origin = Origin::kOther;
  bool may_repeat = false;  // another container of the same bytes may have found it as well
  std::optional<ItemFacts> facts;
};

class Container {
 public:
  virtual ~Container() = default;

  // The next object, or nothing at the end. Everything decoded is paid from `budget` and lies in
  // the file or in `buffer`, which is overwritten.
  virtual std::optional<Item> Next(base::Budget& budget, unpack::inflate::Inflater& inflater,
                                   unpack::inflate::OutputBuffer& buffer) = 0;

  // Another container of the same bytes has given this: it lies in them, or was decoded. Returns
  // whether this container may give the same, and need not give it again.
  virtual bool Claim(base::Bytes /*given*/) { return false; }

  // Something in what Next() gave last could not be read.
  virtual void LastWasDamaged() {}

  // What is wrong with the container itself, once Next() has given nothing; or empty.
  virtual std::string_view problem() const { return {}; }

  // ClamAV's name for how the container itself is made, once Next() was called, if somebody wants
  // such alerts; or empty. May come to be known only at the end.
  virtual std::string_view alert() const { return {}; }
};

// Some bytes, and what is known of them before they are opened. Views are valid while they are.
struct Subject {
  base::Bytes data;
  FileType type = FileType::kUnknown;
  std::string_view name;  // of the file, for contents that have none of their own
  Origin origin = Origin::kOther;
  Wanted wanted;
  // To be tried on encrypted archives beside those that everybody uses. They outlive containers.
  std::span<const std::string> zip_passwords;  // on all but RAR
  std::span<const std::string> rar_passwords;
  std::span<const std::uint64_t> volume_starts = {};  // Origin::kVolumes: of each volume in `data`
};

}  // namespace day::engine
