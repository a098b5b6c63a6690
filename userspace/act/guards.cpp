// SPDX-License-Identifier: Apache-2.0
#include "act/guards.h"

#include <algorithm>
#include <array>

namespace culprit {
namespace {

constexpr std::uint64_t kYoungSeconds = 3;
constexpr int kNeverKilled = -1000;

// By what they are there for; a host without any one of these is out of reach, or not a host.
constexpr std::array kProtectedExecutables = std::to_array<std::string_view>({
    "systemd",
    "init",
    "systemd-executor",
    "sshd",
    "sshd-session",
    "sshd-auth",
    "dropbear",
    "login",
    "agetty",
    "getty",
    "sudo",
    "su",
    "systemd-logind",
    "elogind-daemon",
    "polkitd",
    "dbus-daemon",
    "dbus-broker",
    "dbus-broker-launch",
    "systemd-journald",
    "rsyslogd",
    "syslog-ng",
    "auditd",
    "systemd-udevd",
    "udevd",
    "systemd-networkd",
    "systemd-resolved",
    "NetworkManager",
    "wpa_supplicant",
    "dhclient",
    "dhcpcd",
    "wickedd",
    "dnsmasq",
    "named",
    "unbound",
    "systemd-timesyncd",
    "chronyd",
    "ntpd",
    "dockerd",
    "docker-proxy",
    "containerd",
    "containerd-shim",
    "containerd-shim-runc-v2",
    "runc",
    "crun",
    "conmon",
    "crio",
    "podman",
    "kubelet",
    "kube-proxy",
    "k3s",
    "k3s-server",
    "amazon-ssm-agent",
    "ssm-agent-worker",
    "amazon-cloudwatch-agent",
    "google_guest_agent",
    "google_osconfig_agent",
    "waagent",
    "walinuxagent",
    "qemu-ga",
    "hv_kvp_daemon",
    "watchdog",
    "watchdogd",
    "multipathd",
    "iscsid",
    "lvmetad",
    "dmeventd",
    "mdadm",
    "systemd-oomd",
    "earlyoom",
    "haveged",
    "rngd",
    "acpid",
});

constexpr std::array kDatabaseExecutables = std::to_array<std::string_view>({
    "postgres",
    "mysqld",
    "mariadbd",
    "redis-server",
    "valkey-server",
    "memcached",
    "mongod",
    "mongos",
    "clickhouse",
    "clickhouse-server",
    "etcd",
    "cockroach",
    "influxd",
    "oracle",
    "sqlservr",
    "beam.smp",
    "pgbouncer",
});

constexpr std::array kProtectedUnits = std::to_array<std::string_view>({
    "/",
    "init.scope",
    "system.slice",
    "user.slice",
    "machine.slice",
    "-.slice",
    "ssh.service",
    "sshd.service",
    "dbus.service",
    "systemd-journald.service",
    "systemd-udevd.service",
    "systemd-logind.service",
    "docker.service",
    "containerd.service",
    "kubelet.service",
    "culprit.service",
    "kubepods.slice",
    "kubepods",
});

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// File name of an executable, without what the kernel adds when it was replaced on disk.
std::string_view file_name(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path.substr(path.rfind('/') + 1);
}

/// Collects what speaks against one process.
class Objections {
 public:
  explicit Objections(const ProcessFacts& process)
      : who_(process.name + " (" + std::to_string(process.id.pid) + ")") {}
  void absolute(bool holds, const char* name, const std::string& reason) {
    if (holds) vetoes_.push_back({name, who_ + " " + reason, true});
  }
  void unless_forced(bool holds, const char* name, const std::string& reason) {
    if (holds) vetoes_.push_back({name, who_ + " " + reason, false});
  }
  std::vector<Veto> take() { return std::move(vetoes_); }

 private:
  std::string who_;
  std::vector<Veto> vetoes_;
};

}  // namespace

std::vector<std::string> veto_texts(const std::vector<Veto>& vetoes) {
  std::vector<std::string> texts;
  for (const Veto& veto : vetoes) texts.push_back(veto.reason + " (" + veto.name + ")");
  return texts;
}

std::vector<std::string> guard_names() {
  return {"protected",  "ancestor",     "protected_unit", "database",
          "dependency", "lock_holder",  "real_time",      "oom_protected",
          "young",      "other_writer", "budget"};
}

bool is_protected_unit(std::string_view unit) {
  return holds(kProtectedUnits, unit) || unit.starts_with("user@") ||
         (unit.starts_with("session-") && unit.ends_with(".scope"));
}

bool is_young(const ProcessFacts& process, const GuardContext& context) {
  const std::uint64_t age = context.now_ticks - std::min(context.now_ticks, process.id.start_ticks);
  return age < kYoungSeconds * context.ticks_per_second;
}

std::vector<Veto> vetoes_of(const ProcessFacts& process, const std::string& unit,
                            const GuardContext& context) {
  const std::uint32_t pid = process.id.pid;
  const std::string_view file = file_name(process.executable);
  Objections say(process);
  say.absolute(pid == 1, "protected", "is the first process");
  say.absolute(process.kernel_thread, "protected", "is a thread of the kernel");
  say.absolute(!process.executable.empty() && process.executable == context.own_executable,
               "protected", "is culprit itself");
  say.absolute(context.ours.count(pid) > 0, "ancestor", "runs culprit, or started who does");
  say.absolute(holds(kProtectedExecutables, file), "protected",
               "runs " + std::string(file) + ", which this host needs to stay in reach");
  // Of a session only the shell's own children are left to a person's word.
  say.unless_forced(is_protected_unit(unit) && unit != "/", "protected_unit",
                    "belongs to " + unit + ", which is protected");
  say.unless_forced(context.victim_ancestors.count(pid) > 0, "ancestor",
                    "is the one that suffers, or started it");
  say.unless_forced(holds(kDatabaseExecutables, file) || context.database_servers.count(pid) > 0,
                    "database", "is a database server: all that ask it would wait");
  say.unless_forced(context.victim_peers.count(pid) > 0, "dependency",
                    "has a connection with the one that suffers, which may wait for it");
  say.unless_forced(context.lock_holders.count(pid) > 0, "lock_holder",
                    "holds a lock for which another process waits");
  say.unless_forced(process.real_time, "real_time", "has threads of real time");
  say.unless_forced(process.oom_score_adj == kNeverKilled, "oom_protected",
                    "is marked as never to be killed (oom_score_adj -1000)");
  say.unless_forced(!context.young_may_be_held && is_young(process, context), "young",
                    "is younger than 3 s");
  return say.take();
}

}  // namespace culprit
