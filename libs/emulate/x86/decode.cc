#include "libs/emulate/x86/decode.h"

#include <array>
#include <optional>

#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

enum class Form : std::uint8_t {
  kNone,
  kModRm,
  kModRmImm8,
  kModRmImmZ,
  kImm8,
  kImmZ,  // 16 or 32 bits
  kImmV,  // as wide as the operand
  kImm16,
  kEnter,  // 16 bits, then 8
  kMoffs,
  kRel8,
  kRelZ,
  kFar,
};

enum class Width : std::uint8_t {
  kByte,
  kFull,    // 16, 32 or 64 bits by prefixes
  kStack,   // as kFull, but 64 bits by default in 64-bit mode
  kLowBit,  // a byte if the opcode is even, else kFull
};

enum class In : std::uint8_t { kBoth, kOnly32 };

struct Opcode {
  Form form = Form::kNone;
  Width width = Width::kFull;
  Binder bind = nullptr;  // null: not covered
  In modes = In::kBoth;
};

struct Range {
  std::uint8_t first;
  std::uint8_t last;
  Opcode opcode;
};

constexpr Range kOneByte[] = {
    {0x06, 0x06, {Form::kNone, Width::kStack, &BindPushSegment, In::kOnly32}},
    {0x07, 0x07, {Form::kNone, Width::kStack, &BindPopSegment, In::kOnly32}},
    {0x0E, 0x0E, {Form::kNone, Width::kStack, &BindPushSegment, In::kOnly32}},
    {0x16, 0x16, {Form::kNone, Width::kStack, &BindPushSegment, In::kOnly32}},
    {0x17, 0x17, {Form::kNone, Width::kStack, &BindPopSegment, In::kOnly32}},
    {0x1E, 0x1E, {Form::kNone, Width::kStack, &BindPushSegment, In::kOnly32}},
    {0x1F, 0x1F, {Form::kNone, Width::kStack, &BindPopSegment, In::kOnly32}},
    {0x27, 0x27, {Form::kNone, Width::kByte, &BindDecimal, In::kOnly32}},
    {0x2F, 0x2F, {Form::kNone, Width::kByte, &BindDecimal, In::kOnly32}},
    {0x37, 0x37, {Form::kNone, Width::kByte, &BindDecimal, In::kOnly32}},
    {0x3F, 0x3F, {Form::kNone, Width::kByte, &BindDecimal, In::kOnly32}},
    {0x40, 0x4F, {Form::kNone, Width::kFull, &BindIncReg, In::kOnly32}},
    {0x50, 0x57, {Form::kNone, Width::kStack, &BindPushReg}},
    {0x58, 0x5F, {Form::kNone, Width::kStack, &BindPopReg}},
    {0x60, 0x61, {Form::kNone, Width::kFull, &BindPushAll, In::kOnly32}},
    {0x62, 0x62, {Form::kModRm, Width::kFull, &BindBound, In::kOnly32}},
    {0x63, 0x63, {Form::kModRm, Width::kFull, &BindMovsxd}},
    {0x68, 0x68, {Form::kImmZ, Width::kStack, &BindPushImm}},
    {0x69, 0x69, {Form::kModRmImmZ, Width::kFull, &BindImul3}},
    {0x6A, 0x6A, {Form::kImm8, Width::kStack, &BindPushImm}},
    {0x6B, 0x6B, {Form::kModRmImm8, Width::kFull, &BindImul3}},
    {0x6C, 0x6F, {Form::kNone, Width::kFull, &BindPrivileged}},
    {0x70, 0x7F, {Form::kRel8, Width::kStack, &BindJcc}},
    {0x80, 0x80, {Form::kModRmImm8, Width::kByte, &BindGroup1}},
    {0x81, 0x81, {Form::kModRmImmZ, Width::kFull, &BindGroup1}},
    {0x82, 0x82, {Form::kModRmImm8, Width::kByte, &BindGroup1, In::kOnly32}},
    {0x83, 0x83, {Form::kModRmImm8, Width::kFull, &BindGroup1}},
    {0x84, 0x85, {Form::kModRm, Width::kLowBit, &BindTest}},
    {0x86, 0x87, {Form::kModRm, Width::kLowBit, &BindXchg}},
    {0x88, 0x8B, {Form::kModRm, Width::kLowBit, &BindMov}},
    {0x8C, 0x8C, {Form::kModRm, Width::kFull, &BindFromSegment}},
    {0x8D, 0x8D, {Form::kModRm, Width::kFull, &BindLea}},
    {0x8E, 0x8E, {Form::kModRm, Width::kFull, &BindToSegment}},
    {0x8F, 0x8F, {Form::kModRm, Width::kStack, &BindPopRm}},
    {0x90, 0x97, {Form::kNone, Width::kFull, &BindXchgAx}},
    {0x98, 0x99, {Form::kNone, Width::kFull, &BindConvert}},
    {0x9B, 0x9B, {Form::kNone, Width::kFull, &BindNop}},
    {0x9C, 0x9D, {Form::kNone, Width::kStack, &BindPushFlags}},
    {0x9E, 0x9F, {Form::kNone, Width::kByte, &BindFlagOps}},
    {0xA0, 0xA3, {Form::kMoffs, Width::kLowBit, &BindMoffs}},
    {0xA4, 0xA7, {Form::kNone, Width::kLowBit, &BindString}},
    {0xA8, 0xA8, {Form::kImm8, Width::kByte, &BindTestImm}},
    {0xA9, 0xA9, {Form::kImmZ, Width::kFull, &BindTestImm}},
    {0xAA, 0xAF, {Form::kNone, Width::kLowBit, &BindString}},
    {0xB0, 0xB7, {Form::kImm8, Width::kByte, &BindMovImmReg}},
    {0xB8, 0xBF, {Form::kImmV, Width::kFull, &BindMovImmReg}},
    {0xC0, 0xC1, {Form::kModRmImm8, Width::kLowBit, &BindShift}},
    {0xC2, 0xC2, {Form::kImm16, Width::kStack, &BindRet}},
    {0xC3, 0xC3, {Form::kNone, Width::kStack, &BindRet}},
    {0xC6, 0xC6, {Form::kModRmImm8, Width::kByte, &BindMovImm}},
    {0xC7, 0xC7, {Form::kModRmImmZ, Width::kFull, &BindMovImm}},
    {0xC8, 0xC8, {Form::kEnter, Width::kStack, &BindEnter}},
    {0xC9, 0xC9, {Form::kNone, Width::kStack, &BindLeave}},
    {0xCA, 0xCA, {Form::kImm16, Width::kFull, &BindRetFar}},
    {0xCB, 0xCB, {Form::kNone, Width::kFull, &BindRetFar}},
    {0xCC, 0xCC, {Form::kNone, Width::kByte, &BindInterrupt}},
    {0xCD, 0xCD, {Form::kImm8, Width::kByte, &BindInterrupt}},
    {0xCE, 0xCE, {Form::kNone, Width::kByte, &BindInterrupt, In::kOnly32}},
    {0xD0, 0xD3, {Form::kModRm, Width::kLowBit, &BindShift}},
    {0xD4, 0xD5, {Form::kImm8, Width::kByte, &BindDecimal, In::kOnly32}},
    {0xD6, 0xD6, {Form::kNone, Width::kByte, &BindFlagOps, In::kOnly32}},
    {0xD7, 0xD7, {Form::kNone, Width::kByte, &BindXlat}},
    {0xD8, 0xDF, {Form::kModRm, Width::kFull, &BindFpu}},
    {0xE0, 0xE3, {Form::kRel8, Width::kStack, &BindLoop}},
    {0xE4, 0xE5, {Form::kImm8, Width::kFull, &BindPrivileged}},
    {0xE6, 0xE7, {Form::kImm8, Width::kFull, &BindPrivileged}},
    {0xE8, 0xE8, {Form::kRelZ, Width::kStack, &BindCall}},
    {0xE9, 0xE9, {Form::kRelZ, Width::kStack, &BindJump}},
    {0xEB, 0xEB, {Form::kRel8, Width::kStack, &BindJump}},
    {0xEC, 0xEF, {Form::kNone, Width::kFull, &BindPrivileged}},
    {0xF1, 0xF1, {Form::kNone, Width::kByte, &BindInterrupt}},
    {0xF4, 0xF4, {Form::kNone, Width::kByte, &BindPrivileged}},
    {0xF5, 0xF5, {Form::kNone, Width::kByte, &BindFlagOps}},
    {0xF6, 0xF7, {Form::kModRm, Width::kLowBit, &BindGroup3}},
    {0xF8, 0xF9, {Form::kNone, Width::kByte, &BindFlagOps}},
    {0xFA, 0xFB, {Form::kNone, Width::kByte, &BindPrivileged}},
    {0xFC, 0xFD, {Form::kNone, Width::kByte, &BindFlagOps}},
    {0xFE, 0xFE, {Form::kModRm, Width::kByte, &BindIncDec}},
    {0xFF, 0xFF, {Form::kModRm, Width::kFull, &BindGroup5}},
};

