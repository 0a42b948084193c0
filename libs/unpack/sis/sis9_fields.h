// FieldWalk: the tree of fields of which Symbian 9's installation files consist, in their order.
//
//   FieldWalk walk(file, 16);
//   while (const std::optional<Field> field = walk.Next()) { ... }
//
// A field is a type, a length of 31 bits, or of 63 if its highest bit is set, and so many bytes,
// padded to four. An array says the type of its elements once; they have a length only.
// Specification: "Symbian OS v9.x SIS File Format Specification". Fields that consist of fields are
// gone into after they are given; others are passed over.
//
// Of a field that is longer than what holds it everything up to the end of the data is given; the
// walk goes on behind what holds it. Where no field can be, the walk goes on behind what holds that
// place. It never goes back, so that it is linear. Limit: fields nested kDepthMax deep; those below
// are passed over. problem() says of each of these. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::unpack::sis {

// Types of fields, those that matter here.
enum class FieldType : std::uint32_t {
  kNone = 0,
  kString = 1,
  kArray = 2,
  kCompressed = 3,
  kContents = 12,
  kController = 13,
  kCertificateChain = 22,
  kLogo = 23,
  kFileDescription = 24,
  kHash = 25,
  kIf = 26,
  kElseIf = 27,
  kInstallBlock = 28,
  kData = 30,
  kDataUnit = 31,
  kFileData = 32,
  kSignature = 36,
  kBlob = 37,
  kSignatureCertificateChain = 39,
  kDataIndex = 40,
  kLast = 41,
};

struct Field {
  FieldType type = FieldType::kNone;
  FieldType parent = FieldType::kNone;  // the nearest that is no array
  std::uint64_t offset = 0;             // where its content begins
  std::uint64_t size = 0;               // as it says; hostile
  base::Bytes content;                  // what there is of it
  bool fits = false;                    // into what holds it
  unsigned depth = 0;                   // fields around it
};

class FieldWalk {
 public:
  static constexpr unsigned kDepthMax = 32;

  // REQUIRES: `data` outlives the walk and what it gives.
  FieldWalk(base::Bytes data, std::uint64_t begin);

  // The next field, or nothing at the end.
  std::optional<Field> Next();

  // "damaged: ..." or empty: the first thing that was wrong.
  std::string_view problem() const { return problem_; }

 private:
  // A field that is gone into.
  struct Level {
    std::uint64_t end = 0;
    FieldType parent = FieldType::kNone;    // of the fields in it
    FieldType elements = FieldType::kNone;  // if it is an array
    bool fits = true;
  };

  bool GoOn();
  std::optional<Field> ReadField();
  bool Enter(const Field& field, std::uint64_t behind);
  void Leave(bool is_nonsense);
  void Say(std::string_view problem);

  base::Bytes data_;
  std::uint64_t position_;
  std::array<Level, kDepthMax> levels_;
  unsigned depth_ = 0;  // levels_[depth_] is what is read
  bool is_any_ = false;
  std::string_view problem_;
};

}  // namespace day::unpack::sis
