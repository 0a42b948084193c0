#include "libs/emulate/x86/testing/random_code.h"

#include <initializer_list>

namespace day::emulate::x86::testing {
namespace {

constexpr std::uint32_t kAllFlags = kArithmeticFlags;

class Maker {
 public:
  Maker(Mode mode, std::mt19937_64& random) : is_64_(mode == Mode::k64), random_(random) {}

  RandomCode Run() {
    const unsigned count = 1 + Below(8);
    for (unsigned i = 0; i < count; ++i) {
      if (undefined_ != 0) {
        // Defines all flags again: cmp of two registers.
        Legacy(false, 2);
        Emit({0x39, static_cast<std::uint8_t>(0xC0 | Free() << 3 | Free())});
        undefined_ = 0;
      }
      One();
    }
    Emit({0xCC});
    return {std::move(out_), undefined_};
  }

 private:
  unsigned Below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  void Emit(std::initializer_list<unsigned> bytes) {
    for (const unsigned byte : bytes) {
      out_.push_back(static_cast<std::uint8_t>(byte));
    }
  }
  void EmitRandom(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      // Small and extreme numbers are where the flags are.
      const unsigned kind = Below(4);
      Emit({kind == 0 ? 0u : kind == 1 ? 0xFFu : Below(256)});
    }
  }
  // AX, CX or DX: those that need no prefix.
  unsigned Free() { return Below(3); }

  // Chooses the operand size (0 to 3 as log) and emits its prefixes; `byte` allows bytes.
  void Legacy(bool allows_byte, unsigned size_log) {
    size_ = allows_byte || size_log != 0 ? size_log : 2;
    rex_ = 0;
    if (size_ == 1) {
      Emit({0x66});
    }
    if (is_64_) {
      rex_ = size_ == 3 ? 0x48 : (Below(2) != 0 ? 0x40 : 0);
    }
  }
  void Size(bool allows_byte) {
    const unsigned limit = is_64_ ? 4 : 3;
    const unsigned low = allows_byte ? 0 : 1;
    Legacy(allows_byte, low + Below(limit - low));
  }
  void AnyRepeatPrefix(unsigned prefix) { Emit({prefix}); }

  // A register that may be written, as the three bits and the REX bit it needs.
  unsigned Register(unsigned rex_bit, bool is_byte) {
    if (is_64_ && Below(2) != 0) {
      rex_ |= 0x40 | rex_bit;
      return Below(8);
    }
    if (is_byte && rex_ == 0 && Below(3) == 0) {
      return 4 + Below(3);  // AH, CH, DH: only right if no REX prefix comes later
    }
    return Free();
  }

  // ModRM and what follows, behind the opcode bytes. `reg` < 0: a register.
  void WithModRm(std::initializer_list<unsigned> opcode, int group, bool memory_only = false,
                 bool register_only = false, bool rm_is_byte = false) {
    const bool is_byte = size_ == 0;
    bool uses_memory = memory_only || (!register_only && Below(2) != 0);
    unsigned reg = group >= 0 ? static_cast<unsigned>(group) : Register(4, is_byte);
    unsigned rm = 0;
    if (!uses_memory) {
      rm = Register(1, is_byte || rm_is_byte);
    }
    // With a REX prefix 4 to 7 would be SPL to DIL, which are not ours to change.
    if (rex_ != 0) {
      if (group < 0 && (rex_ & 4) == 0 && reg > 2) {
        reg = Free();
      }
      if (!uses_memory && (rex_ & 1) == 0 && rm > 2) {
        rm = Free();
      }
    }
    if (rex_ != 0) {
      Emit({rex_});
    }
    Emit(opcode);
    if (uses_memory) {
      MemoryOperand(reg);
    } else {
      Emit({0xC0 | reg << 3 | rm});
    }
  }

  void MemoryOperand(unsigned reg) {
    constexpr unsigned kBases[] = {kBx, kSi, kDi};
    const unsigned base = kBases[Below(3)];
    const unsigned mod = Below(3);
    if (Below(3) == 0) {
      Emit({mod << 6 | reg << 3 | 4, Below(4) << 6 | kBp << 3 | base});
    } else {
      Emit({mod << 6 | reg << 3 | base});
    }
    if (mod == 1) {
      Emit({Below(256)});
    } else if (mod == 2) {
      Emit({Below(256), Below(2), 0, 0});
    }
  }