constexpr Range kTwoBytes[] = {
    {0x06, 0x06, {Form::kNone, Width::kFull, &BindPrivileged}},
    {0x08, 0x09, {Form::kNone, Width::kFull, &BindPrivileged}},
    {0x0B, 0x0B, {Form::kNone, Width::kFull, &BindInvalid}},
    {0x0D, 0x0D, {Form::kModRm, Width::kFull, &BindNop}},
    {0x10, 0x11, {Form::kModRm, Width::kFull, &BindVector}},
    {0x18, 0x1F, {Form::kModRm, Width::kFull, &BindNop}},
    {0x20, 0x23, {Form::kModRm, Width::kFull, &BindPrivileged}},
    {0x28, 0x29, {Form::kModRm, Width::kFull, &BindVector}},
    {0x30, 0x30, {Form::kNone, Width::kFull, &BindPrivileged}},
    {0x31, 0x31, {Form::kNone, Width::kFull, &BindRdtsc}},
    {0x32, 0x33, {Form::kNone, Width::kFull, &BindPrivileged}},
    {0x40, 0x4F, {Form::kModRm, Width::kFull, &BindCmov}},
    {0x54, 0x57, {Form::kModRm, Width::kFull, &BindVector}},
    {0x6E, 0x6F, {Form::kModRm, Width::kFull, &BindVector}},
    {0x74, 0x76, {Form::kModRm, Width::kFull, &BindVector}},
    {0x77, 0x77, {Form::kNone, Width::kFull, &BindNop}},
    {0x7E, 0x7F, {Form::kModRm, Width::kFull, &BindVector}},
    {0x80, 0x8F, {Form::kRelZ, Width::kStack, &BindJcc}},
    {0x90, 0x9F, {Form::kModRm, Width::kByte, &BindSetcc}},
    {0xA0, 0xA0, {Form::kNone, Width::kStack, &BindPushSegment}},
    {0xA1, 0xA1, {Form::kNone, Width::kStack, &BindPopSegment}},
    {0xA2, 0xA2, {Form::kNone, Width::kFull, &BindCpuid}},
    {0xA3, 0xA3, {Form::kModRm, Width::kFull, &BindBitTest}},
    {0xA4, 0xA4, {Form::kModRmImm8, Width::kFull, &BindDoubleShift}},
    {0xA5, 0xA5, {Form::kModRm, Width::kFull, &BindDoubleShift}},
    {0xA8, 0xA8, {Form::kNone, Width::kStack, &BindPushSegment}},
    {0xA9, 0xA9, {Form::kNone, Width::kStack, &BindPopSegment}},
    {0xAB, 0xAB, {Form::kModRm, Width::kFull, &BindBitTest}},
    {0xAC, 0xAC, {Form::kModRmImm8, Width::kFull, &BindDoubleShift}},
    {0xAD, 0xAD, {Form::kModRm, Width::kFull, &BindDoubleShift}},
    {0xAE, 0xAE, {Form::kModRm, Width::kFull, &BindGroup15}},
    {0xAF, 0xAF, {Form::kModRm, Width::kFull, &BindImul2}},
    {0xB0, 0xB1, {Form::kModRm, Width::kLowBit, &BindCmpxchg}},
    {0xB3, 0xB3, {Form::kModRm, Width::kFull, &BindBitTest}},
    {0xB6, 0xB7, {Form::kModRm, Width::kFull, &BindMovx}},
    {0xB8, 0xB8, {Form::kModRm, Width::kFull, &BindPopcnt}},
    {0xB9, 0xB9, {Form::kModRm, Width::kFull, &BindInvalid}},
    {0xBA, 0xBA, {Form::kModRmImm8, Width::kFull, &BindGroup8}},
    {0xBB, 0xBB, {Form::kModRm, Width::kFull, &BindBitTest}},
    {0xBC, 0xBD, {Form::kModRm, Width::kFull, &BindBitScan}},
    {0xBE, 0xBF, {Form::kModRm, Width::kFull, &BindMovx}},
    {0xC0, 0xC1, {Form::kModRm, Width::kLowBit, &BindXadd}},
    {0xC3, 0xC3, {Form::kModRm, Width::kFull, &BindMovnti}},
    {0xC7, 0xC7, {Form::kModRm, Width::kFull, &BindGroup9}},
    {0xC8, 0xCF, {Form::kNone, Width::kFull, &BindBswap}},
    {0xD4, 0xD4, {Form::kModRm, Width::kFull, &BindVector}},
    {0xD6, 0xD6, {Form::kModRm, Width::kFull, &BindVector}},
    {0xDB, 0xDB, {Form::kModRm, Width::kFull, &BindVector}},
    {0xDF, 0xDF, {Form::kModRm, Width::kFull, &BindVector}},
    {0xE7, 0xE7, {Form::kModRm, Width::kFull, &BindVector}},
    {0xEB, 0xEB, {Form::kModRm, Width::kFull, &BindVector}},
    {0xEF, 0xEF, {Form::kModRm, Width::kFull, &BindVector}},
    {0xF8, 0xFE, {Form::kModRm, Width::kFull, &BindVector}},
    {0xFF, 0xFF, {Form::kModRm, Width::kFull, &BindInvalid}},
};

