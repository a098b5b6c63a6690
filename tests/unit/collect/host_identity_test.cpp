// SPDX-License-Identifier: Apache-2.0
#include "collect/host_identity.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"

using namespace culprit;

TEST_CASE("a host is described by its files") {
  const Fixture host;
  host.write("proc/sys/kernel/hostname", "web-1\n");
  host.write("proc/sys/kernel/random/boot_id", "0482f8a1-19d6-4c03-b145-e24d81fcda63\n");
  host.write("proc/sys/kernel/osrelease", "6.1.0-amd64\n");
  host.write("sys/devices/system/cpu/online", "0-3,6\n");
  host.write("proc/meminfo", "MemTotal: 1024 kB\n");
  const HostIdentity identity = read_host_identity(host.root());
  CHECK(identity.hostname == "web-1");
  CHECK(identity.boot_id == "0482f8a1-19d6-4c03-b145-e24d81fcda63");
  CHECK(identity.kernel == "6.1.0-amd64");
  CHECK(identity.cpu_count == 5);
  CHECK(identity.memory_bytes == 1 << 20);
  CHECK_FALSE(identity.cloud);
}

TEST_CASE("CPUs are counted from /proc/stat where sysfs is not mounted") {
  const Fixture host;
  host.write("proc/stat", "cpu 1 1 1 1 1 1 1 1\ncpu0 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1\n");
  CHECK(read_host_identity(host.root()).cpu_count == 2);
}

TEST_CASE("an EC2 instance names itself in DMI") {
  const Fixture host;
  host.write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  host.write("sys/class/dmi/id/product_name", "m7i.2xlarge\n");
  host.write("sys/class/dmi/id/board_asset_tag", "i-0123456789abcdef0\n");
  host.write("sys/class/dmi/id/product_uuid", "ec2a1b2c-0000-0000-0000-000000000000\n");
  const auto cloud = read_host_identity(host.root()).cloud;
  REQUIRE(cloud);
  CHECK(cloud->provider == "aws");
  CHECK(cloud->instance_type == "m7i.2xlarge");
  CHECK(cloud->instance_id == "i-0123456789abcdef0");
}

TEST_CASE("an old Xen instance is known by its UUID alone") {
  const Fixture host;
  host.write("sys/hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef\n");
  const auto cloud = read_host_identity(host.root()).cloud;
  REQUIRE(cloud);
  CHECK(cloud->instance_id.empty());
}

TEST_CASE("other vendors are no cloud that we know") {
  const Fixture host;
  host.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
  host.write("sys/class/dmi/id/product_uuid", "EC2A1B2C-0000-0000-0000-000000000000\n");
  CHECK_FALSE(read_host_identity(host.root()).cloud);
}

TEST_CASE("the real host is what uname says") {
  utsname system{};
  REQUIRE(::uname(&system) == 0);
  const HostIdentity identity = read_host_identity();
  CHECK(identity.hostname == system.nodename);
  CHECK(identity.kernel == system.release);
  CHECK(identity.architecture == system.machine);
  CHECK(identity.cpu_count == static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  CHECK(identity.boot_id.size() == 36);
  CHECK(identity.memory_bytes > 0);
}