  void Immediate() { EmitRandom(size_ == 0 ? 1 : size_ == 1 ? 2 : 4); }

  void Alu() {
    Size(true);
    const unsigned op = Below(8);
    const unsigned form = Below(4);
    const unsigned wide = size_ == 0 ? 0 : 1;
    if (form == 0) {
      if (rex_ != 0) {
        Emit({rex_});
      }
      Emit({op << 3 | 4 | wide});
      Immediate();
    } else if (form == 1) {
      WithModRm({0x80 | wide}, static_cast<int>(op));
      Immediate();
    } else if (form == 2 && wide != 0) {
      WithModRm({0x83}, static_cast<int>(op));
      EmitRandom(1);
    } else {
      WithModRm({op << 3 | (form == 3 ? 2u : 0u) | wide}, -1);
    }
    undefined_ = op == 1 || op == 4 || op == 6 ? kAuxiliary : 0u;
  }

  void Test() {
    Size(true);
    const unsigned wide = size_ == 0 ? 0 : 1;
    if (Below(2) != 0) {
      WithModRm({0x84 | wide}, -1);
    } else {
      WithModRm({0xF6 | wide}, 0);
      Immediate();
    }
    undefined_ = kAuxiliary;
  }

  void Group3() {
    Size(true);
    const unsigned op = 2 + Below(6);
    WithModRm({0xF6u | (size_ == 0 ? 0u : 1u)}, static_cast<int>(op));
    if (op == 4 || op == 5) {
      undefined_ = kSign | kZero | kAuxiliary | kParity;
    } else if (op >= 6) {
      undefined_ = kAllFlags;
    }
  }

  void Multiply() {
    Size(false);
    const unsigned form = Below(3);
    if (form == 0) {
      WithModRm({0x0F, 0xAF}, -1);
    } else if (form == 1) {
      WithModRm({0x69}, -1);
      Immediate();
    } else {
      WithModRm({0x6B}, -1);
      EmitRandom(1);
    }
    undefined_ = kSign | kZero | kAuxiliary | kParity;
  }

  void Move() {
    Size(true);
    const unsigned wide = size_ == 0 ? 0 : 1;
    switch (Below(6)) {
      case 0:
        WithModRm({0x88 | wide}, -1);
        break;
      case 1:
        WithModRm({0x8A | wide}, -1);
        break;
      case 2:
        WithModRm({0xC6 | wide}, 0);
        Immediate();
        break;
      case 3:
        WithModRm({0x86 | wide}, -1);
        break;
      case 4:
        WithModRm({0xFE | wide}, static_cast<int>(Below(2)));
        break;
      default: {
        Size(false);
        WithModRm({0x8D}, -1, true);
        break;
      }
    }
  }

  void Widen() {
    Size(false);
    const unsigned kind = Below(5);
    if (kind == 0 && is_64_) {
      WithModRm({0x63}, -1);
    } else if (kind == 1) {
      WithModRm({0x0F, 0x40 | Below(16)}, -1);
    } else if (kind == 2) {
      Legacy(true, 0);
      WithModRm({0x0F, 0x90 | Below(16)}, 0);
    } else {
      constexpr unsigned kOpcodes[] = {0xB6, 0xB7, 0xBE, 0xBF};
      const unsigned opcode = kOpcodes[Below(4)];
      WithModRm({0x0F, opcode}, -1, false, false, (opcode & 1) == 0);
    }
  }

  void Shift() {
    Size(true);
    const unsigned op = Below(8);
    const unsigned wide = size_ == 0 ? 0 : 1;
    const unsigned form = Below(3);
    if (form == 0) {
      WithModRm({0xD0 | wide}, static_cast<int>(op));
    } else if (form == 1) {
      WithModRm({0xC0 | wide}, static_cast<int>(op));
      Emit({Below(70)});
    } else {
      WithModRm({0xD2 | wide}, static_cast<int>(op));
    }
    undefined_ = form == 0 ? 0u : kOverflow;
    if (op >= 4) {
      undefined_ |= kAuxiliary;
      // Shifting a byte or a word by more bits than it has.
      undefined_ |= form != 0 && size_ < 2 ? kCarry : 0u;
    }
  }