using Table = std::array<Opcode, 256>;

template <std::size_t N>
constexpr Table Expand(const Range (&ranges)[N]) {
  Table table{};
  for (const Range& range : ranges) {
    for (unsigned opcode = range.first; opcode <= range.last; ++opcode) {
      table[opcode] = range.opcode;
    }
  }
  return table;
}

constexpr Table OneByteTable() {
  Table table = Expand(kOneByte);
  // The eight operations of arithmetic, in six forms each.
  for (unsigned opcode = 0; opcode < 0x40; ++opcode) {
    const unsigned form = opcode & 7;
    if (form < 4) {
      table[opcode] = {Form::kModRm, Width::kLowBit, &BindAlu};
    } else if (form < 6) {
      table[opcode] = {form == 4 ? Form::kImm8 : Form::kImmZ, Width::kLowBit, &BindAlu};
    }
  }
  return table;
}

constexpr Table kOneByteTable = OneByteTable();
constexpr Table kTwoByteTable = Expand(kTwoBytes);

class Decoder {
 public:
  Decoder(Mode mode, std::uint64_t address, std::span<const std::uint8_t> bytes, Instruction& insn)
      : mode_(mode), address_(address), bytes_(bytes), insn_(insn) {
    if (bytes_.size() > kInstructionBytesMax) {
      bytes_ = bytes_.first(kInstructionBytesMax);
    }
  }

