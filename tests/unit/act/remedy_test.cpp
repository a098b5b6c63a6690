// SPDX-License-Identifier: Apache-2.0
#include "act/remedy.h"

#include "act/remedy_preview.h"
#include "catch.h"
#include "unit/act/scene.h"

namespace culprit {
namespace {

constexpr double kMany = 20e6;
constexpr std::uint64_t kSecond = 1'000'000'000;

Recommendation of_disk() {
  Recommendation recommendation;
  recommendation.id = "disk.saturated@sda";
  recommendation.finding = "disk.saturated";
  recommendation.target = {TargetKind::kDevice, "sda", {}, {}, "sda"};
  return recommendation;
}

std::vector<ThrottleOrder> orders_in(Scene scene, std::uint64_t seconds = 1) {
  const Snapshot snapshot = scene.snapshot();
  Tracks tracks;
  for (std::uint64_t second = 1; second <= seconds; ++second)
    tracks.add(snapshot, second * kSecond);
  return orders_of(of_disk(), snapshot, tracks);
}

}  // namespace

TEST_CASE("of a busy disk that work in the background is slowed that moves most", "[act]") {
  Scene scene;
  scene.suspect_disk_bytes = kMany;
  const auto orders = orders_in(scene);
  REQUIRE(orders.size() == 2);
  CHECK(orders[0].label.name == "batch.service");
  CHECK(orders[0].processes == std::vector{Scene::kSuspect});
  CHECK(orders[0].setting.knob == Knob::kIoWeight);
  CHECK(orders[1].setting.knob == Knob::kIoMax);
  CHECK(orders[1].setting.number == 13 << 20);  // 0.7 of it, in whole MiB
}

TEST_CASE("who is young may be held once the work as a whole has been there", "[act]") {
  Scene scene;
  scene.suspect_disk_bytes = kMany;
  CHECK_FALSE(orders_in(scene, 3).at(0).young_may_be_held);
  CHECK(orders_in(scene, 4).at(0).young_may_be_held);
}

TEST_CASE("of a busy disk nobody is slowed who is a server, or moves little", "[act]") {
  Scene scene;
  CHECK(orders_in(scene).empty());
  scene.own_disk_bytes = kMany;
  CHECK(orders_in(scene).empty());
  scene.suspect_disk_bytes = kMany;
  CHECK_FALSE(orders_in(scene).empty());
  scene.suspect_class = Class::kSystem;
  CHECK(orders_in(scene).empty());
  scene.suspect_class = Class::kUnknown;
  scene.suspect_is_database = true;
  CHECK(orders_in(scene).empty());
}

TEST_CASE("a recommendation tells the first knob that the host has", "[act]") {
  Scene scene;
  scene.suspect_disk_bytes = kMany;
  Snapshot snapshot = scene.snapshot();
  Recommendation one = of_disk();
  snapshot.judgement.emplace();
  snapshot.judgement->recommendations = {one};
  std::vector<Knob> asked;
  RemedyPreview preview([&](const ThrottleOrder& order, const Snapshot&) {
    asked.push_back(order.setting.knob);
    HostOpinion opinion;
    if (order.setting.knob == Knob::kIoWeight) opinion.impossible = "no disk looks at weights";
    opinion.new_text = setting_text(order.setting);
    return opinion;
  });
  preview.fill(snapshot, kSecond);
  CHECK(asked == std::vector{Knob::kIoWeight, Knob::kIoMax});
  const Action& action = snapshot.judgement->recommendations[0].action.value();
  CHECK(action.state == "proposed");
  CHECK(action.knob == knob_name(Knob::kIoMax));
  CHECK(action.new_text.find("13") != std::string::npos);
}

}  // namespace culprit
