// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include <atomic>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#include "unit/collect/fixture.h"
#include "util/fd.h"

namespace culprit {

/// A systemd with one unit, batch.service, at a socket below a directory. It keeps properties,
/// writes the drop-in and the kernel's file that the real one writes, and tells who asked what.
class FakeSystemd {
 public:
  static constexpr std::uint64_t kUnset = ~std::uint64_t{0};

  explicit FakeSystemd(const Fixture& files) : files_(files) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket().c_str(), sizeof(address.sun_path) - 1);
    listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener_.get(), 8) != 0)
      throw std::runtime_error("the fake systemd cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeSystemd() {
    ends_ = true;
    thread_.join();
  }
  std::string socket() const { return (files_.root() / "systemd").string(); }

  // Set before it is asked, looked at after it has answered.
  bool has_unit = true, writes_kernel = true, refuses = false;
  std::string control_group = "/system.slice/batch.service";
  std::map<std::string, std::uint64_t> properties = {
      {"CPUWeight", kUnset}, {"CPUQuotaPerSecUSec", kUnset}, {"MemoryHigh", kUnset}};
  int sets = 0;
  bool runtime_only = true;

 private:
  static constexpr char kUnitPath[] = "/org/freedesktop/systemd1/unit/batch_2eservice";

  void serve() {
    while (!ends_) {
      pollfd event{listener_.get(), POLLIN, 0};
      if (::poll(&event, 1, 5) != 1) continue;
      talk(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
  }
  void talk(int fd) {
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    sd_id128_randomize(&id);
    sd_bus_new(&bus);
    sd_bus_set_fd(bus, fd, fd);
    sd_bus_set_server(bus, 1, id);
    sd_bus_add_filter(bus, nullptr, &FakeSystemd::answer, this);
    sd_bus_start(bus);
    int result = 0;
    while (!ends_ && result >= 0) {
      result = sd_bus_process(bus, nullptr);
      if (result == 0) result = sd_bus_wait(bus, 5'000);
    }
    sd_bus_close_unref(bus);
  }

  static int answer(sd_bus_message* message, void* self, sd_bus_error* error) {
    return static_cast<FakeSystemd*>(self)->take(message, error);
  }
  int take(sd_bus_message* message, sd_bus_error*) {
    const char* const member = sd_bus_message_get_member(message);
    if (!member) return 0;
    const std::string asked = member;
    if (asked == "GetUnit" || asked == "LoadUnit") {
      if (has_unit) return sd_bus_reply_method_return(message, "o", kUnitPath);
      return sd_bus_reply_method_errorf(message, "org.freedesktop.systemd1.NoSuchUnit",
                                        "Unit batch.service not loaded.");
    }
    if (asked == "SetUnitProperties") return set(message);
    if (asked != "Get") return 0;
    const char *interface = nullptr, *name = nullptr;
    sd_bus_message_read(message, "ss", &interface, &name);
    if (std::string(name) == "ControlGroup")
      return sd_bus_reply_method_return(message, "v", "s", control_group.c_str());
    return sd_bus_reply_method_return(message, "v", "t", properties[name]);
  }
  int set(sd_bus_message* message) {
    const char *unit = nullptr, *name = nullptr;
    int runtime = 0;
    std::uint64_t value = 0;
    sd_bus_message_read(message, "sb", &unit, &runtime);
    sd_bus_message_enter_container(message, 'a', "(sv)");
    sd_bus_message_read(message, "(sv)", &name, "t", &value);
    sd_bus_message_exit_container(message);
    if (refuses)
      return sd_bus_reply_method_errorf(message, "org.freedesktop.systemd1.UnitMasked",
                                        "Unit batch.service is masked.");
    ++sets;
    runtime_only = runtime_only && runtime == 1;
    properties[name] = value;
    const std::string kept = std::string(name) == "CPUQuotaPerSecUSec" ? "CPUQuota" : name;
    files_.write("run/systemd/system.control/batch.service.d/50-" + kept + ".conf", "[Service]\n");
    if (writes_kernel) show(name, value);
    return sd_bus_reply_method_return(message, "");
  }
  void show(const std::string& name, std::uint64_t value) const {
    const std::string cgroup = "cg" + control_group;
    const std::string text = value == kUnset ? "max" : std::to_string(value);
    if (name == "CPUWeight")
      files_.write(cgroup + "/cpu.weight", value == kUnset ? "100\n" : text + "\n");
    if (name == "CPUQuotaPerSecUSec")
      files_.write(cgroup + "/cpu.max",
                   (value == kUnset ? "max" : std::to_string(value / 10)) + " 100000\n");
    if (name == "MemoryHigh") files_.write(cgroup + "/memory.high", text + "\n");
  }

  const Fixture& files_;
  Fd listener_;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

}  // namespace culprit