  DecodeResult Run();

 private:
  bool is_64() const { return mode_ == Mode::k64; }
  std::uint8_t U8() {
    if (at_ >= bytes_.size()) {
      is_short_ = true;
      return 0;
    }
    return bytes_[at_++];
  }
  // A little-endian number of 1 << size_log bytes, sign-extended.
  std::uint64_t Signed(unsigned size_log) {
    std::uint64_t value = 0;
    const unsigned size = 1u << size_log;
    for (unsigned i = 0; i < size; ++i) {
      value |= static_cast<std::uint64_t>(U8()) << (8 * i);
    }
    const unsigned unused = 64 - 8 * size;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
  }

  std::uint8_t Prefixes();
  bool TakePrefix(std::uint8_t byte);
  void SetSize(Width width);
  std::uint8_t RegisterOffset(unsigned number, bool is_byte) const;
  void ModRm(bool rm_is_byte, bool reg_is_byte);
  void Address16(unsigned mod, unsigned rm);
  void Address(unsigned mod, unsigned rm);
  void Sib(unsigned mod);
  void Operands(Form form, bool is_two_bytes);
  bool LockIsValid(bool is_two_bytes) const;
  unsigned immediate_log() const { return insn_.size_log == 1 ? 1 : insn_.size_log == 0 ? 0 : 2; }

