#include "libs/unpack/packed/packed_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "libs/formats/pe/pe_reader.h"

namespace day::unpack::packed {
namespace {

using emulate::windows::Event;
using emulate::windows::EventKind;
using emulate::windows::Process;
using formats::pe::Directory;
using formats::pe::PeReader;

constexpr std::uint64_t kSliceInstructions = 1'000'000;
// Written code is reported so often for one page, then the page is left alone: stubs keep their
// variables beside their code.
constexpr std::uint64_t kReportsMax = 20'000;
// A program that stops before it ran any of what it wrote, and wrote less, unpacked nothing.
constexpr std::uint64_t kWrittenPagesMin = 4;

constexpr std::uint64_t kFileAlignment = 512;

constexpr std::uint32_t kSectionExecutes = 0x2000'0000;
constexpr std::uint32_t kSectionWritable = 0x8000'0000;
constexpr std::uint32_t kSectionIsCode = 0x0000'0020;
constexpr std::size_t kSampleBytes = 16 * 1024;
constexpr double kEntropyHigh = 7.0;  // bits a byte; compiled code has 5.5 to 6.7

// n * log2(n) for every count that may come.
const std::vector<float>& CountLogs() {
  static const std::vector<float> kLogs = [] {
    std::vector<float> logs(kSampleBytes + 1);
    for (std::size_t n = 1; n < logs.size(); ++n) {
      logs[n] = static_cast<float>(static_cast<double>(n) * std::log2(static_cast<double>(n)));
    }
    return logs;
  }();
  return kLogs;
}

// Of at most kSampleBytes. Every program is judged by it: of many bytes each third is enough.
double Entropy(base::Bytes bytes) {
  if (bytes.empty()) {
    return 0;
  }
  const std::size_t step = bytes.size() > kSampleBytes / 2 ? 3 : 1;
  std::array<std::uint16_t, 256> counts{};
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    ++counts[std::to_integer<std::size_t>(bytes[i])];
  }
  const std::vector<float>& logs = CountLogs();
  const std::size_t count_all = (bytes.size() + step - 1) / step;
  double sum = 0;
  for (const std::uint16_t count : counts) {
    sum += static_cast<double>(logs[count]);
  }
  return std::log2(static_cast<double>(count_all)) - sum / static_cast<double>(count_all);
}

bool IsRunnable(const PeReader& pe) {
  constexpr std::uint16_t kI386 = 0x14C;
  constexpr std::uint16_t kAmd64 = 0x8664;
  constexpr std::uint16_t kSubsystemNative = 1;
  const std::uint16_t machine = pe.file_header().machine;
  return machine == (pe.is_64bit() ? kAmd64 : kI386) &&
         pe.optional_header().subsystem != kSubsystemNative &&
         pe.optional_header().address_of_entry_point != 0 &&
         // .NET; fewer directories than 15 say nothing about it.
         (pe.optional_header().number_of_rva_and_sizes <= 14 ||
          pe.directory(Directory::kComDescriptor).virtual_address == 0);
}

// The section in which the program begins; null if that is none.
const formats::pe::Section* EntrySection(const PeReader& pe, std::size_t& index) {
  const std::uint32_t entry = pe.optional_header().address_of_entry_point;
  for (index = 0; index < pe.sections().size(); ++index) {
    const formats::pe::Section& section = pe.sections()[index];
    const std::uint32_t size = std::max(section.virtual_size, section.size_of_raw_data);
    if (entry >= section.virtual_address && entry - section.virtual_address < size) {
      return &section;
    }
  }
  return nullptr;
}

// Code that is not in the file: room for what will be unpacked.
bool HasEmptyCode(const PeReader& pe) {
  return std::any_of(pe.sections().begin(), pe.sections().end(), [](const auto& section) {
    return section.size_of_raw_data == 0 && section.virtual_size != 0 &&
           (section.characteristics & (kSectionExecutes | kSectionIsCode)) != 0;
  });
}

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::string Hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

// Names of functions are the program's own, and may be anything.
std::string Readable(std::string_view text) {
  constexpr std::size_t kBytesMax = 100;
  std::string out(text.substr(0, kBytesMax));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace

bool PackedReader::LooksPacked(base::Bytes file) {
  PeReader pe;
  if (!pe.Open(file) || !IsRunnable(pe)) {
    return false;
  }
  std::size_t index = 0;
  const formats::pe::Section* entry = EntrySection(pe, index);
  if (entry == nullptr || HasEmptyCode(pe) ||
      pe.nt_header_offset() < formats::pe::kDosHeaderSizeBytes) {
    return true;
  }
  // Compilers begin in a section of code that cannot be written.
  if ((entry->characteristics & kSectionWritable) != 0) {
    return true;
  }
  if ((entry->characteristics & (kSectionExecutes | kSectionIsCode)) == 0) {
    return true;
  }
  return Entropy(base::ClippedSlice(pe.SectionData(*entry), 0, kSampleBytes)) > kEntropyHigh;
}

std::optional<Dump> PackedReader::Next(base::Budget& budget) {
  if (state_ == State::kNew) {
    Start();
  }
  do {
    if (auto dump = RunOn(budget)) {
      return dump;
    }
  } while (StartShorter());
  return std::nullopt;
}

// Until the next dump or the end of the program.
std::optional<Dump> PackedReader::RunOn(base::Budget& budget) {
  while (state_ == State::kRunning) {
    const std::uint64_t before = process_->cpu().work();
    if (work_before_ + before >= instructions_max_) {
      return OnEnd({EventKind::kBudget, "limit emulation_instructions_max"}, budget);
    }
    const Event event =
        process_->Run(std::min(kSliceInstructions, instructions_max_ - work_before_ - before));
    const std::uint64_t used = process_->cpu().work() - before;
    if (!budget.SpendSteps(used * kStepsAnInstruction).ok()) {
      return OnEnd({EventKind::kBudget, "limit " + std::string(LimitName(base::Limit::kSteps))},
                   budget);
    }
    if (event.kind == EventKind::kWrittenCode) {
      if (auto dump = OnWrittenCode(budget)) {
        return dump;
      }
    } else if (event.kind != EventKind::kBudget) {
      return OnEnd(event, budget);
    }
  }
  return std::nullopt;
}

void PackedReader::Start() {
  auto process = Process::Create(file_);
  if (!process.ok()) {
    state_ = State::kEnded;
    return;
  }
  process_ = std::move(process).value();
  state_ = State::kRunning;
  place_ = PlaceOf(process_->cpu().ip());
}

// Runs the program again as it was before something was appended: its sections' end is that of the
// file, or that rounded up. False if it has not looked at its file, or if there is nothing to cut.
bool PackedReader::StartShorter() {
  if (state_ != State::kEnded || process_ == nullptr || !process_->has_opened_file ||
      dumps_ >= kDumpsMax) {
    return false;
  }
  std::uint64_t end = 0;
  for (const formats::pe::Section& section : process_->pe().sections()) {
    end = std::max(end, std::uint64_t{section.pointer_to_raw_data} + section.size_of_raw_data);
  }
  const std::uint64_t rounded = RoundUp(end, kFileAlignment);
  const std::uint64_t size = rounded < file_.size() ? rounded : end;
  if (size == 0 || size >= file_.size()) {
    return false;
  }
  file_ = file_.first(size);
  work_before_ += process_->cpu().work();
  written_code_ = 0;
  has_unpacked_ = false;
  places_.clear();
  image_.clear();
  problem_.clear();
  Start();
  return state_ == State::kRunning;
}

// The beginning of the section or of the allocation with the address; 0: neither.
std::uint64_t PackedReader::PlaceOf(std::uint64_t address) const {
  for (const emulate::windows::Section& section : process_->sections()) {
    if (address >= section.begin && address < section.end) {
      return section.begin;
    }
  }
  const auto after = process_->allocations().upper_bound(address);
  if (after != process_->allocations().begin()) {
    const auto& [begin, size] = *std::prev(after);
    if (address - begin < size) {
      return begin;
    }
  }
  return 0;
}

std::optional<Dump> PackedReader::OnWrittenCode(base::Budget& budget) {
  const std::uint64_t ip = process_->cpu().ip();
  ++written_code_;
  const std::uint64_t place = PlaceOf(ip);
  const bool is_new_place = place != place_ && place != 0 && !places_.contains(place);
  process_->GoOn(written_code_ > kReportsMax);
  if (!is_new_place || dumps_ >= kDumpsMax) {
    return std::nullopt;
  }
  places_.insert(place);
  place_ = place;
  const auto allocation = process_->allocations().find(place);
  return allocation == process_->allocations().end()
             ? DumpImage(budget)
             : DumpMemory(allocation->first, allocation->second, budget);
}

// The image up to the last page that anything is in.
std::uint64_t PackedReader::ImageBytes() const {
  std::uint64_t end = process_->image_size();
  while (end > emulate::x86::kPageBytes &&
         process_->memory().TouchedPage(process_->image_base() + end - 1) == nullptr) {
    end -= emulate::x86::kPageBytes;
  }
  return end;
}

// Pages of the image that the program wrote to, and did not run since.
std::uint64_t PackedReader::WrittenPages() const {
  std::uint64_t written = 0;
  for (std::uint64_t at = 0; at < process_->image_size(); at += emulate::x86::kPageBytes) {
    const auto* page = process_->memory().TouchedPage(process_->image_base() + at);
    written += page != nullptr && page->is_written ? 1u : 0u;
  }
  return written;
}

// Whether the image is worth another look after the last one: it changed, and it is small or a good
// part of it did. What a program changes when it runs is little.
bool PackedReader::ImageHasNews() {
  constexpr std::uint64_t kSmallPages = 256;
  constexpr std::uint64_t kShare = 8;
  std::uint64_t changed = 0;
  std::array<std::uint8_t, emulate::x86::kPageBytes> now{};
  // Without the first page: its headers were changed in the dump.
  for (std::uint64_t at = now.size(); at < process_->image_size(); at += now.size()) {
    const auto* page = process_->memory().TouchedPage(process_->image_base() + at);
    if (image_.empty()) {
      changed += page != nullptr && page->is_written ? 1u : 0u;
    } else if (page != nullptr && at + now.size() > image_.size()) {
      ++changed;
    } else if (page != nullptr) {
      changed += std::memcmp(page->bytes.data(), image_.data() + at, now.size()) != 0 ? 1u : 0u;
    }
  }
  const std::uint64_t pages = process_->image_size() / now.size();
  return changed > 0 && (image_.empty() || pages <= kSmallPages || changed >= pages / kShare);
}

std::optional<Dump> PackedReader::OnEnd(const Event& event, base::Budget& budget) {
  state_ = State::kEnded;
  const bool ran_written_code = written_code_ > 0;
  // The image was handed out when the program came to a new section; how a program ends that runs
  // by then says nothing about what was packed.
  const bool is_unpacked = has_unpacked_ || event.kind == EventKind::kExit;
  if (ran_written_code && !is_unpacked) {
    problem_ = event.kind == EventKind::kBudget
                   ? event.detail
                   : "unsupported: emulation stopped at " + Readable(event.detail);
  }
  // A program that ran none of what it wrote, and showed no message either, unpacked nothing.
  if ((image_.empty() && !ran_written_code && WrittenPages() < kWrittenPagesMin) ||
      !ImageHasNews()) {
    return std::nullopt;
  }
  return DumpImage(budget);
}

std::optional<Dump> PackedReader::Pay(Dump dump, std::uint64_t size, base::Budget& budget) {
  ++dumps_;
  const base::BudgetLimits& limits = budget.limits();
  if (size > limits.file_bytes_max) {
    dump.gap = "limit " + std::string(LimitName(base::Limit::kFileBytes));
  } else if (!budget.SpendBytesOut(size).ok()) {
    dump.gap = "limit " + std::string(LimitName(budget.exceeded()));
  }
  return dump;
}

std::optional<Dump> PackedReader::DumpImage(base::Budget& budget) {
  ++image_dumps_;
  has_unpacked_ = true;
  Dump dump;
  dump.name = image_dumps_ == 1 ? "(unpacked)" : "(unpacked " + std::to_string(image_dumps_) + ")";
  const std::uint64_t size = ImageBytes();
  auto paid = Pay(std::move(dump), size, budget);
  if (paid->gap.empty()) {
    image_.resize(size);
    auto* bytes = reinterpret_cast<std::uint8_t*>(image_.data());
    (void)process_->memory().Peek(process_->image_base(), {bytes, image_.size()});
    PatchHeaders();
    paid->content = image_;
  }
  return paid;
}

std::optional<Dump> PackedReader::DumpMemory(std::uint64_t begin, std::uint64_t size,
                                             base::Budget& budget) {
  Dump dump;
  dump.name = "(memory at " + Hex(begin) + ")";
  auto paid = Pay(std::move(dump), size, budget);
  if (paid->gap.empty()) {
    allocation_.resize(size);
    auto* bytes = reinterpret_cast<std::uint8_t*>(allocation_.data());
    (void)process_->memory().Peek(begin, {bytes, allocation_.size()});
    paid->content = allocation_;
  }
  return paid;
}

// The headers of the file, changed so that they describe the dump.
void PackedReader::PatchHeaders() {
  const PeReader& pe = process_->pe();
  const auto put = [&](std::uint64_t offset, std::uint32_t value) {
    for (unsigned i = 0; i < 4 && offset + i < image_.size(); ++i) {
      image_[offset + i] = static_cast<std::byte>(value >> (8 * i));
    }
  };
  const std::uint64_t nt = pe.nt_header_offset();
  const std::uint64_t optional = nt + 4 + formats::pe::kFileHeaderSizeBytes;
  const std::uint64_t table = optional + pe.file_header().size_of_optional_header;
  const std::uint64_t end = table + pe.sections().size() * formats::pe::kSectionHeaderSizeBytes;
  std::uint64_t first = image_.size();
  for (const formats::pe::Section& section : pe.sections()) {
    first = std::min<std::uint64_t>(first, section.virtual_address);
  }
  if (pe.sections().empty() || std::max(end, optional) > first) {
    return;
  }
  const base::Bytes headers = base::ClippedSlice(file_, 0, std::min(end, first));
  std::copy(headers.begin(), headers.end(), image_.begin());
  const std::uint64_t entry = process_->cpu().ip() - process_->image_base();
  if (entry < process_->image_size()) {
    put(optional + 16, static_cast<std::uint32_t>(entry));
  }
  for (std::size_t i = 0; i < pe.sections().size(); ++i) {
    const formats::pe::Section& section = pe.sections()[i];
    const std::uint64_t header = table + i * formats::pe::kSectionHeaderSizeBytes;
    const std::uint64_t size =
        RoundUp(std::max(section.virtual_size, std::uint32_t{1}), formats::pe::kPageSizeBytes);
    put(header + 16, static_cast<std::uint32_t>(size));
    put(header + 20, section.virtual_address);
  }
}

}  // namespace day::unpack::packed