  void ShiftTwo() {
    Size(false);
    const unsigned base = Below(2) != 0 ? 0xA4 : 0xAC;
    if (Below(2) != 0 || size_ == 1) {
      WithModRm({0x0F, base}, -1);
      Emit({Below(size_ == 1 ? 16 : 70)});
    } else {
      WithModRm({0x0F, base + 1}, -1);
    }
    undefined_ = kOverflow | kAuxiliary;
  }

  void Bits() {
    Size(false);
    constexpr std::uint32_t kOthers = kOverflow | kSign | kAuxiliary | kParity;
    switch (Below(6)) {
      case 0: {
        constexpr unsigned kOpcodes[] = {0xA3, 0xAB, 0xB3, 0xBB};
        WithModRm({0x0F, kOpcodes[Below(4)]}, -1, false, true);
        undefined_ = kOthers;
        break;
      }
      case 1:
        // A bit of memory by the number in BP.
        if (rex_ != 0) {
          Emit({rex_});
        }
        Emit({0x0F, 0xA3 + 8 * Below(4)});
        MemoryOperand(kBp);
        undefined_ = kOthers;
        break;
      case 2:
        WithModRm({0x0F, 0xBA}, static_cast<int>(4 + Below(4)));
        Emit({Below(256)});
        undefined_ = kOthers;
        break;
      case 3:
        WithModRm({0x0F, 0xBC + Below(2)}, -1);
        undefined_ = kOthers | kCarry;
        break;
      case 4:
        Legacy(false, is_64_ ? 2 + Below(2) : 2);
        if (rex_ != 0) {
          Emit({rex_});
        }
        Emit({0x0F, 0xC8 + Free()});
        break;
      default:
        Repeated();
        break;
    }
  }

  // popcnt, tzcnt, lzcnt: F3 before all else.
  void Repeated() {
    if (size_ == 1) {
      out_.pop_back();
    }
    const unsigned size = size_;
    Emit({0xF3});
    Legacy(false, size);
    constexpr unsigned kOpcodes[] = {0xB8, 0xBC, 0xBD};
    const unsigned opcode = kOpcodes[Below(3)];
    WithModRm({0x0F, opcode}, -1);
    undefined_ = opcode == 0xB8 ? 0u : kOverflow | kSign | kAuxiliary | kParity;
  }

  void Exchange() {
    Size(true);
    const unsigned wide = size_ == 0 ? 0 : 1;
    switch (Below(3)) {
      case 0:
        WithModRm({0x0F, 0xC0 | wide}, -1);
        break;
      case 1:
        WithModRm({0x0F, 0xB0 | wide}, -1);
        break;
      default:
        Legacy(false, 2);
        rex_ = 0;
        Emit({0x0F, 0xC7});
        MemoryOperand(1);
        break;
    }
  }

  void Small() {
    switch (Below(8)) {
      case 0:
      case 1:
        Size(false);
        if (rex_ != 0) {
          Emit({rex_});
        }
        Emit({0x98 + Below(2)});
        break;
      case 2:
        Emit({0x9E + Below(2)});
        break;
      case 3:
        Emit({0xF5});
        break;
      case 4:
        Emit({0xF8 + Below(2)});
        break;
      case 5:
        Emit({0xFC + Below(2)});
        break;
      case 6:
        Emit({0xD7});
        break;
      default:
        Emit({0x70 | Below(16), 1, 0x90});
        break;
    }
  }

  void Decimal() {
    if (is_64_) {
      return;
    }
    switch (Below(6)) {
      case 0:
        Emit({0x27});
        undefined_ = kOverflow;
        break;
      case 1:
        Emit({0x2F});
        undefined_ = kOverflow;
        break;
      case 2:
        Emit({Below(2) != 0 ? 0x37u : 0x3Fu});
        undefined_ = kOverflow | kSign | kZero | kParity;
        break;
      case 3:
        Emit({0xD4, 1 + Below(255)});
        undefined_ = kOverflow | kAuxiliary | kCarry;
        break;
      case 4:
        Emit({0xD5, Below(256)});
        undefined_ = kOverflow | kAuxiliary | kCarry;
        break;
      default:
        Emit({Below(2) != 0 ? 0xD6u : 0x40 + 8 * Below(2) + Free()});
        break;
    }
  }

