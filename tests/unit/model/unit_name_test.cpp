// SPDX-License-Identifier: Apache-2.0
#include "model/unit_name.h"

#include "catch.h"

using namespace culprit;

namespace {

const std::string kId = "3f4ab0c9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9001122";
const std::string kInner = "aaaab0c9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f900ffff";

struct Row {
  std::string path, unit, container;  ///< container "": none
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      // systemd
      {"/", "/", ""},
      {"", "/", ""},
      {"//", "/", ""},
      {"/init.scope", "init.scope", ""},
      {"/system.slice", "system.slice", ""},
      {"/system.slice/cron.service", "cron.service", ""},
      {"/system.slice/cron.service (deleted)", "cron.service", ""},
      {"/system.slice/system-postgresql.slice/postgresql@15-main.service",
       "postgresql@15-main.service", ""},
      {"/system.slice/dbus.socket", "dbus.socket", ""},
      {"/system.slice/var-lib-data.mount", "var-lib-data.mount", ""},
      {"/system.slice/systemd-udevd.service/udev", "systemd-udevd.service", ""},
      {"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
      {"/user.slice/user-1000.slice/user@1000.service", "user@1000.service", ""},
      {"/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", ""},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service", ""},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service", ""},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/"
       "app-gnome-firefox-4242.scope",
       "app-gnome-firefox-4242.scope", ""},
      {"/user.slice/user-1000.slice/user@1000.service/tmux-spawn-0f.scope", "tmux-spawn-0f.scope",
       ""},
      {"/machine.slice/systemd-nspawn@deb.service/payload/system.slice/nginx.service",
       "nginx.service", ""},
      {"/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/vcpu0",
       "machine-qemu\\x2d1\\x2dweb.scope", ""},
      // without systemd
      {"/batch", "batch", ""},
      {"/batch/nightly", "nightly", ""},
      {"/my.slice/own", "own", ""},
      {"/jobs/4040434a8d57eaa76bff7957aef3890d", "4040434a8d57eaa76bff7957aef3890d", ""},
      // Docker
      {"/docker/" + kId, kId, kId},
      {"/docker/" + kId + "/init", kId, kId},
      {"/docker/" + kId + "/init.scope", kId, kId},
      {"/docker/" + kId + "/system.slice/nginx.service", "nginx.service", kId},
      {"/system.slice/docker-" + kId + ".scope", "docker-" + kId + ".scope", kId},
      {"/system.slice/docker-" + kId + ".scope/init", "docker-" + kId + ".scope", kId},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + kId + ".scope",
       "docker-" + kId + ".scope", kId},
      {"/docker/" + kId + "/docker/" + kInner, kInner, kInner},
      {"/system.slice/docker.service", "docker.service", ""},
      {"/ecs/4040434a8d57eaa76bff7957aef3890d/" + kId, kId, kId},
      {"/ecstasks.slice/ecstasks-4040434a.slice/docker-" + kId + ".scope",
       "docker-" + kId + ".scope", kId},
      // Kubernetes
      {"/kubepods.slice/kubepods-burstable.slice/"
       "kubepods-burstable-pod1a2b_3c.slice/cri-containerd-" +
           kId + ".scope",
       "cri-containerd-" + kId + ".scope", kId},
      {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/crio-" + kId +
           ".scope",
       "crio-" + kId + ".scope", kId},
      {"/kubepods/burstable/pod9c1f2f7e-12ab-4c3d-8e9f-000011112222/" + kId, kId, kId},
      {"/kubepods/burstable/pod9c1f2f7e-12ab-4c3d-8e9f-000011112222",
       "pod9c1f2f7e-12ab-4c3d-8e9f-000011112222", ""},
      {"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + kId,
       "kubepods-pod1.slice:cri-containerd:" + kId, kId},
      {"/default/" + kId, kId, kId},
      {"/system.slice/nerdctl-" + kId + ".scope", "nerdctl-" + kId + ".scope", kId},
      // Podman
      {"/machine.slice/libpod-" + kId + ".scope/container", "libpod-" + kId + ".scope", kId},
      {"/machine.slice/libpod-" + kId + ".scope/libpod-payload-" + kId, "libpod-payload-" + kId,
       kId},
      {"/machine.slice/libpod-conmon-" + kId + ".scope", "libpod-conmon-" + kId + ".scope", ""},
      {"/libpod_parent/libpod-" + kId, "libpod-" + kId, kId},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId +
           ".scope/container",
       "libpod-" + kId + ".scope", kId},
      // LXC
      {"/lxc/web1", "web1", "web1"},
      {"/lxc.payload.web1", "lxc.payload.web1", "web1"},
      {"/lxc.payload.web1/init.scope", "lxc.payload.web1", "web1"},
      {"/lxc.payload.web1/system.slice/nginx.service", "nginx.service", "web1"},
      {"/lxc.payload/web1/system.slice/nginx.service", "nginx.service", "web1"},
      {"/lxc.monitor.web1", "lxc.monitor.web1", ""},
      // hostile
      {"/docker/" + kId.substr(1), kId.substr(1), ""},
      {"/.service", ".service", ""},
      {"/docker-.scope", "docker-.scope", ""},
      {"/lxc.payload.", "lxc.payload.", ""},
      {"/-", "-", ""},
      {"relative/cron.service", "cron.service", ""},
  };
  return table;
}

}  // namespace

TEST_CASE("a cgroup is called what those who run it call it") {
  for (const Row& row : rows()) {
    INFO(row.path);
    const UnitName name = unit_name(row.path);
    CHECK(name.unit == row.unit);
    CHECK(name.container_id.value_or("") == row.container);
  }
}
