// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Pages that run whatever a request asks for. An escape in a string keeps this file from finding
// itself.

rule PHP_Eval_Of_Request {
  meta:
    author = "Daylight"
    description = "PHP that runs a parameter of the request as code or as a command"
    severity = "critical"
    family = "Backdoor.Web/PHPEval"
    threat_name = "Backdoor.Web/PHPEval"
    reference = "https://attack.mitre.org/techniques/T1505/003/"
  strings:
    $open = "<?php" nocase
    $short = "<?="
    $eval = /\b(eval|assert|create_function|system|passthru|shell_exec|popen|proc_open)\s{0,8}\(\s{0,8}@?(stripslashes\(|base64_decode\(|trim\(|urldecode\()?\s{0,8}\$_(GET|POST|REQUEST|COOKIE)\s{0,4}[\[{]/ nocase
  condition:
    filesize < 2MB and any of ($open, $short) and $eval
}

rule PHP_Layered_Eval {
  meta:
    author = "Daylight"
    description = "PHP that runs code hidden in several layers of encoding"
    severity = "high"
    family = "Heur.Web/PHPLayers"
    threat_name = "Heur.Web/PHPLayers"
  strings:
    $open = "<?php" nocase
    $eval = /\beval\s{0,8}\(\s{0,8}(gzinflate|gzuncompress|gzdecode|str_rot13|strrev|convert_uudecode)\s{0,8}\(\s{0,8}((gzinflate|gzuncompress|gzdecode|str_rot13|strrev)\s{0,8}\(\s{0,8}){0,6}base64_decode\s{0,8}\(/ nocase
  condition:
    filesize < 5MB and $open and $eval
}

rule PHP_Command_Console {
  meta:
    author = "Daylight"
    description = "A PHP page with several ways to run commands, files to upload and a list of the folder"
    severity = "high"
    family = "Backdoor.Web/PHPConsole"
    threat_name = "Backdoor.Web/PHPConsole"
  strings:
    $open = "<?php" nocase
    $request = /\$_(GET|POST|REQUEST|FILES|COOKIE)\s{0,4}\[/
    $run_1 = "shell_exec(" nocase
    $run_2 = "passthru(" nocase
    $run_3 = "proc_open(" nocase
    $run_4 = "popen(" nocase
    $upload = "move_uploaded_file(" nocase
    $list = "posix_getpwuid(" nocase
    $safe = "safe_mode" nocase
    $uname = "\x70hp_uname(" nocase
    $write = "is_writable(" nocase
    $chmod = "fileperms(" nocase
  condition:
    filesize < 1MB and $open in (0 .. 1024) and $request and
    3 of ($run*) and $upload and $uname and 2 of ($list, $safe, $write, $chmod)
}

rule JSP_Command_Of_Request {
  meta:
    author = "Daylight"
    description = "A Java server page that runs a parameter of the request as a command"
    severity = "critical"
    family = "Backdoor.Web/JSPExec"
    threat_name = "Backdoor.Web/JSPExec"
  strings:
    $page = "<%"
    $exec = /getRuntime\(\s{0,8}\)\s{0,8}\.\s{0,8}exec\s{0,8}\(\s{0,8}(new String\[\]\s{0,4}\{[^}]{0,80})?request\s{0,4}\.\s{0,4}getParameter\s{0,4}\(/
    $builder = /new ProcessBuilder\s{0,4}\([^)\n]{0,80}request\s{0,4}\.\s{0,4}getParameter\s{0,4}\(/
  condition:
    filesize < 512KB and $page and any of ($exec, $builder)
}

rule ASP_Eval_Of_Request {
  meta:
    author = "Daylight"
    description = "An ASP page that runs a parameter of the request as code"
    severity = "critical"
    family = "Backdoor.Web/ASPEval"
    threat_name = "Backdoor.Web/ASPEval"
  strings:
    $page = "<%"
    $classic = /\b(eval|execute|executeglobal)\s{0,4}\(?\s{0,4}request\s{0,4}(\.item\s{0,4}\[|\.form\s{0,4}\(|\.querystring\s{0,4}\(|\[|\()\s{0,4}["']/ nocase
    $process = /Process\.Start\s{0,4}\([^)\n]{0,60}Request\s{0,4}(\.Form|\.QueryString)?\s{0,4}\[\s{0,4}"/ nocase
  condition:
    filesize < 512KB and $page and any of ($classic, $process)
}