  void Stack() {
    switch (Below(8)) {
      case 0:
        Emit({0x50 + Free(), 0x58 + Free()});
        break;
      case 1:
        Emit({0x6A, Below(256), 0x58 + Free()});
        break;
      case 2:
        Emit({0x68});
        EmitRandom(4);
        Emit({0x66, 0x58 + Free()});
        break;
      case 3:
        Emit({0x9C, 0x58 + Free()});
        break;
      case 4: {
        // Random flags but for the trap flag, alignment checks and what user mode may not change.
        const unsigned low = Below(256);
        Emit({0x68, low, Below(2) * 8 | Below(2) * 4 | 2, 0, 0, 0x9D});
        break;
      }
      case 5:
        if (!is_64_) {
          Emit({0x60, 0x61});
        }
        break;
      case 6:
        Emit({0xC8, Below(64) * 4, 0, Below(2), 0xC9});
        break;
      default:
        Emit({0xE8, 0, 0, 0, 0, 0x58 + Free()});
        break;
    }
  }

  void String() {
    Emit({0xB9, Below(20), 0, 0, 0});
    const unsigned prefix = Below(3);
    if (prefix != 0) {
      Emit({prefix == 1 ? 0xF3u : 0xF2u});
    }
    Size(true);
    // F2 and F3 are the same before those that do not compare.
    constexpr unsigned kOpcodes[] = {0xA4, 0xA6, 0xAA, 0xAC, 0xAE};
    if (rex_ != 0) {
      Emit({rex_});
    }
    Emit({kOpcodes[Below(5)] | (size_ == 0 ? 0u : 1u)});
  }

  void Branch() {
    switch (Below(3)) {
      case 0:
        Emit({0xB9, 1 + Below(5), 0, 0, 0, 0x40u | 0xC0u, 0xC0, 1, 0xE0 + Below(3), 0xFB});
        break;
      case 1:
        Emit({0xE3, 1, 0x90});
        break;
      default:
        Emit({0x0F, 0x80 | Below(16), 1, 0, 0, 0, 0x90});
        break;
    }
  }

  void Vectors() {
    constexpr unsigned kOpcodes[] = {0x54, 0x55, 0x56, 0x57, 0x74, 0x75, 0x76, 0xD4, 0xDB, 0xDF,
                                     0xEB, 0xEF, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE};
    Emit({0x0F, 0x10, 0x03});              // movups xmm0, [bx]
    Emit({0xF3, 0x0F, 0x6F, 0x4E, 0x20});  // movdqu xmm1, [si+32]
    Emit({0x66, 0x0F, kOpcodes[Below(19)], 0xC1});
    Emit({0x66, 0x0F, 0x7E, 0xC0 | Free()});
    Emit({0x66, 0x0F, 0x6E, 0xD0 | Free()});  // movd xmm2, reg
    Emit({0x0F, 0x11, 0x17, 0x66, 0x0F, 0xD6, 0x47, 0x18});
    Emit({0xF3, 0x0F, 0x7E, 0xC8});
    Emit({0x0F, 0x11, 0x4F, 0x30});
  }

  void One() {
    switch (Below(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return Alu();
      case 5:
        return Test();
      case 6:
      case 7:
        return Group3();
      case 8:
        return Multiply();
      case 9:
      case 10:
        return Move();
      case 11:
        return Widen();
      case 12:
      case 13:
      case 14:
        return Shift();
      case 15:
        return ShiftTwo();
      case 16:
      case 17:
        return Bits();
      case 18:
        return Exchange();
      case 19:
        return Small();
      case 20:
        return Decimal();
      case 21:
        return Stack();
      case 22:
        return String();
      default:
        return Below(2) != 0 ? Branch() : Vectors();
    }
  }

  bool is_64_;
  std::mt19937_64& random_;
  std::vector<std::uint8_t> out_;
  std::uint32_t undefined_ = 0;
  unsigned size_ = 2;
  unsigned rex_ = 0;
};

}  // namespace

RandomCode MakeRandomCode(Mode mode, std::mt19937_64& random) { return Maker(mode, random).Run(); }

}  // namespace day::emulate::x86::testing
