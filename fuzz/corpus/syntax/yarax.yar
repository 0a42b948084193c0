import "pe"
rule w { strings: $a = "abcdef" condition: with x = filesize, s = pe.sections[0] : (x > s.virtual_size) and 2 of ($a at 0, filesize > 1, true) }
