rule o { condition: not defined (1 + 2 * 3 \ 4 % 5 - -6 | ~7 & 8 ^ 9 << 1 >> 2) or "a" icontains "b" and "c" matches /d|e/i or ext_int == 7 and ext_str iequals "X" or 1.5 < 2KB }
