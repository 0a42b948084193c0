# The architecture as data: one line a folder. The build makes one library (or program) of each line
# and refuses a dependency that is not listed here; tools/check_layering.py reads the same lines and
# checks every #include. A folder may use only what stands after USES, and libs/base.
#
#   daylight_library(FOLDER [USES folders...] [LINKS external targets...] [TEST_LINKS ...])
#   daylight_program(NAME FOLDER [USES folders...] [LINKS external targets...])
#
# Every *.cc in the folder (not below it) belongs to it: *_test.cc becomes tests, *_fuzz.cc a fuzz
# target each, *_bench.cc a benchmark, testing/*.cc code that only tests may use.

daylight_library(libs/base)
daylight_library(libs/crypto LINKS OpenSSL::Crypto)
daylight_library(libs/wire)
daylight_library(libs/os)

# The only library with sockets to other machines.
daylight_library(libs/net LINKS Boost::headers OpenSSL::SSL OpenSSL::Crypto)

# Keys in PKCS #11 tokens: the only code that loads other people's libraries, at the user's word.
daylight_library(libs/pkcs11 USES libs/crypto libs/wire libs/os LINKS Pkcs11::headers)

# Where bytes stay: interfaces and what is behind them.
daylight_library(libs/store USES libs/os)
daylight_library(libs/store/s3 USES libs/store libs/net libs/crypto libs/wire)

# The public log's formats and proofs; no I/O.
daylight_library(libs/tlog USES libs/crypto libs/wire TEST_LINKS nlohmann_json::nlohmann_json)

# The Update Framework: metadata, client and repository, without input or output.
daylight_library(libs/tuf USES libs/crypto libs/wire)

# Releases and updates without I/O: bundles, statements, .upd files, following the log.
daylight_library(libs/update USES libs/tlog libs/tuf libs/crypto libs/wire LINKS Zstd::Zstd)

# Matching: byte patterns, literal filters. Knows nothing of YARA's rules or of file formats.
daylight_library(libs/match)

# Parsers: one format a folder.
daylight_library(libs/formats/pe)
daylight_library(libs/formats/authenticode USES libs/crypto LINKS OpenSSL::Crypto)
daylight_library(libs/formats/elf)
daylight_library(libs/formats/macho)
daylight_library(libs/formats/dotnet USES libs/formats/pe)
daylight_library(libs/formats/dex)
daylight_library(libs/formats/lnk)
daylight_library(libs/formats/html USES libs/match)
daylight_library(libs/formats/structured)
daylight_library(libs/formats/image LINKS PNG::PNG JPEG::JPEG)

# Which files are one archive, by their names.
daylight_library(libs/volumes)

# Hashes that are near where files are nearly the same.
daylight_library(libs/similarity)

# Decoders: one container a folder.
daylight_library(libs/unpack/inflate TEST_LINKS ZLIB::ZLIB)
daylight_library(libs/unpack/stream
  USES libs/unpack/inflate LINKS BZip2::BZip2 LibLZMA::LibLZMA Zstd::Zstd Lz4::Lz4
        Brotli::Brotli)
daylight_library(libs/unpack/gzip USES libs/unpack/inflate)
daylight_library(libs/unpack/tar)
daylight_library(libs/unpack/mail USES libs/unpack/inflate)
# What hand-written decoders share: the interface Archive, bits, prefix codes, paid output.
daylight_library(libs/unpack/parts USES libs/unpack/inflate)
# Encryption of archives, and the passwords that are tried.
daylight_library(libs/unpack/cipher USES libs/unpack/inflate LINKS OpenSSL::Crypto)
daylight_library(libs/unpack/zip
  USES libs/unpack/cipher libs/unpack/parts libs/unpack/inflate libs/unpack/stream
  LINKS LibArchive::LibArchive)
daylight_library(libs/unpack/egg
  USES libs/unpack/cipher libs/unpack/parts libs/unpack/inflate libs/unpack/stream
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/ar
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/cpio
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/rpm
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/arj
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/lha
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/szdd
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)