  Mode mode_;
  std::uint64_t address_;
  std::span<const std::uint8_t> bytes_;
  Instruction& insn_;
  std::size_t at_ = 0;
  bool is_short_ = false;
  bool has_lock_ = false;
  bool has_address_prefix_ = false;
  bool is_rip_relative_ = false;
  std::optional<std::uint8_t> segment_;
};

bool Decoder::TakePrefix(std::uint8_t byte) {
  switch (byte) {
    case 0x26:
    case 0x2E:
    case 0x36:
    case 0x3E:
      if (!is_64()) {
        segment_ = static_cast<std::uint8_t>(byte >> 3 & 3);
      }
      return true;
    case 0x64:
      segment_ = kFs;
      return true;
    case 0x65:
      segment_ = kGs;
      return true;
    case 0x66:
      insn_.is_operand16 = true;
      return true;
    case 0x67:
      has_address_prefix_ = true;
      return true;
    case 0xF0:
      has_lock_ = true;
      return true;
    case 0xF2:
      insn_.repeat = Repeat::kWhileNotEqual;
      return true;
    case 0xF3:
      insn_.repeat = Repeat::kWhileEqual;
      return true;
    default:
      return false;
  }
}

// Gives the first byte of the opcode. A REX prefix counts only right before it.
std::uint8_t Decoder::Prefixes() {
  std::uint8_t byte = U8();
  while (!is_short_) {
    if (is_64() && (byte & 0xF0) == 0x40) {
      insn_.rex = byte;
    } else if (TakePrefix(byte)) {
      insn_.rex = 0;
    } else {
      break;
    }
    byte = U8();
  }
  insn_.address_log = is_64() ? (has_address_prefix_ ? 2 : 3) : (has_address_prefix_ ? 1 : 2);
  insn_.address_mask = insn_.address_log == 3   ? ~std::uint64_t{0}
                       : insn_.address_log == 2 ? 0xFFFF'FFFFu
                                                : 0xFFFFu;
  return byte;
}

void Decoder::SetSize(Width width) {
  if (width == Width::kLowBit) {
    width = (insn_.opcode & 1) == 0 ? Width::kByte : Width::kFull;
  }
  if (width == Width::kByte) {
    insn_.size_log = 0;
  } else if ((insn_.rex & 8) != 0) {
    insn_.size_log = 3;
  } else if (insn_.is_operand16) {
    insn_.size_log = 1;
  } else {
    insn_.size_log = width == Width::kStack && is_64() ? 3 : 2;
  }
}

std::uint8_t Decoder::RegisterOffset(unsigned number, bool is_byte) const {
  if (is_byte && insn_.rex == 0 && number >= 4 && number < 8) {
    return static_cast<std::uint8_t>((number - 4) * 8 + 1);
  }
  return static_cast<std::uint8_t>(number * 8);
}

