// Opens installation files of Symbian 9 and later (UID1 0x10201A7A): the files of every data unit,
// the list of them (the controller, as "(controller)") and signatures that lie in the open
// ("(blob)"). Older files are SisReader's.
//
// Files have the base names that the controllers give them, those of controllers in controllers
// too, else "(file N)", N from 1. Conditions and checksums are not looked at. Where lengths lie,
// data of a size that is not the declared one or cut off is given as far as it goes, with a gap.
// What the tree of fields does not reach, data behind it too, is searched for the heads of
// compressed fields, so that damage to one field does not hide the files of others.
//
// Specification: "Symbian OS v9.x SIS File Format Specification". Linear in the file and its
// output; kNamesMax names are kept. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/sis/sis9_fields.h"

namespace day::unpack::sis {

class Sis9Reader final : public parts::Archive {
 public:
  static constexpr std::size_t kNamesMax = 10'000;

  static bool IsSis9(base::Bytes file);

  // REQUIRES: IsSis9(file), which outlives the reader.
  explicit Sis9Reader(base::Bytes file);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  // Of a data unit, and a file in it.
  using Place = std::pair<std::uint32_t, std::uint32_t>;
  // A file that a controller describes, before the controller says its data unit.
  struct Described {
    unsigned depth = 0;
    std::uint32_t index = 0;
    std::string name;
  };

  std::optional<parts::Member> Walk(base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<parts::Member> Search(base::Budget& budget, inflate::OutputBuffer& buffer);
  parts::Member ReadCompressed(const Field& field, std::string name, base::Budget& budget,
                               inflate::OutputBuffer& buffer);
  std::string NextName();
  void LearnNames(base::Bytes controller);
  void Learn(const Field& field);
  void Assign(std::uint32_t unit, unsigned depth);
  void Given(const Field& field);

  base::Bytes file_;
  FieldWalk walk_;
  bool is_walked_ = false;
  std::uint32_t units_ = 0;
  std::uint32_t unit_files_ = 0;  // of the unit that is read
  std::uint32_t files_ = 0;
  std::map<Place, std::string> names_;
  std::vector<Described> described_;
  // What the walk has given, where it stands; its places only ever grow.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> given_;
  std::size_t given_before_ = 0;  // of these, how many end before searched_
  std::uint64_t searched_ = 0;
  inflate::Inflater inflater_;
  std::string problem_;
};

}  // namespace day::unpack::sis
