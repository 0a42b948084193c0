// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Shortcuts, HTML applications and documents that start something when they are opened.

rule LNK_Hidden_PowerShell {
  meta:
    author = "Daylight"
    description = "A shortcut that starts PowerShell without a window"
    severity = "high"
    family = "Trojan.Win/LNKPowerShell"
    threat_name = "Trojan.Win/LNKPowerShell"
    reference = "https://attack.mitre.org/techniques/T1204/002/"
  strings:
    $host = "powershell" nocase ascii wide
    $hidden = /-w(in|ind|indo|indow|indows|indowst|indowsty|indowstyl|indowstyle)?\s+h(id|idd|idde|idden)?\b/ nocase ascii wide
    $encoded = /\s-e(nc|nco|ncod|ncode|ncoded|ncodedcommand)?\s+[A-Za-z0-9+\/]{32}/ nocase ascii wide
    $net = "DownloadString" nocase ascii wide
    $net_2 = "Invoke-WebRequest" nocase ascii wide
    $net_3 = /\biwr\s{1,4}['"]?http/ nocase ascii wide
    $net_4 = "FromBase64String" nocase ascii wide
  condition:
    uint32(0) == 0x0000004C and uint32(4) == 0x00021401 and filesize < 5MB and
    $host and ($hidden or $encoded) and any of ($encoded, $net*)
}

rule LNK_Remote_Program {
  meta:
    author = "Daylight"
    description = "A shortcut that has a tool of Windows fetch and run something from the network"
    severity = "high"
    family = "Trojan.Win/LNKRemote"
    threat_name = "Trojan.Win/LNKRemote"
  strings:
    $mshta = /mshta(\.exe)?["']?\s{0,8}.{0,40}https?:\/\// nocase ascii wide
    $certutil = /certutil(\.exe)?.{0,60}https?:\/\// nocase ascii wide
    $bits = /bitsadmin(\.exe)?.{0,60}https?:\/\// nocase ascii wide
    $regsvr = /regsvr32(\.exe)?.{0,60}\/i:https?:\/\// nocase ascii wide
    $curl = /curl(\.exe)?\s.{0,80}https?:\/\/.{4,120}(&|\|)/ nocase ascii wide
    $msiexec = /msiexec(\.exe)?\s.{0,40}https?:\/\// nocase ascii wide
  condition:
    uint32(0) == 0x0000004C and uint32(4) == 0x00021401 and filesize < 5MB and any of them
}

rule HTA_Downloader {
  meta:
    author = "Daylight"
    description = "An HTML application that runs commands out of sight"
    severity = "high"
    family = "Trojan.Win/HTADownloader"
    threat_name = "Trojan.Win/HTADownloader"
    reference = "https://attack.mitre.org/techniques/T1218/005/"
  strings:
    $application = "<HTA:APPLICATION" nocase
    $shell_1 = "WScript.Shell" nocase
    $shell_2 = "Shell.Application" nocase
    $run_1 = /\.(Run|Exec|ShellExecute)\s{0,4}\(?\s{0,4}["'][^"'\n]{0,60}(powershell|cmd(\.exe)?\s\/c|certutil|bitsadmin|rundll32)/ nocase
    $run_2 = "MSXML2.XMLHTTP" nocase
    $hide_1 = /windowstate\s{0,4}=\s{0,4}["']?minimize/ nocase
    $hide_2 = /showintaskbar\s{0,4}=\s{0,4}["']?no/ nocase
    $hide_3 = /window\.(resizeTo|moveTo)\s{0,4}\(\s{0,4}-?[0-9]{1,5}/ nocase
    $hide_4 = /(self|window)\.close/ nocase
  condition:
    filesize < 1MB and $application and any of ($shell*) and any of ($run*) and 2 of ($hide*)
}

rule Macro_Auto_Run_Downloader {
  meta:
    author = "Daylight"
    description = "A macro that runs by itself, downloads something and starts it"
    severity = "high"
    family = "Trojan.Any/MacroDownloader"
    threat_name = "Trojan.Any/MacroDownloader"
    reference = "https://attack.mitre.org/techniques/T1137/"
  strings:
    $module = "Attribute VB_Name" nocase
    $auto = /Sub\s{1,4}(Auto_?Open|AutoExec|Document_Open|Workbook_Open|Auto_?Close|Document_Close)\s{0,4}\(/ nocase
    $get_1 = "URLDownloadToFile" nocase
    $get_2 = "MSXML2.XMLHTTP" nocase
    $get_3 = "WinHttp.WinHttpRequest" nocase
    $get_4 = /powershell[^\n]{0,200}(DownloadString|DownloadFile|Invoke-WebRequest)/ nocase
    $run_1 = /\bShell\s{0,4}\(?\s{0,4}[\w"]/ nocase
    $run_2 = "WScript.Shell" nocase
    $run_3 = "ShellExecute" nocase
  condition:
    filesize < 5MB and $module and $auto and any of ($get*) and any of ($run*)
}

rule OLE_Macro_Auto_Run_Shell {
  meta:
    author = "Daylight"
    description = "A compound document with a macro that runs by itself and names a way to start programs"
    severity = "medium"
    family = "Heur.Any/MacroAutoShell"
    threat_name = "Heur.Any/MacroAutoShell"
  strings:
    $project = "_VBA_PROJECT" wide
    $auto_1 = "AutoOpen" nocase
    $auto_2 = "Auto_Open" nocase
    $auto_3 = "Document_Open" nocase
    $auto_4 = "Workbook_Open" nocase
    $run_1 = "URLDownloadToFile" nocase
    $run_2 = "WScript.Shell" nocase
    $run_3 = "powershell" nocase
    $run_4 = "ShellExecute" nocase
  condition:
    uint32be(0) == 0xD0CF11E0 and filesize < 20MB and $project and
    any of ($auto*) and any of ($run*)
}

rule Document_DDE_Command {
  meta:
    author = "Daylight"
    description = "A document with a field that starts a command"
    severity = "high"
    family = "Trojan.Any/DDECommand"
    threat_name = "Trojan.Any/DDECommand"
    reference = "https://attack.mitre.org/techniques/T1559/002/"
  strings:
    $auto = /\bDDE(AUTO)?\s{1,8}["']?[^\n<]{0,80}(cmd(\.exe)?["']?\s{1,8}["']?\/[ck]|powershell|mshta)/ nocase
    $word = "<w:instrText"
    $rtf = "\\fldinst"
  condition:
    filesize < 10MB and $auto and any of ($word, $rtf)
}

rule RTF_Updating_Object {
  meta:
    author = "Daylight"
    description = "A rich text document whose embedded object is loaded without a click"
    severity = "high"
    family = "Exploit.Any/RTFObject"
    threat_name = "Exploit.Any/RTFObject"
    reference = "https://nvd.nist.gov/vuln/detail/CVE-2017-11882"
  strings:
    $data = "\\objdata"
    $update = "\\objupdate"
    $equation = "4571756174696f6e2e33" nocase
    $compound = "d0cf11e0a1b11ae1" nocase
    $package = "5061636b61676500" nocase
  condition:
    uint32be(0) == 0x7B5C7274 and filesize < 20MB and $data and $update and
    any of ($equation, $compound, $package)
}

rule OOXML_Remote_Template {
  meta:
    author = "Daylight"
    description = "Relations of an Office document that fetch its template from the network when it is opened"
    severity = "medium"
    family = "Trojan.Any/RemoteTemplate"
    threat_name = "Trojan.Any/RemoteTemplate"
    reference = "https://attack.mitre.org/techniques/T1221/"
  strings:
    $relations = "/package/2006/relationships"
    $type = "/relationships/attachedTemplate\""
    $external = /TargetMode\s{0,8}=\s{0,8}["']External/
    $target = /Target\s{0,8}=\s{0,8}["'](https?:\/\/|\\\\|file:\/\/\/?\\\\)[^"']{4}/ nocase
  condition:
    filesize < 1MB and all of them
}

rule OOXML_Remote_Page_As_Object {
  meta:
    author = "Daylight"
    description = "Relations of an Office document that load a page from the network as an object"
    severity = "high"
    family = "Exploit.Any/RemoteObject"
    threat_name = "Exploit.Any/RemoteObject"
    reference = "https://nvd.nist.gov/vuln/detail/CVE-2022-30190"
  strings:
    $relations = "/package/2006/relationships"
    $type = "/relationships/oleObject\""
    $external = /TargetMode\s{0,8}=\s{0,8}["']External/
    $target = /Target\s{0,8}=\s{0,8}["'](mhtml:https?:\/\/|https?:\/\/[^"'\n]{1,300}!["'])/ nocase
  condition:
    filesize < 1MB and all of them
}
