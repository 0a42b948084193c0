import "pe"
rule a : t1 t2 {
  meta:
    x = "y" n = -1 b = true
  strings:
    $a = "text\x00" wide ascii nocase fullword private
    $b = { 01 ?? ~A? [2-4] ( 02 | 03 04 ) }
    $c = /ab+c[d-f]{2,3}/is
    $d = "xored" xor(1-9)
    $e = "based" base64 base64wide
  condition:
    all of them and #a in (0..10) > 1 and @b[1] < 5 and !c[1] == 2 and uint16be(0) == 0x4D5A
}
