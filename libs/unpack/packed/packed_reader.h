// PackedReader: what a packed program contains, found by running it in the emulator.
//
//   if (PackedReader::LooksPacked(file)) {
//     PackedReader reader(file);
//     while (auto dump = reader.Next(budget)) { ...scan dump->content... }
//     if (!reader.problem().empty()) { ...not everything came out... }
//   }
//
// The program runs (libs/emulate/windows) until it enters code that it wrote itself, in another
// section than before or in memory that it asked for: then its image, or that memory, is handed
// out, and it goes on, since packers are put around packers. The image is handed out as a PE file
// whose sections lie in the file as they do in memory, with the place it had come to as entry
// point, so that rules and signatures see what the packer hid.
//
// Some stubs read their own file and do not unpack if anything was appended to it. So a program
// that opens its file runs again without what stands behind its sections, if there is anything.
//
// Bounded by kInstructionsMax (what takes longer counts as several) and kDumpsMax, and by the
// budget: kStepsAnInstruction steps for each instruction, and the bytes of each dump. Ownership:
// borrows the file; a dump's content is valid until the next call of Next(). Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/emulate/windows/process.h"

namespace day::unpack::packed {

inline constexpr std::uint64_t kInstructionsMax = 60'000'000;
inline constexpr std::uint64_t kStepsAnInstruction = 4;
inline constexpr unsigned kDumpsMax = 4;

struct Dump {
  std::string name;  // "(unpacked)", "(unpacked 2)", "(memory at 0x1000000)"
  base::Bytes content;
  std::string gap;  // why it is not there
};

class PackedReader {
 public:
  // Whether the file is a PE program that looks as if it unpacks itself. Looks at the headers, and
  // at 16 KiB of the section with the entry point, if that.
  static bool LooksPacked(base::Bytes file);

  // REQUIRES: the file outlives the reader.
  explicit PackedReader(base::Bytes file, std::uint64_t instructions_max = kInstructionsMax)
      : file_(file), instructions_max_(instructions_max) {}

  std::optional<Dump> Next(base::Budget& budget);

  // After the last dump: why there may be more that did not come out; empty if there is nothing to
  // say. A program that did not unpack anything before it stopped was no packed one, and has none.
  std::string_view problem() const { return problem_; }

 private:
  enum class State : std::uint8_t { kNew, kRunning, kEnded };

  std::optional<Dump> RunOn(base::Budget& budget);
  void Start();
  bool StartShorter();
  std::optional<Dump> OnWrittenCode(base::Budget& budget);
  std::optional<Dump> OnEnd(const emulate::windows::Event& event, base::Budget& budget);
  std::optional<Dump> DumpImage(base::Budget& budget);
  std::optional<Dump> DumpMemory(std::uint64_t begin, std::uint64_t size, base::Budget& budget);
  std::optional<Dump> Pay(Dump dump, std::uint64_t size, base::Budget& budget);
  void PatchHeaders();
  std::uint64_t PlaceOf(std::uint64_t address) const;
  std::uint64_t ImageBytes() const;
  bool ImageHasNews();
  std::uint64_t WrittenPages() const;

  base::Bytes file_;                // as it is run
  std::uint64_t instructions_max_;  // of all runs
  State state_ = State::kNew;
  std::unique_ptr<emulate::windows::Process> process_;
  std::vector<std::byte> image_;       // as last handed out
  std::vector<std::byte> allocation_;  // the same of memory
  std::string problem_;
  std::uint64_t place_ = 0;         // section or allocation that the program is running in
  std::set<std::uint64_t> places_;  // that were handed out
  std::uint64_t written_code_ = 0;  // times that written code was entered
  std::uint64_t work_before_ = 0;   // of earlier runs
  bool has_unpacked_ = false;       // this run has handed out its image
  unsigned dumps_ = 0;
  unsigned image_dumps_ = 0;
};

}  // namespace day::unpack::packed
