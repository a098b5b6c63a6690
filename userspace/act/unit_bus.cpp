// SPDX-License-Identifier: Apache-2.0
#include "act/unit_bus.h"

#include <systemd/sd-bus.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace culprit {
namespace {

constexpr char kService[] = "org.freedesktop.systemd1",
               kManagerPath[] = "/org/freedesktop/systemd1";
constexpr char kManager[] = "org.freedesktop.systemd1.Manager";
constexpr char kNoSuchUnit[] = "org.freedesktop.systemd1.NoSuchUnit";
constexpr char kOwnSocket[] = "/run/systemd/private";
constexpr std::uint64_t kPatienceUs = 5'000'000;

struct BusError {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  ~BusError() { sd_bus_error_free(&error); }
  /// What was said, or the number's own text.
  std::string text(int result) const {
    return error.message ? error.message : std::strerror(-result);
  }
};

struct MessageCloser {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using MessageHandle = std::unique_ptr<sd_bus_message, MessageCloser>;

tl::unexpected<Error> failed(const std::string& what, const std::string& why) {
  return fail("systemd: " + what + ": " + why);
}

/// Talks to whoever listens at a socket, without a bus between.
int open_socket(const std::string& path, sd_bus** bus) {
  int result = sd_bus_new(bus);
  if (result >= 0) result = sd_bus_set_address(*bus, ("unix:path=" + path).c_str());
  return result < 0 ? result : sd_bus_start(*bus);
}

}  // namespace

void UnitBus::Closer::operator()(sd_bus* bus) const {
  sd_bus_flush_close_unref(bus);
}

std::string_view unit_kind(std::string_view unit) {
  if (unit.ends_with(".service")) return "Service";
  if (unit.ends_with(".scope")) return "Scope";
  if (unit.ends_with(".slice")) return "Slice";
  return "";
}

Result<UnitBus> UnitBus::connect(const UnitHost& host) {
  sd_bus* raw = nullptr;
  int result = host.socket.empty() ? sd_bus_open_system(&raw) : open_socket(host.socket, &raw);
  if (result < 0 && host.socket.empty()) {
    const std::unique_ptr<sd_bus, Closer> unused(raw);
    raw = nullptr;
    result = open_socket(kOwnSocket, &raw);
  }
  std::unique_ptr<sd_bus, Closer> bus(raw);
  if (result < 0) return failed("cannot be asked", std::strerror(-result));
  sd_bus_set_method_call_timeout(bus.get(), kPatienceUs);
  return UnitBus(std::move(bus));
}

Result<std::string> UnitBus::path_of(const char* method, const std::string& unit) {
  BusError error;
  sd_bus_message* raw = nullptr;
  int result = sd_bus_call_method(bus_.get(), kService, kManagerPath, kManager, method,
                                  &error.error, &raw, "s", unit.c_str());
  const MessageHandle reply(raw);
  const char* path = nullptr;
  if (result >= 0) result = sd_bus_message_read(reply.get(), "o", &path);
  if (result >= 0) return std::string(path);
  // No error to whoever asks whether there is one.
  if (sd_bus_error_has_name(&error.error, kNoSuchUnit)) return std::string();
  return failed(unit, error.text(result));
}

Result<bool> UnitBus::knows(const std::string& unit) {
  const auto path = path_of("GetUnit", unit);
  if (!path) return tl::unexpected<Error>(path.error());
  return !path->empty();
}

Result<std::string> UnitBus::control_group(const std::string& unit) {
  const auto path = path_of("GetUnit", unit);
  if (!path) return path;
  if (path->empty()) return failed(unit, "is no unit of it");
  const std::string interface = std::string(kService) + "." + std::string(unit_kind(unit));
  BusError error;
  char* group = nullptr;
  const int result = sd_bus_get_property_string(
      bus_.get(), kService, path->c_str(), interface.c_str(), "ControlGroup", &error.error, &group);
  const std::unique_ptr<char, decltype(&std::free)> owned(group, &std::free);
  if (result < 0) return failed(unit + " ControlGroup", error.text(result));
  return std::string(group);
}

Result<std::uint64_t> UnitBus::property(const std::string& unit, const std::string& name) {
  const auto path = path_of("LoadUnit", unit);
  if (!path) return tl::unexpected<Error>(path.error());
  const std::string interface = std::string(kService) + "." + std::string(unit_kind(unit));
  BusError error;
  std::uint64_t value = 0;
  const int result =
      sd_bus_get_property_trivial(bus_.get(), kService, path->c_str(), interface.c_str(),
                                  name.c_str(), &error.error, 't', &value);
  if (result < 0) return failed(unit + " " + name, error.text(result));
  return value;
}

Status UnitBus::set(const std::string& unit, const std::string& name, std::uint64_t value) {
  BusError error;
  constexpr int kRuntime = 1;
  const int result = sd_bus_call_method(bus_.get(), kService, kManagerPath, kManager,
                                        "SetUnitProperties", &error.error, nullptr, "sba(sv)",
                                        unit.c_str(), kRuntime, 1, name.c_str(), "t", value);
  if (result < 0) return failed(unit + " " + name, error.text(result));
  return {};
}

}  // namespace culprit
