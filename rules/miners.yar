// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Configuration and scripts of coin miners that came without being asked. An escape in a string keeps
// this file from finding itself.

rule Miner_XMRig_Configuration {
  meta:
    author = "Daylight"
    description = "A configuration file of the XMRig miner"
    severity = "medium"
    family = "PUA.Any/XMRigConfig"
    threat_name = "PUA.Any/XMRigConfig"
    reference = "https://attack.mitre.org/techniques/T1496/"
  strings:
    $donate = "\"donate-level\""
    $randomx = "\"randomx\""
    $pools = "\"pools\""
    $rig = "\"rig-id\""
    $nicehash = "\"nicehash\""
    $pass = "\"pass\""
    $huge = "\"huge-pages\""
  condition:
    filesize < 128KB and uint8(0) == 0x7B and $pools and $donate and
    3 of ($randomx, $rig, $nicehash, $pass, $huge)
}

rule Miner_Command_Line {
  meta:
    author = "Daylight"
    description = "A script that starts a miner with its pool and wallet"
    severity = "medium"
    family = "PUA.Any/MinerScript"
    threat_name = "PUA.Any/MinerScript"
  strings:
    $stratum = /\bstratum[12]?\+(tcp|ssl|tls|udp):\/\/[\w.-]{4,80}:[0-9]{2,5}/
    $user = /\s(-u|--user|--wallet|-w)[ =]?['"]?[\w.+-]{20,120}/
    $background = /nohup |setsid |--background|\s-B\s|>\s?\/dev\/null|WindowStyle Hidden|screen -dmS/ nocase
  condition:
    filesize < 128KB and uint32(0) != 0x464C457F and uint16(0) != 0x5A4D and all of them
}

rule Miner_Installer_Script {
  meta:
    author = "Daylight"
    description = "A script that brings a miner, keeps it running and removes its rivals"
    severity = "high"
    family = "Trojan.Linux/MinerInstaller"
    threat_name = "Trojan.Linux/MinerInstaller"
  strings:
    $pool_1 = "\x73upportxmr.com"
    $pool_2 = "\x6Doneroocean.stream"
    $pool_3 = "\x68ashvault.pro"
    $pool_4 = "\x78mr.nanopool.org"
    $pool_5 = "\x633pool.com"
    $pool_6 = "\x6Dinexmr.com"
    $pool_7 = "\x78mrpool.eu"
    $pool_8 = "\x73tratum+tcp://"
    $pool_9 = "\x73tratum+ssl://"
    $keep_1 = /crontab -(\s|$)/
    $keep_2 = "/etc/cron.d/"
    $keep_3 = "chattr +i"
    $keep_4 = "systemctl enable"
    $keep_5 = "/etc/rc.local"
    $rival_1 = /pkill -(9 -)?f /
    $rival_2 = /killall (-9 )?(xmr|kdevtmpfsi|kinsing|minerd)/
    $rival_3 = "chattr -i"
    $rival_4 = /ps aux? ?\| ?grep [^\n]{0,60}\| ?awk [^\n]{0,40}xargs [^\n]{0,20}kill -9/
  condition:
    filesize < 256KB and any of ($pool*) and any of ($keep*) and any of ($rival*)
}
