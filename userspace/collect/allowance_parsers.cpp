// SPDX-License-Identifier: Apache-2.0
#include "collect/allowance_parsers.h"

#include <algorithm>
#include <array>

namespace culprit {
namespace {

constexpr std::size_t kNameBytes = 32;  // ETH_GSTRING_LEN
constexpr std::uint32_t kEbsMagic = 0x3c23b510;
constexpr std::string_view kExceeded = "_allowance_exceeded";
// Behind magic and padding come six totals of reads and writes, then these.
constexpr std::size_t kExceededAt = 8 + 6 * 8;
constexpr std::array<std::string_view, 4> kVolumeCounters = {
    "volume_iops_exceeded", "volume_throughput_exceeded", "instance_iops_exceeded",
    "instance_throughput_exceeded"};

/// NVMe is little-endian, whatever the host is.
std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; i++)
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return number;
}

}  // namespace

std::vector<AllowanceReading> interface_allowances(const std::string& interface,
                                                   std::string_view names,
                                                   std::span<const std::uint64_t> values) {
  std::vector<AllowanceReading> readings;
  const std::size_t count = std::min(values.size(), names.size() / kNameBytes);
  for (std::size_t i = 0; i < count; i++) {
    std::string_view name = names.substr(i * kNameBytes, kNameBytes);
    name = name.substr(0, name.find('\0'));
    const bool is_plain = std::all_of(name.begin(), name.end(), [](char character) {
      return (character >= 'a' && character <= 'z') || character == '_';
    });
    if (is_plain && name.ends_with(kExceeded))
      readings.push_back({interface, std::string(name), values[i]});
  }
  return readings;
}

std::vector<AllowanceReading> volume_allowances(const std::string& disk, std::string_view page) {
  std::vector<AllowanceReading> readings;
  if (page.size() < kExceededAt + kVolumeCounters.size() * 8) return readings;
  if (number_at(page, 0, 4) != kEbsMagic) return readings;
  for (std::size_t i = 0; i < kVolumeCounters.size(); i++)
    readings.push_back(
        {disk, std::string(kVolumeCounters[i]), number_at(page, kExceededAt + i * 8, 8)});
  return readings;
}

}  // namespace culprit
