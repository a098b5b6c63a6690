// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "collect/socket_diag.h"
#include "collect/text_file.h"

namespace culprit {

/// Counts sockets by both addresses; each holds a port of the range.
class PortCount {
 public:
  /// Ports of this host from `first` to `last` are counted.
  PortCount(std::uint64_t first, std::uint64_t last) : first_(first), last_(last) {}

  void note(const inet_diag_msg& socket);
  /// Those that hold at least `least` ports, most first.
  std::vector<PortReading> readings(std::uint64_t least) const;

 private:
  std::uint64_t first_, last_;
  std::unordered_map<std::string, PortReading> pairs_;  // by the bytes of both ends
};

/// Which local ports are in use towards whom. Listing all sockets takes long where there are
/// many, so it is done only while at least half as many are in use as there are ports to choose
/// from, and every ten seconds: less can be no shortage.
class PortReader {
 public:
  /// `root` is "/" but in tests; sockets are always those of this host.
  explicit PortReader(const std::filesystem::path& root = "/");

  /// Empty where nothing is near. Between two listings the last one stands.
  std::vector<PortReading> read(const SettingsReading& settings, std::uint64_t now_ns);

 private:
  std::vector<PortReading> list(std::uint64_t first, std::uint64_t last);

  TextReader text_;
  OpenFile sockstat_, sockstat6_;
  SocketDiag diag_;
  std::vector<PortReading> latest_;
  std::optional<std::uint64_t> listed_ns_;
};

}  // namespace culprit
