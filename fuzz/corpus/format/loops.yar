import "tests"
rule l { condition: for any i in (1..3) : (i == 2) and for all k, v in tests.struct_dict : (v.i == 1 and k == "a") and for any s in tests.string_array : (s contains "x") and for 2 n in (1, 2, 3) : (n > 1) }
