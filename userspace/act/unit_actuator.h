// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "act/actuator.h"
#include "act/unit_bus.h"

namespace culprit {

/// A property of a unit of systemd: place.unit and place.file name it, place.directory is the
/// cgroup in which the kernel's own file must show it. A value is "NUMBER, drop-in" or
/// "NUMBER, no drop-in"; "infinity" is no number set. Writing a property makes systemd keep it in a
/// file below /run (a drop-in); where there was none it is removed again when the value is taken
/// back.
class UnitActuator : public Actuator {
 public:
  explicit UnitActuator(UnitHost host = {}) : host_(std::move(host)) {}

  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;

 private:
  UnitHost host_;
};

/// A value of such a place.
struct UnitValue {
  std::uint64_t number = 0;  ///< kUnset: none
  bool drop_in = false;
  static constexpr std::uint64_t kUnset = ~std::uint64_t{0};
};
std::string unit_value_text(const UnitValue& value);
std::optional<UnitValue> parse_unit_value(std::string_view text);

/// The kernel's file that shows a property; "" of one that we do not write.
std::string_view kernel_file_of(std::string_view property);
/// Whether that file's text is what the property has to make of it.
bool shows(std::string_view property, std::uint64_t number, std::string_view text);

}  // namespace culprit
