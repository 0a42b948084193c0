// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Scripts that fetch something and run it, or open a way in. An escape in a string keeps this file
// from finding itself.

rule Shell_Download_And_Run {
  meta:
    author = "Daylight"
    description = "A shell script that fetches a file to a temporary folder, makes it executable and runs it"
    severity = "high"
    family = "Trojan.Linux/ShellDownloader"
    threat_name = "Trojan.Linux/ShellDownloader"
    reference = "https://attack.mitre.org/techniques/T1105/"
  strings:
    $fetch = /\b(wget|curl)\s[^\n]{0,160}https?:\/\/[^\n]{0,120}\/(tmp|var\/tmp|dev\/shm|var\/run)\//
    $fetch_there = /\bcd \/(tmp|var\/tmp|dev\/shm|var\/run)\b[^\n]{0,80}(;|&&|\n)\s{0,8}(wget|curl)\s/
    $mode = /\bchmod\s+(\+x|a\+x|u\+x|[0-7]?777|[0-7]?755)\s+(\.?\/|\*|[\w.-]{1,40}\s*(;|&&|\n))/
    $run = /(;|&&|\n)\s{0,8}(nohup |sh |bash )?(\.\/|\/tmp\/|\/var\/tmp\/|\/dev\/shm\/)[\w.-]{1,40}/
    $cover = /\brm -rf? (\.?\/)?[\w.*-]{1,40}|history -c|>\s?\/dev\/null 2>&1 ?&/
  condition:
    filesize < 64KB and any of ($fetch*) and $mode and $run and $cover
}

rule Shell_Decode_To_Shell {
  meta:
    author = "Daylight"
    description = "Base64 text decoded straight into a shell"
    severity = "high"
    family = "Trojan.Linux/EncodedShell"
    threat_name = "Trojan.Linux/EncodedShell"
  strings:
    $pipe = /echo\s+(-n\s+)?['"]?[A-Za-z0-9+\/]{40,4000}={0,2}['"]?\s*\|\s*base64\s+(-d|-D|--decode)\s*\|\s*(ba|da|z|k)?sh\b/
    $eval = /eval\s+"?\$\(\s*echo\s+['"]?[A-Za-z0-9+\/]{40,4000}={0,2}['"]?\s*\|\s*base64\s+(-d|-D|--decode)/
  condition:
    filesize < 1MB and any of them
}

rule Shell_Reverse_Connection {
  meta:
    author = "Daylight"
    description = "A shell bound to a connection to a fixed address"
    severity = "high"
    family = "Backdoor.Linux/ReverseShell"
    threat_name = "Backdoor.Linux/ReverseShell"
    reference = "https://attack.mitre.org/techniques/T1059/004/"
  strings:
    $bash = /bash -i\s*>&\s*\/dev\/tcp\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9.]{3,8}\/[0-9]{2,5}\s+0>&1/
    $exec = /exec [0-9]{1,3}<>\/dev\/tcp\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9.]{3,8}\/[0-9]{2,5}/
    $pipe = /mkfifo \/tmp\/\w{1,20};\s*cat \/tmp\/\w{1,20}\s*\|\s*\/bin\/(ba)?sh -i 2>&1\s*\|\s*nc /
    $python = /os\.dup2\(s\.fileno\(\),\s?0\);\s?os\.dup2\(s\.fileno\(\),\s?1\)/
  condition:
    filesize < 256KB and any of them
}

