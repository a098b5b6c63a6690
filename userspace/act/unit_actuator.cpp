// SPDX-License-Identifier: Apache-2.0
#include "act/unit_actuator.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::string_view kUnset = "infinity", kWith = ", drop-in", kWithout = ", no drop-in";
// systemd writes cgroups after it has answered.
constexpr auto kShownWithin = std::chrono::seconds(2);
constexpr auto kPause = std::chrono::milliseconds(20);

struct Property {
  std::string_view name, file, drop_in;
};
constexpr std::array kProperties = std::to_array<Property>({
    {"CPUWeight", "cpu.weight", "50-CPUWeight.conf"},
    {"CPUQuotaPerSecUSec", "cpu.max", "50-CPUQuota.conf"},
    {"IOWeight", "io.weight", "50-IOWeight.conf"},
    {"MemoryHigh", "memory.high", "50-MemoryHigh.conf"},
    {"TasksMax", "pids.max", "50-TasksMax.conf"},
});

const Property* find_property(std::string_view name) {
  for (const Property& property : kProperties)
    if (property.name == name) return &property;
  return nullptr;
}

/// Where systemd keeps what was set until the next start: of units with a file, and of others.
std::vector<std::filesystem::path> drop_in_files(const UnitHost& host, const Place& place) {
  const Property* const property = find_property(place.file);
  std::vector<std::filesystem::path> files;
  for (const char* directory : {"run/systemd/system.control", "run/systemd/transient"})
    files.push_back(host.root / directory / (place.unit + ".d") / property->drop_in);
  return files;
}

bool has_drop_in(const UnitHost& host, const Place& place) {
  std::error_code error;
  for (const auto& file : drop_in_files(host, place))
    if (std::filesystem::exists(file, error)) return true;
  return false;
}

Status remove_drop_in(const UnitHost& host, const Place& place) {
  std::error_code error;
  for (const auto& file : drop_in_files(host, place)) {
    const bool removed = std::filesystem::remove(file, error);
    if (error) return fail(file.string() + ": cannot be removed: " + error.message());
    if (removed) ::rmdir(file.parent_path().c_str());  // others may have theirs in it
  }
  return {};
}

/// The kernel's file has come to show it. One that is gone shows that nothing is set.
Status await_kernel(const Place& place, std::uint64_t number) {
  const std::string file = place.directory + "/" + std::string(kernel_file_of(place.file));
  const auto deadline = std::chrono::steady_clock::now() + kShownWithin;
  TextReader reader(4096);
  for (;;) {
    const auto text = reader.read(file);
    if (text ? shows(place.file, number, trimmed(*text)) : number == UnitValue::kUnset) return {};
    if (std::chrono::steady_clock::now() > deadline)
      return fail(place.unit + ": systemd has taken " + place.file + ", but " + file + " is " +
                  (text ? "'" + printable(trimmed(*text), 80) + "'" : "not there"));
    std::this_thread::sleep_for(kPause);
  }
}

tl::unexpected<Error> no_place(const Place& place) {
  return fail(place_text(place) + ": is no property that is written");
}

}  // namespace

std::string unit_value_text(const UnitValue& value) {
  const std::string number =
      value.number == UnitValue::kUnset ? std::string(kUnset) : std::to_string(value.number);
  return number + std::string(value.drop_in ? kWith : kWithout);
}

std::optional<UnitValue> parse_unit_value(std::string_view text) {
  UnitValue value;
  value.drop_in = text.ends_with(kWith);
  if (!value.drop_in && !text.ends_with(kWithout)) return std::nullopt;
  text.remove_suffix(value.drop_in ? kWith.size() : kWithout.size());
  const auto number =
      text == kUnset ? std::optional(UnitValue::kUnset) : to_number<std::uint64_t>(text);
  if (!number) return std::nullopt;
  value.number = *number;
  return value;
}

std::string_view kernel_file_of(std::string_view property) {
  const Property* const found = find_property(property);
  return found ? found->file : "";
}

bool shows(std::string_view property, std::uint64_t number, std::string_view text) {
  const bool unset = number == UnitValue::kUnset;
  constexpr std::uint64_t kUsualWeight = 100;
  if (property == "CPUWeight") return text == std::to_string(unset ? kUsualWeight : number);
  if (property == "IOWeight") {
    std::string_view line;
    next_line(text, line);
    return line == "default " + std::to_string(unset ? kUsualWeight : number);
  }
  if (property != "CPUQuotaPerSecUSec")
    return unset ? text == "max" : text == std::to_string(number);
  const std::string_view quota = next_word(text);
  if (unset) return quota == "max";
  const auto amount = to_number<std::uint64_t>(quota);
  const auto period = next_number<std::uint64_t>(text);
  if (!amount || !period || *period == 0 || *amount > UnitValue::kUnset / 1'000'000) return false;
  // systemd rounds the quota down to whole microseconds of its period.
  const std::uint64_t shown = *amount * 1'000'000 / *period;
  return shown <= number && number - shown <= 1'000'000 / *period + 1;
}

Presence UnitActuator::presence(const Place& place) {
  if (!find_property(place.file)) return Presence::kGone;
  // What was set stays with a unit that is stopped, and with its file when it is forgotten.
  if (has_drop_in(host_, place)) return Presence::kThere;
  auto bus = UnitBus::connect(host_);
  if (!bus) return Presence::kThere;  // to read it will say why not
  const auto known = bus->knows(place.unit);
  return !known || *known ? Presence::kThere : Presence::kGone;
}

Result<std::string> UnitActuator::read(const Place& place) {
  if (!find_property(place.file)) return no_place(place);
  auto bus = UnitBus::connect(host_);
  if (!bus) return tl::unexpected<Error>(bus.error());
  const auto number = bus->property(place.unit, place.file);
  if (!number) return tl::unexpected<Error>(number.error());
  return unit_value_text({*number, has_drop_in(host_, place)});
}

Status UnitActuator::write(const Place& place, const std::string& value) {
  const auto wanted = parse_unit_value(value);
  if (!find_property(place.file) || !wanted) return no_place(place);
  auto bus = UnitBus::connect(host_);
  if (!bus) return tl::unexpected<Error>(bus.error());
  if (Status set = bus->set(place.unit, place.file, wanted->number); !set) return set;
  if (!wanted->drop_in)
    if (Status removed = remove_drop_in(host_, place); !removed) return removed;
  return await_kernel(place, wanted->number);
}

}  // namespace culprit
