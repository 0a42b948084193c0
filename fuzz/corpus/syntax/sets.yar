rule a1 { condition: true } rule a2 { condition: a1 }
global private rule s { strings: $x = "abcdef" $ = "ghijkl" condition: any of ($x*) at 0 or 50% of them or none of (a*) or for all of them : ($ at 3 and # > 1) }
