// The statistics behind the module `math`, over a range of a file or over a string.
//
// Results equal YARA 4.5.8's to the last bit: the same formulas in the same order of summation, for
// rules compare them with thresholds. Sums of byte values and of their products are kept as
// integers where YARA uses doubles; both are exact, for no input of ours reaches 2^37 bytes.
// Strings are not ranges: YARA reads their bytes as signed numbers (all but entropy), and so do we.
// A result that is not a number is returned as such; the module makes it undefined.
// Thread safety: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"

namespace day::rules::modules::basic {

// How often each byte value occurs.
using Distribution = std::array<std::uint32_t, 256>;

Distribution CountBytes(base::Bytes data);
std::uint64_t TotalCount(const Distribution& counts);

double Entropy(const Distribution& counts);
double Mean(const Distribution& counts);
double Deviation(const Distribution& counts, double mean);
// The share of `byte` in everything, in single precision as YARA computes it.
double Percentage(const Distribution& counts, std::uint8_t byte);
// The most frequent value; the smallest of them.
std::uint8_t Mode(const Distribution& counts);

// What a range of a file and a string differ in.
enum class ByteSign : std::uint8_t { kUnsigned, kSigned };

double SerialCorrelation(base::Bytes data, ByteSign sign);
// The relative error of pi as estimated from points of 3+3 bytes; nothing for fewer than 6 bytes.
std::optional<double> MonteCarloPi(base::Bytes data, ByteSign sign);
double StringMean(base::Bytes text);
double StringDeviation(base::Bytes text, double mean);

}  // namespace day::rules::modules::basic
