// What the objects of a PDF file do and carry besides their streams: scripts, actions with their
// targets, names of embedded files.
//
// Found in any dictionary, whether the viewer would ever come to it or not. Views into the parsed
// text; strings still have to be decrypted and decoded. Functions without state: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/pdf/object_parser.h"
#include "libs/unpack/pdf/object_table.h"

namespace day::unpack::pdf {

inline constexpr std::size_t kFindingsMax = 200'000;

struct Finding {
  enum class Kind : std::uint8_t {
    kScript,           // `text`, a string
    kScriptReference,  // object `target` holds it
    kAction,           // a line: `label`, and the string behind it, if there is one
    kFileName,         // of the stream `stream`
    kFileNames,        // of the streams that the dictionary in the object `stream` lists
  };
  Kind kind = Kind::kAction;
  std::string_view label;  // static text: "URI", "Launch.Parameters", ...
  bool is_hex = false;
  std::string_view text;    // as written
  std::int64_t target = 0;  // the object that holds the string, if `text` is empty
  std::int64_t stream = 0;
  std::uint32_t number = 0;  // of the object that it stands in
  std::uint32_t generation = 0;
  bool is_encrypted = true;  // if the file is
};

// Appends what the object has; false if there is more than kFindingsMax altogether.
bool CollectFindings(const ParsedObject& parsed, const Object& object, ObjectTable& table,
                     std::vector<Finding>& findings);

}  // namespace day::unpack::pdf