rule PowerShell_Download_And_Run {
  meta:
    author = "Daylight"
    description = "PowerShell that runs what it downloads without keeping a file"
    severity = "high"
    family = "Trojan.Win/PSDownloader"
    threat_name = "Trojan.Win/PSDownloader"
    reference = "https://attack.mitre.org/techniques/T1059/001/"
  strings:
    $iex = /(IEX|Invoke-Expression)\s*\(?\s*\(?\s*New-Object\s+(System\.)?Net\.WebClient\s*\)\s*\.\s*DownloadString\s*\(/ nocase ascii wide
    $pipe = /Net\.WebClient\s*\)\s*\.\s*DownloadString\s*\([^)\n]{4,200}\)\s*\|\s*(IEX|Invoke-Expression)/ nocase ascii wide
    // Installers say the same in the open and by HTTPS; manuals are full of it.
    $plain_http = /DownloadString\s{0,4}\(\s{0,4}['"]http:\/\// nocase ascii wide
    $hidden = /-w[a-z]{0,12}\s{1,4}hid(den)?\b/ nocase ascii wide
    $no_amsi = "amsiInitFailed" nocase ascii wide
  condition:
    filesize < 2MB and any of ($iex, $pipe) and any of ($plain_http, $hidden, $no_amsi)
}

rule PowerShell_Encoded_Downloader {
  meta:
    author = "Daylight"
    description = "A PowerShell command line in base64 that holds a download"
    severity = "high"
    family = "Trojan.Win/PSEncoded"
    threat_name = "Trojan.Win/PSEncoded"
  strings:
    $host = "powershell" nocase ascii wide
    $download_string = ".DownloadString(" wide base64
    $download_file = ".DownloadFile(" wide base64
    $web_client = "Net.WebClient" wide base64
  condition:
    filesize < 2MB and $host and $web_client and any of ($download*)
}

rule Script_Host_Dropper {
  meta:
    author = "Daylight"
    description = "A Windows script that downloads a file, writes it to disk and runs it"
    severity = "high"
    family = "Trojan.Win/ScriptDropper"
    threat_name = "Trojan.Win/ScriptDropper"
  strings:
    $shell = "WScript.Shell" nocase
    $http_1 = "MSXML2.XMLHTTP" nocase
    $http_2 = "MSXML2.ServerXMLHTTP" nocase
    $http_3 = "WinHttp.WinHttpRequest" nocase
    $stream = "ADODB.Stream" nocase
    $save = "SaveToFile" nocase
    $body = "\x52esponseBody" nocase
  condition:
    filesize < 512KB and uint16(0) != 0x5A4D and
    $shell and any of ($http*) and $stream and $save and $body
}

rule Batch_Living_Off_The_Land_Download {
  meta:
    author = "Daylight"
    description = "A tool of Windows that is not meant for it downloads a program, which is then started"
    severity = "high"
    family = "Trojan.Win/LolbinDownloader"
    threat_name = "Trojan.Win/LolbinDownloader"
    reference = "https://lolbas-project.github.io/"
  strings:
    $certutil = /certutil(\.exe)?\s+[^\n]{0,40}-urlcache\s[^\n]{0,40}https?:\/\/[^\n]{4,200}\.(exe|dll|ps1|vbs|scr|bat)/ nocase
    $bitsadmin = /bitsadmin(\.exe)?\s+\/transfer\s[^\n]{0,80}https?:\/\/[^\n]{4,200}\.(exe|dll|ps1|vbs|scr|bat)/ nocase
    $mshta = /mshta(\.exe)?\s+["']?https?:\/\/[^\n]{4,200}/ nocase
    $start = /(\n|&)\s{0,8}(start|call|cmd \/c|rundll32(\.exe)?|wscript(\.exe)?)\s/ nocase
  condition:
    filesize < 64KB and any of ($certutil, $bitsadmin, $mshta) and $start
}

rule Python_Encoded_Loader {
  meta:
    author = "Daylight"
    description = "Python that runs code it unpacks from encoded text"
    severity = "medium"
    family = "Heur.Any/PyEncoded"
    threat_name = "Heur.Any/PyEncoded"
  strings:
    $a = /exec\s*\(\s*(__import__\(['"](zlib|marshal|lzma)['"]\)|zlib|marshal|lzma)\.(decompress|loads)\s*\(\s*(__import__\(['"](base64|zlib|lzma)['"]\)|base64|zlib|lzma)\.(b64decode|b85decode|decompress)\s*\(/
    $b = /exec\s*\(\s*(compile\s*\(\s*)?(__import__\(['"]base64['"]\)|base64)\.b64decode\s*\(\s*b?['"][A-Za-z0-9+\/]{200}/
  condition:
    filesize < 5MB and any of them
}
