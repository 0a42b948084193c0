// Copyright 2026 The Daylight Authors
// SPDX-License-Identifier: Apache-2.0
// Programs and scripts that know where others keep their passwords, and where to send them.

rule Stealer_Windows_Targets {
  meta:
    author = "Daylight"
    description = "Names the places where many programs keep passwords, sessions and wallets"
    severity = "high"
    family = "Stealer.Win/Targets"
    threat_name = "Stealer.Win/Targets"
    reference = "https://attack.mitre.org/techniques/T1555/"
  strings:
    $browser_1 = "\\Google\\Chrome\\User Data" nocase ascii wide
    $browser_2 = "\\BraveSoftware\\Brave-Browser\\User Data" nocase ascii wide
    $browser_3 = "\\Opera Software\\Opera Stable" nocase ascii wide
    $browser_4 = "\\Yandex\\YandexBrowser\\User Data" nocase ascii wide
    $browser_5 = "\\Mozilla\\Firefox\\Profiles" nocase ascii wide
    $data_1 = "Login Data" fullword ascii wide
    $data_2 = "logins.json" fullword ascii wide
    $data_3 = "key4.db" fullword ascii wide
    $data_4 = "encrypted_key" fullword ascii wide
    $other_1 = "\\FileZilla\\recentservers.xml" nocase ascii wide
    $other_2 = "\\Telegram Desktop\\tdata" nocase ascii wide
    $other_3 = "\\discord\\Local Storage\\leveldb" nocase ascii wide
    $other_4 = "\\Exodus\\exodus.wallet" nocase ascii wide
    $other_5 = "\\Electrum\\wallets" nocase ascii wide
    $other_6 = "\\Ethereum\\keystore" nocase ascii wide
    $other_7 = "\\.purple\\accounts.xml" nocase ascii wide
    $other_8 = "\\Thunderbird\\Profiles" nocase ascii wide
  condition:
    uint16(0) == 0x5A4D and filesize < 20MB and
    2 of ($browser*) and any of ($data*) and 2 of ($other*)
}

rule Stealer_Script_With_Webhook {
  meta:
    author = "Daylight"
    description = "A script that reads browsers' stores and posts to a chat service"
    severity = "high"
    family = "Stealer.Any/Webhook"
    threat_name = "Stealer.Any/Webhook"
  strings:
    $hook_1 = /discord(app)?\.com\/api\/webhooks\/[0-9]{6,24}\/[\w-]{10}/
    $hook_2 = /api\.telegram\.org\/bot[0-9]{6,12}:[\w-]{20}/
    $store_1 = /Local State|Login Data|Web Data/ fullword
    $store_2 = "os_crypt" fullword
    $store_3 = "encrypted_key" fullword
    $store_4 = "CryptUnprotectData" fullword
    $store_5 = "Local Storage\\leveldb" nocase
    $store_6 = "Local Storage\\\\leveldb" nocase
    $store_7 = "logins.json" fullword
  condition:
    filesize < 5MB and any of ($hook*) and 2 of ($store*)
}

rule Stealer_Unix_Credentials {
  meta:
    author = "Daylight"
    description = "A script that collects keys and cloud credentials and sends them away"
    severity = "high"
    family = "Stealer.Linux/Credentials"
    threat_name = "Stealer.Linux/Credentials"
    reference = "https://attack.mitre.org/techniques/T1552/"
  strings:
    $key_1 = /\.ssh\/(id_rsa|id_ed25519|id_dsa|id_ecdsa)\b/
    $key_2 = ".aws/credentials"
    $key_3 = ".docker/config.json"
    $key_4 = ".kube/config"
    $key_5 = ".git-credentials"
    $key_6 = "gcloud/credentials.db"
    $key_7 = ".azure/accessTokens.json"
    $key_8 = "/etc/shadow"
    $key_9 = ".bash_history"
    $send_1 = /curl\s[^\n]{0,120}(-F|--form|--data-binary|-T|--upload-file|-d)\s?[^\n]{0,80}@[^\n]{0,120}https?:\/\//
    $send_2 = /curl\s[^\n]{0,200}https?:\/\/[^\n]{0,120}(-F|--form|--data-binary|-T|--upload-file|-d)\s?[^\n]{0,80}@/
    $send_3 = /\/api\/webhooks\/[0-9]{6,24}\//
    $send_4 = /requests\.post\(\s{0,8}f?['"]https?:\/\/[^\n]{4,120}files\s?=/
    $send_5 = /\|\s?nc (-\w{1,4} )?[0-9]{1,3}\.[0-9]{1,3}\.[0-9.]{3,8} [0-9]{2,5}/
  condition:
    filesize < 256KB and 3 of ($key*) and any of ($send*)
}