void Decoder::ModRm(bool rm_is_byte, bool reg_is_byte) {
  insn_.modrm = U8();
  const unsigned mod = insn_.modrm >> 6;
  const unsigned rm = insn_.modrm & 7;
  const unsigned reg = (insn_.modrm >> 3 & 7u) | ((insn_.rex & 4u) << 1);
  insn_.reg = RegisterOffset(reg, reg_is_byte);
  if (mod == 3) {
    insn_.rm = RegisterOffset(rm | ((insn_.rex & 1u) << 3), rm_is_byte);
    return;
  }
  insn_.is_memory = true;
  if (insn_.address_log == 1) {
    Address16(mod, rm);
  } else {
    Address(mod, rm);
  }
}

void Decoder::Address16(unsigned mod, unsigned rm) {
  constexpr std::uint8_t kBases[] = {kBx, kBx, kBp, kBp, kSi, kDi, kBp, kBx};
  constexpr std::uint8_t kIndices[] = {kSi,         kDi,         kSi,         kDi,
                                       kNoRegister, kNoRegister, kNoRegister, kNoRegister};
  insn_.segment = kDs;
  if (mod == 0 && rm == 6) {
    insn_.displacement = Signed(1);
    return;
  }
  insn_.base = kBases[rm];
  insn_.index = kIndices[rm];
  insn_.segment = insn_.base == kBp ? kSs : kDs;
  if (mod != 0) {
    insn_.displacement = Signed(mod - 1);
  }
}

void Decoder::Address(unsigned mod, unsigned rm) {
  insn_.segment = kDs;
  if (rm == 4) {
    Sib(mod);
  } else if (mod == 0 && rm == 5) {
    insn_.displacement = Signed(2);
    is_rip_relative_ = is_64();
    return;
  } else {
    insn_.base = static_cast<std::uint8_t>(rm | ((insn_.rex & 1u) << 3));
  }
  if (insn_.base == kSp || insn_.base == kBp) {
    insn_.segment = kSs;
  }
  if (mod != 0) {
    insn_.displacement = Signed(mod == 1 ? 0 : 2);
  }
}

void Decoder::Sib(unsigned mod) {
  const std::uint8_t sib = U8();
  const unsigned index = (sib >> 3 & 7u) | ((insn_.rex & 2u) << 2);
  const unsigned base = sib & 7u;
  insn_.scale = sib >> 6;
  insn_.index = index == kSp ? kNoRegister : static_cast<std::uint8_t>(index);
  if (mod == 0 && base == kBp) {
    insn_.displacement = Signed(2);
    return;
  }
  insn_.base = static_cast<std::uint8_t>(base | ((insn_.rex & 1u) << 3));
}

void Decoder::Operands(Form form, bool is_two_bytes) {
  const bool is_byte = insn_.size_log == 0;
  // movzx and movsx: only what is read is a byte.
  const bool rm_is_byte = is_byte || (is_two_bytes && (insn_.opcode & 0xF7) == 0xB6);
  switch (form) {
    case Form::kNone:
      break;
    case Form::kModRm:
    case Form::kModRmImm8:
    case Form::kModRmImmZ:
      ModRm(rm_is_byte, is_byte);
      break;
    case Form::kImm16:
      insn_.imm = Signed(1) & 0xFFFF;
      break;
    case Form::kEnter:
      insn_.imm = Signed(1) & 0xFFFF;
      insn_.second_imm = U8();
      break;
    case Form::kMoffs:
      insn_.displacement = Signed(insn_.address_log);
      insn_.segment = kDs;
      insn_.is_memory = true;
      break;
    case Form::kImmV:
      insn_.imm = Signed(insn_.size_log);
      break;
    default:
      break;
  }
  // "test" is the only one of its group with an immediate.
  const bool is_test = !is_two_bytes && (insn_.opcode & 0xFE) == 0xF6 && (insn_.modrm & 0x30) == 0;
  if (form == Form::kModRmImm8 || form == Form::kImm8 || form == Form::kRel8) {
    insn_.imm = Signed(0);
  } else if (form == Form::kModRmImmZ || form == Form::kImmZ || is_test) {
    insn_.imm = Signed(immediate_log());
  } else if (form == Form::kRelZ) {
    // In 64-bit mode the prefix 0x66 does not shorten branches (as Intel's processors have it).
    insn_.imm = Signed(is_64() ? 2 : immediate_log());
  }
  if (form == Form::kNone || form == Form::kImm8 || form == Form::kImmV) {
    // Opcodes that hold a register in their low bits.
    insn_.rm = RegisterOffset((insn_.opcode & 7u) | ((insn_.rex & 1u) << 3), is_byte);
  }
}

