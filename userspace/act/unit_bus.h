// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "util/result.h"

struct sd_bus;

namespace culprit {

/// Where systemd is.
struct UnitHost {
  /// Of a systemd that listens there itself; "": the bus of this host, or where that is down,
  /// systemd's own socket.
  std::string socket = {};
  std::filesystem::path root = "/";  ///< but in tests
};

/// systemd, asked over D-Bus. One connection for one purpose: it may be started anew in between.
class UnitBus {
 public:
  static Result<UnitBus> connect(const UnitHost& host);

  /// Whether it has a unit of that name in memory.
  Result<bool> knows(const std::string& unit);
  /// The cgroup of a unit, below the mount; "" when it has none.
  Result<std::string> control_group(const std::string& unit);
  /// A property of a unit's kind, a number without sign. Reads the unit from disk if it must.
  Result<std::uint64_t> property(const std::string& unit, const std::string& name);
  /// Until the next start of the host.
  Status set(const std::string& unit, const std::string& name, std::uint64_t value);

 private:
  struct Closer {
    void operator()(sd_bus* bus) const;
  };
  explicit UnitBus(std::unique_ptr<sd_bus, Closer> bus) : bus_(std::move(bus)) {}
  Result<std::string> path_of(const char* method, const std::string& unit);

  std::unique_ptr<sd_bus, Closer> bus_;
};

/// "Service", "Scope" or "Slice", of a unit's name; "" of what has no limits that we set.
std::string_view unit_kind(std::string_view unit);

}  // namespace culprit
