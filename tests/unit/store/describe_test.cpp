// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "catch.h"
#include "unit/store/filled_sample.h"

namespace culprit {
namespace {

/// Walks the described members of one object and demands that they fill it: a member that
/// the list forgets leaves a hole.
class Coverer {
 public:
  explicit Coverer(const void* object) : start_(static_cast<const char*>(object)) {}

  template <class T>
  void operator()(std::string_view key, const T& member) {
    INFO(key);
    const auto at = static_cast<std::size_t>(reinterpret_cast<const char*>(&member) - start_);
    CHECK(at == rounded(alignof(T)));
    CHECK(keys_.insert(key).second);
    end_ = at + sizeof(T);
    alignment_ = std::max(alignment_, alignof(T));
  }
  void added(std::string_view key, const auto& member) { (*this)(key, member); }

  std::size_t size() const { return rounded(alignment_); }

 private:
  std::size_t rounded(std::size_t to) const { return (end_ + to - 1) / to * to; }

  const char* start_;
  std::size_t end_ = 0, alignment_ = 1;
  std::set<std::string_view> keys_;
};

template <class T>
void check_covered() {
  const T object{};
  Coverer coverer(&object);
  describe(coverer, object);
  CHECK(coverer.size() == sizeof(T));
}

}  // namespace

TEST_CASE("the lists of fields leave no member out") {
  check_covered<HostIdentity::Cloud>();
  check_covered<HostIdentity>();
  check_covered<RecordingHeader>();
  check_covered<CpuTimes>();
  check_covered<MemoryReading>();
  check_covered<PressureReading>();
  check_covered<DiskReading>();
  check_covered<FilesystemReading>();
  check_covered<NetworkReading>();
  check_covered<SettingsReading>();
  check_covered<PagingReading>();
  check_covered<PortReading>();
  check_covered<AllowanceReading>();
  check_covered<LookupReading>();
  check_covered<SyncReading>();
  check_covered<HostReading>();
  check_covered<Coverage>();
  check_covered<ForkEvent>();
  check_covered<ExecEvent>();
  check_covered<OomKillEvent>();
  check_covered<RetransmitCount>();
  check_covered<DelayReading>();
  check_covered<ListenerReading>();
  check_covered<ConnectionReading>();
  check_covered<QueryText>();
  check_covered<BlockLatencyReading>();
  check_covered<ProcessDetail>();
  check_covered<CgroupReading>();
  check_covered<ProbeReading>();
  check_covered<CollectorReading>();
  check_covered<Sample>();
}

}  // namespace culprit