// "lock" is for instructions that read and write memory; before any other it is an error.
bool Decoder::LockIsValid(bool is_two_bytes) const {
  if (!insn_.is_memory) {
    return false;
  }
  const std::uint8_t opcode = insn_.opcode;
  const unsigned group = insn_.modrm >> 3 & 7;
  if (is_two_bytes) {
    return opcode == 0xAB || opcode == 0xB3 || opcode == 0xBB || (opcode & 0xFE) == 0xB0 ||
           (opcode & 0xFE) == 0xC0 || opcode == 0xC7 || (opcode == 0xBA && group > 4);
  }
  if (opcode < 0x40) {
    return (opcode & 7) < 2 && opcode < 0x38;
  }
  return (opcode >= 0x80 && opcode <= 0x83 && group != 7) || (opcode & 0xFE) == 0x86 ||
         ((opcode & 0xFE) == 0xF6 && (group == 2 || group == 3)) ||
         ((opcode & 0xFE) == 0xFE && group < 2);
}

DecodeResult Decoder::Run() {
  insn_.is_64 = is_64();
  insn_.opcode = Prefixes();
  const bool is_two_bytes = insn_.opcode == 0x0F;
  const Opcode* opcode = &kOneByteTable[insn_.opcode];
  if (is_two_bytes) {
    insn_.opcode = U8();
    opcode = &kTwoByteTable[insn_.opcode];
  }
  const auto too_short = [&] {
    return bytes_.size() == kInstructionBytesMax ? DecodeResult::kInvalid : DecodeResult::kTooShort;
  };
  if (is_short_) {
    return too_short();
  }
  if (opcode->bind == nullptr) {
    return DecodeResult::kUnknown;
  }
  if (is_64() && opcode->modes == In::kOnly32) {
    return DecodeResult::kInvalid;
  }
  SetSize(opcode->width);
  Operands(opcode->form, is_two_bytes);
  if (is_short_) {
    return too_short();
  }
  insn_.length = static_cast<std::uint8_t>(at_);
  if (segment_) {
    insn_.segment = *segment_;
  } else if (opcode->form == Form::kNone) {
    insn_.segment = kDs;  // of string instructions and xlat
  }
  if (is_rip_relative_) {
    insn_.displacement += address_ + at_;
  }
  if (opcode->form == Form::kRel8 || opcode->form == Form::kRelZ) {
    insn_.imm += address_ + at_;
    if (!is_64()) {
      insn_.imm &= insn_.size_log == 1 ? 0xFFFFu : 0xFFFF'FFFFu;
    }
  }
  if (has_lock_ && !LockIsValid(is_two_bytes)) {
    return DecodeResult::kInvalid;
  }
  insn_.run = opcode->bind(insn_);
  if (insn_.run == nullptr) {
    return DecodeResult::kUnknown;
  }
  return insn_.run == &RunInvalid ? DecodeResult::kInvalid : DecodeResult::kDone;
}

}  // namespace

DecodeResult Decode(Mode mode, std::uint64_t address, std::span<const std::uint8_t> bytes,
                    Instruction& insn) {
  return Decoder(mode, address, bytes, insn).Run();
}

}  // namespace day::emulate::x86
