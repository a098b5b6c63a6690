// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "bpf/object_loader.h"
#include "collect/sample.h"

namespace culprit {

/// The families whose whole output is records in the shared ring buffer: lifecycle,
/// memory, network. This loads one of them and keeps it attached while it lives.
class EventProbe {
 public:
  virtual ~EventProbe() = default;
  virtual bpf_object* object() const = 0;

  static Result<std::unique_ptr<EventProbe>> lifecycle(ObjectLoader& loader,
                                                       std::uint32_t unit_hierarchy);
  static Result<std::unique_ptr<EventProbe>> memory(ObjectLoader& loader);
  static Result<std::unique_ptr<EventProbe>> network(ObjectLoader& loader);
};

}  // namespace culprit
