// ClamAV's rules about certificates (.crb):
//
//   NAME;TRUSTED;SUBJECT;SERIAL;PUBKEY;EXPONENT;CODESIGN;TIMESIGN;CERTSIGN;NOTBEFORE;COMMENT
//       [;MINFL[;MAXFL]]
//
// SUBJECT and SERIAL are SHA-1 digests, SERIAL may be empty (any); PUBKEY is the modulus of an RSA
// key; EXPONENT says nothing (it is 65537), nor does COMMENT. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/formats/authenticode/trust.h"

namespace day::signatures::certificates {

inline constexpr std::size_t kRulesMax = 100'000;
inline constexpr std::size_t kModulusBytesMax = 2048;
// What a blocking rule without a name is called, as in ClamAV.
inline constexpr std::string_view kUnnamed = "(unnamed CRB rule)";

struct CertificateLine {
  enum class Kind : std::uint8_t { kRule, kNothing, kBad };
  Kind kind = Kind::kNothing;
  formats::authenticode::TrustRule rule;
  std::string_view problem;  // static text
};

// `line` without its newline; a carriage return at its end is no part of it.
CertificateLine ParseCertificateLine(std::string_view line);

struct CertificateRules {
  std::vector<formats::authenticode::TrustRule> rules;
  std::vector<std::string> provenances;  // "daily.crb:17", of each rule
};
// All of a database's. Lists as database_builder.h's AddList() puts them together.
CertificateRules RulesIn(std::string_view lists);

}  // namespace day::signatures::certificates
