// The rules of tests/functional/archives_test.py; each matches once in the texts of tests/fixtures/archives.
rule needle {
  meta:
    severity = "low"
  strings:
    $needle = "needle"
  condition:
    $needle
}

rule fox {
  strings:
    $fox = /^The quick brown/
  condition:
    $fox
}
