rule a { condition: x } garbage rule b { strings: $a = "" condition: $a } rule c { condition: "unterminated
