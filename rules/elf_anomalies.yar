// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Linux programs that were packed, or changed after linking.

import "elf"
import "math"

rule ELF_Packed_Without_Sections {
  meta:
    author = "Daylight"
    description = "A program without sections that looks compressed or encrypted throughout"
    severity = "medium"
    family = "Heur.Linux/PackedProgram"
    threat_name = "Heur.Linux/PackedProgram"
  condition:
    uint32(0) == 0x464C457F and filesize > 4KB and filesize < 20MB and
    (elf.type == elf.ET_EXEC or elf.type == elf.ET_DYN) and
    elf.number_of_sections == 0 and elf.number_of_segments <= 5 and
    math.entropy(0, filesize) >= 7.2
}

rule ELF_Entry_In_Writable_Segment {
  meta:
    author = "Daylight"
    description = "The code starts in a segment that is writable and executable"
    severity = "medium"
    family = "Heur.Linux/WritableCode"
    threat_name = "Heur.Linux/WritableCode"
  condition:
    uint32(0) == 0x464C457F and
    (elf.type == elf.ET_EXEC or elf.type == elf.ET_DYN) and
    for any segment in elf.segments : (
      segment.type == elf.PT_LOAD and
      segment.flags & elf.PF_W != 0 and segment.flags & elf.PF_X != 0 and
      elf.entry_point >= segment.offset and
      elf.entry_point < segment.offset + segment.file_size
    )
}

rule ELF_Entry_Outside_Sections {
  meta:
    author = "Daylight"
    description = "A program with sections whose code starts in none of them: a file infector's trait"
    severity = "high"
    family = "Heur.Linux/AppendedEntry"
    threat_name = "Heur.Linux/AppendedEntry"
  condition:
    uint32(0) == 0x464C457F and elf.type == elf.ET_EXEC and
    elf.number_of_sections > 4 and elf.entry_point > 0 and
    for any section in elf.sections : ( section.name == ".text" and section.size > 0 ) and
    for all section in elf.sections : (
      section.flags & elf.SHF_EXECINSTR == 0 or
      elf.entry_point < section.offset or elf.entry_point >= section.offset + section.size
    )
}

rule ELF_Section_Table_Cut {
  meta:
    author = "Daylight"
    description = "A 64-bit program whose section table lies behind the end of the file"
    severity = "low"
    family = "Heur.Linux/BrokenSections"
    threat_name = "Heur.Linux/BrokenSections"
  condition:
    uint32(0) == 0x464C457F and uint8(4) == 2 and uint8(5) == 1 and filesize > 1KB and
    (uint16(0x10) == 2 or uint16(0x10) == 3) and uint16(0x3C) > 0 and
    uint32(0x2C) == 0 and uint32(0x28) > filesize
}