# Installers.
daylight_library(libs/unpack/autoit
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/nsis
  USES libs/unpack/parts libs/unpack/inflate libs/unpack/stream TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/installshield
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/sis
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
# Images of disks and of installers' media. Their blocks are packed one by one.
daylight_library(libs/unpack/blocks
  USES libs/unpack/parts libs/unpack/inflate libs/unpack/stream LINKS Lz4::Lz4)
daylight_library(libs/unpack/squashfs
  USES libs/unpack/blocks libs/unpack/parts libs/unpack/inflate
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/udf
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/dmg
  USES libs/unpack/blocks libs/unpack/parts libs/unpack/inflate
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/hfsplus
  USES libs/unpack/blocks libs/unpack/parts libs/unpack/inflate
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/wim
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/disk
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/fat
  USES libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)

# Formats that other people's libraries decode well; both read from memory only.
daylight_library(libs/unpack/mspack
  USES libs/unpack/parts libs/unpack/inflate LINKS Mspack::Mspack
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/libarchive
  USES libs/unpack/parts libs/unpack/inflate LINKS LibArchive::LibArchive
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/sevenzip
  USES libs/unpack/cipher libs/unpack/libarchive libs/unpack/stream libs/unpack/parts libs/unpack/inflate
  TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/rar
  USES libs/unpack/cipher libs/unpack/parts libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/script USES libs/unpack/inflate)
daylight_library(libs/unpack/pdf
  USES libs/unpack/inflate libs/crypto)

# What the readers of documents share, and documents.
daylight_library(libs/unpack/document USES libs/unpack/inflate)
daylight_library(libs/unpack/vba USES libs/unpack/document libs/unpack/inflate)
# Hangul documents before OLE 2, and a cover that some programs put around files.
daylight_library(libs/unpack/hwp3 USES libs/unpack/document libs/unpack/inflate)
daylight_library(libs/unpack/cryptff USES libs/unpack/document libs/unpack/parts libs/unpack/inflate)
daylight_library(libs/unpack/xar
  USES libs/unpack/document libs/unpack/parts libs/unpack/inflate libs/unpack/stream
  TEST_LINKS daylight_unpack_parts_testing)
# Documents that ask for a password.
daylight_library(libs/unpack/officecrypt
  USES libs/unpack/cipher libs/unpack/document libs/unpack/inflate libs/crypto LINKS OpenSSL::Crypto)
daylight_library(libs/unpack/ole2
  USES libs/unpack/document libs/unpack/vba libs/unpack/officecrypt libs/unpack/inflate
  TEST_LINKS daylight_unpack_vba_testing daylight_unpack_officecrypt_testing)
daylight_library(libs/unpack/rtf USES libs/unpack/document libs/unpack/inflate)
daylight_library(libs/unpack/onenote USES libs/unpack/document libs/unpack/inflate)
daylight_library(libs/unpack/dotnet USES libs/formats/dotnet libs/formats/pe libs/unpack/parts
  libs/unpack/inflate TEST_LINKS daylight_unpack_parts_testing)
daylight_library(libs/unpack/tnef USES libs/unpack/document libs/unpack/inflate)
daylight_library(libs/unpack/officexml
  USES libs/unpack/document libs/unpack/mail libs/unpack/inflate)
daylight_library(libs/unpack/cms USES libs/unpack/document libs/unpack/inflate)
daylight_library(libs/unpack/swf USES libs/unpack/document libs/unpack/stream libs/unpack/inflate)

# Running what packed programs run first, in a processor and a Windows of our own.
daylight_library(libs/emulate/x86)
daylight_library(libs/emulate/windows USES libs/emulate/x86 libs/formats/pe)
daylight_library(libs/unpack/packed USES libs/emulate/windows libs/emulate/x86 libs/formats/pe)
daylight_library(libs/unpack/embedded
  USES libs/unpack/arj libs/unpack/mspack libs/unpack/inflate libs/formats/pe libs/match)
# Where the data begins that somebody put behind a program.
daylight_library(libs/unpack/overlay
  USES libs/formats/elf libs/formats/macho libs/formats/dex TEST_LINKS daylight_formats_elf_testing)

# The YARA language. module.h is the interface between the language and its modules.
daylight_library(libs/rules/module USES libs/match)
daylight_library(libs/rules/modules/pe
  USES libs/rules/module libs/match libs/formats/pe libs/formats/authenticode libs/crypto)
daylight_library(libs/rules/modules/elf
  USES libs/rules/module libs/match libs/formats/elf libs/similarity libs/crypto)
daylight_library(libs/rules/modules/macho USES libs/rules/module libs/formats/macho)
daylight_library(libs/rules/modules/dotnet
  USES libs/rules/module libs/formats/dotnet libs/formats/pe libs/crypto)
daylight_library(libs/rules/modules/dex
  USES libs/rules/module libs/match libs/formats/dex libs/crypto)
daylight_library(libs/rules/modules/lnk USES libs/rules/module libs/formats/lnk libs/crypto)
daylight_library(libs/rules/modules/basic
  USES libs/rules/module libs/match libs/crypto)
daylight_library(libs/rules/modules/magic USES libs/rules/module LINKS Magic::magic)
daylight_library(libs/rules/modules/cuckoo USES libs/rules/module libs/match)
daylight_library(libs/rules/modules
  USES libs/rules/module libs/rules/modules/pe libs/rules/modules/elf libs/rules/modules/macho
       libs/rules/modules/dotnet libs/rules/modules/dex libs/rules/modules/lnk
       libs/rules/modules/basic libs/rules/modules/magic libs/rules/modules/cuckoo)
daylight_library(libs/rules/syntax USES libs/match libs/rules/module)
daylight_library(libs/rules/compile USES libs/match libs/rules/module libs/rules/syntax libs/crypto
  TEST_LINKS daylight_rules_syntax_testing)
daylight_library(libs/rules/scan USES libs/match libs/rules/module libs/rules/compile libs/rules/syntax
  TEST_LINKS daylight_rules_modules)

# Files that rules match, made from the rules: for tests at scale and for `rules diff`.
daylight_library(libs/rules/witness USES libs/match libs/rules/module libs/rules/syntax)

# Hash signatures and their database file.
daylight_library(libs/signatures USES libs/crypto libs/similarity)
daylight_library(libs/signatures/cvd
  USES libs/signatures libs/crypto libs/unpack/gzip libs/unpack/inflate libs/unpack/tar
  LINKS OpenSSL::Crypto)
# ClamAV's body and logical signatures: their texts, one mapped file, and the matcher over it.
daylight_library(libs/signatures/clamav
  USES libs/signatures libs/match libs/crypto LINKS Pcre2::Pcre2)
# Signatures on what containers say of their files.
daylight_library(libs/signatures/metadata
  USES libs/signatures libs/signatures/clamav)
# What databases say files are, by their first bytes.
daylight_library(libs/signatures/filetypes
  USES libs/signatures libs/signatures/clamav)
# Rules about the certificates of signed programs.
daylight_library(libs/signatures/certificates
  USES libs/signatures libs/formats/authenticode)
# Icons that databases know.
daylight_library(libs/signatures/icons
  USES libs/signatures libs/similarity)
# Passwords that databases bring for archives.
daylight_library(libs/signatures/passwords
  USES libs/signatures libs/signatures/clamav)
# Lists of links that do not lead where they seem to.
daylight_library(libs/signatures/phishing
  USES libs/signatures libs/signatures/clamav libs/crypto)
# The files of a database, of all kinds, put together.
daylight_library(libs/signatures/sources
  USES libs/signatures libs/signatures/cvd libs/signatures/clamav libs/signatures/metadata libs/crypto
       libs/signatures/filetypes libs/signatures/passwords libs/signatures/certificates
       libs/signatures/icons libs/signatures/phishing libs/unpack/inflate
  TEST_LINKS daylight_signatures_cvd_testing)

# What bytes are, and what can be opened in them: the only code that knows the decoders by name.
daylight_library(libs/engine/descend
  USES libs/formats/html libs/formats/lnk libs/formats/macho libs/formats/pe
       libs/unpack/ar libs/unpack/arj libs/unpack/autoit libs/unpack/cms libs/unpack/cpio libs/unpack/cryptff
       libs/unpack/disk libs/unpack/dmg
       libs/unpack/document libs/unpack/dotnet libs/unpack/egg libs/unpack/embedded libs/unpack/fat libs/unpack/gzip
       libs/unpack/hfsplus libs/unpack/hwp3 libs/unpack/inflate libs/unpack/installshield libs/unpack/lha libs/unpack/libarchive
       libs/unpack/mail libs/unpack/mspack libs/unpack/nsis libs/unpack/officecrypt libs/unpack/officexml libs/unpack/ole2
       libs/unpack/onenote libs/unpack/overlay libs/unpack/packed libs/unpack/parts libs/unpack/pdf
       libs/unpack/rar libs/unpack/rpm
       libs/unpack/rtf libs/unpack/script libs/unpack/sevenzip libs/unpack/sis libs/unpack/squashfs libs/unpack/stream
       libs/unpack/swf libs/unpack/szdd libs/unpack/tar libs/unpack/tnef libs/unpack/udf libs/unpack/vba
       libs/unpack/wim libs/unpack/xar libs/unpack/zip)

# Identify, descend, match, judge.
daylight_library(libs/engine
  USES libs/engine/descend libs/crypto libs/match libs/rules/scan libs/rules/compile
       libs/rules/syntax libs/rules/module libs/signatures libs/signatures/clamav
       libs/signatures/metadata libs/signatures/filetypes libs/signatures/passwords
       libs/signatures/certificates libs/formats/authenticode libs/signatures/icons
       libs/signatures/phishing libs/formats/html libs/unpack/mail libs/similarity
       libs/formats/pe libs/formats/elf libs/formats/macho
       libs/formats/image libs/formats/structured libs/unpack/inflate libs/volumes)

# The sandboxed process, and those who ask it.
daylight_library(libs/workerproto USES libs/wire)
daylight_library(worker/tools
  USES libs/rules/syntax libs/rules/compile libs/rules/scan libs/rules/module libs/rules/witness
       libs/match libs/workerproto libs/wire
  TEST_LINKS daylight_rules_modules)
daylight_library(worker
  USES worker/tools libs/engine libs/rules/syntax libs/rules/compile libs/rules/scan libs/rules/module
       libs/rules/modules libs/signatures libs/signatures/clamav libs/signatures/sources
       libs/signatures/cvd libs/match libs/workerproto libs/wire libs/os libs/crypto)
daylight_program(daylight-worker worker/main USES worker)

daylight_library(endpoint/scan USES libs/volumes libs/workerproto libs/wire libs/os libs/crypto)
# Updates: the state folder, mirrors, the trial before activation.
daylight_library(endpoint/updater
  USES endpoint/scan libs/update libs/tlog libs/tuf libs/net libs/workerproto libs/wire libs/os
       libs/crypto
  TEST_LINKS daylight_update_testing daylight_net_testing)
daylight_library(endpoint/cli
  USES endpoint/scan endpoint/updater libs/update libs/tlog libs/tuf libs/net libs/workerproto
       libs/similarity libs/wire libs/os libs/crypto)
daylight_program(daylight endpoint/main USES endpoint/cli)

# A TUF client by itself: the command line of the conformance suite.
daylight_program(daylight-tuf-client endpoint/tufclient USES libs/tuf libs/net libs/wire libs/os)

# The security network. network/<x> uses network/core and never network/<y>; network/node puts them together.
daylight_library(network/core USES libs/tlog libs/update libs/net libs/os libs/crypto)
daylight_library(network/log
  USES libs/tlog libs/store libs/store/s3 libs/net libs/os libs/crypto LINKS SQLite::SQLite3
  TEST_LINKS daylight_tlog_testing)
daylight_library(network/node USES network/core network/log libs/tlog libs/net libs/os)
daylight_program(daylight-node network/node/main USES network/node)
daylight_library(network/audit
  USES network/core libs/update libs/tuf libs/tlog libs/store libs/net libs/os libs/wire libs/crypto
  TEST_LINKS daylight_update_testing)
daylight_program(daylight-audit network/audit/main USES network/audit)

# Releases by analysts. It runs `daylight` and `daylight-node` as tools, and links nothing of them.
daylight_library(network/release
  USES network/core libs/update libs/tuf libs/tlog libs/pkcs11 libs/crypto libs/wire libs/net
       libs/os
  LINKS nlohmann_json::nlohmann_json TEST_LINKS daylight_update_testing)
daylight_program(daylight-release network/release/main USES network/release)

# Tools for developers; never installed.
daylight_program(make_rarity tools/make_rarity USES libs/match)
daylight_program(make_witnesses tools/make_witnesses
  USES libs/rules/witness libs/rules/syntax libs/rules/module libs/rules/modules)
daylight_program(run_vectors tools/run_vectors
  USES libs/rules/syntax libs/rules/compile libs/rules/scan libs/rules/module libs/rules/modules
       libs/rules/modules/basic)
daylight_program(kill_at tools/kill_at)
daylight_program(make_documents tools/make_documents
  USES libs/unpack/ole2 libs/unpack/vba libs/unpack/officecrypt
  LINKS daylight_unpack_ole2_testing daylight_unpack_vba_testing
        daylight_unpack_officecrypt_testing)
daylight_program(make_updates tools/make_updates USES libs/update libs/os)
# What tests/services starts real servers for.
daylight_program(s3_check tests/services/s3_check USES libs/store/s3 libs/store LINKS GTest::gtest)
