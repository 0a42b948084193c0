// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// The test file of the European Institute for Computer Antivirus Research, by its definition: the 68
// bytes at the start of a file of at most 128, the rest white space.

rule EICAR_Test_File {
  meta:
    author = "Daylight"
    description = "The EICAR anti-malware test file"
    severity = "info"
    family = "Test.Any/EICAR"
    threat_name = "Test.Any/EICAR"
    reference = "https://www.eicar.org/download-anti-malware-testfile/"
  strings:
    $text = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
  condition:
    filesize <= 128 and $text at 0
}
