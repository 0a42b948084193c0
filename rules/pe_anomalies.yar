// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Windows programs that were packed, changed after linking, or made to work inside other processes.

import "math"
import "pe"

rule PE_Packed_Entry_Section {
  meta:
    author = "Daylight"
    description = "The code starts in a section that is writable and looks compressed or encrypted"
    severity = "medium"
    family = "Heur.Win/PackedSection"
    threat_name = "Heur.Win/PackedSection"
  condition:
    uint16(0) == 0x5A4D and pe.is_pe and
    pe.number_of_imported_functions < 32 and
    for any section in pe.sections : (
      section.characteristics & pe.SECTION_MEM_EXECUTE != 0 and
      section.characteristics & pe.SECTION_MEM_WRITE != 0 and
      section.raw_data_size >= 1024 and
      pe.entry_point >= section.raw_data_offset and
      pe.entry_point < section.raw_data_offset + section.raw_data_size and
      math.entropy(section.raw_data_offset, section.raw_data_size) >= 7.2
    )
}

rule PE_Tampered_UPX {
  meta:
    author = "Daylight"
    description = "Laid out as UPX does it, with the marks that the unpacker needs removed"
    severity = "high"
    family = "Heur.Win/TamperedUPX"
    threat_name = "Heur.Win/TamperedUPX"
  strings:
    $mark = "UPX!"
  condition:
    uint16(0) == 0x5A4D and pe.is_pe and
    pe.number_of_sections >= 2 and pe.number_of_sections <= 4 and
    pe.sections[0].raw_data_size == 0 and pe.sections[0].virtual_size >= 4096 and
    pe.sections[0].characteristics & 0xE0000000 == 0xE0000000 and
    pe.sections[1].characteristics & 0xE0000000 == 0xE0000000 and
    pe.entry_point >= pe.sections[1].raw_data_offset and
    pe.entry_point < pe.sections[1].raw_data_offset + pe.sections[1].raw_data_size and
    not $mark
}

rule PE_Entry_In_Appended_Section {
  meta:
    author = "Daylight"
    description = "The code starts in a writable last section, behind the resources: a file infector's place"
    severity = "high"
    family = "Heur.Win/AppendedEntry"
    threat_name = "Heur.Win/AppendedEntry"
  condition:
    uint16(0) == 0x5A4D and pe.is_pe and pe.number_of_sections >= 3 and
    pe.sections[0].characteristics & pe.SECTION_CNT_CODE != 0 and
    pe.sections[0].raw_data_size > 0 and
    for any i in (1 .. pe.number_of_sections - 2) : ( pe.sections[i].name == ".rsrc" ) and
    pe.sections[pe.number_of_sections - 1].characteristics & 0xA0000000 == 0xA0000000 and
    pe.entry_point >= pe.sections[pe.number_of_sections - 1].raw_data_offset and
    pe.entry_point < pe.sections[pe.number_of_sections - 1].raw_data_offset +
                     pe.sections[pe.number_of_sections - 1].raw_data_size
}

rule PE_Remote_Thread_Injection {
  meta:
    author = "Daylight"
    description = "A small program that imports all it takes to run code inside another process"
    severity = "medium"
    family = "Heur.Win/RemoteThread"
    threat_name = "Heur.Win/RemoteThread"
    reference = "https://attack.mitre.org/techniques/T1055/"
  condition:
    uint16(0) == 0x5A4D and filesize < 512KB and
    pe.number_of_imported_functions < 48 and
    pe.imports("kernel32.dll", "OpenProcess") and
    pe.imports("kernel32.dll", "VirtualAllocEx") and
    pe.imports("kernel32.dll", "WriteProcessMemory") and
    pe.imports("kernel32.dll", "CreateRemoteThread")
}

rule PE_Hidden_In_Text {
  meta:
    author = "Daylight"
    description = "A Windows program spelled in base64 inside a script or document"
    severity = "medium"
    family = "Heur.Any/EncodedProgram"
    threat_name = "Heur.Any/EncodedProgram"
  strings:
    $dos_stub = "This program cannot be run in DOS mode" base64 base64wide
    $mz = "TVqQAAMAAAAEAAAA"
    $mz_wide = "TVqQAAMAAAAEAAAA" wide
  condition:
    uint16(0) != 0x5A4D and uint32(0) != 0x464C457F and filesize < 5MB and
    $dos_stub and any of ($mz*)
}
