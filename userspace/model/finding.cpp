// SPDX-License-Identifier: Apache-2.0
#include "model/finding.h"

namespace culprit {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kCritical:
      return "critical";
  }
  return "info";
}

std::string_view target_kind_name(TargetKind kind) {
  switch (kind) {
    case TargetKind::kHost:
      return "host";
    case TargetKind::kUnit:
      return "unit";
    case TargetKind::kProcess:
      return "process";
    case TargetKind::kTask:
      return "task";
    case TargetKind::kQuery:
      return "query";
    case TargetKind::kEndpoint:
      return "endpoint";
    case TargetKind::kDatabase:
      return "database";
    case TargetKind::kService:
      return "service";
    case TargetKind::kDevice:
      return "device";
    case TargetKind::kFilesystem:
      return "filesystem";
  }
  return "host";
}

std::string_view effort_name(Effort effort) {
  switch (effort) {
    case Effort::kLow:
      return "low";
    case Effort::kMedium:
      return "medium";
    case Effort::kHigh:
      return "high";
  }
  return "medium";
}

std::string_view priority_name(Priority priority) {
  switch (priority) {
    case Priority::kLow:
      return "low";
    case Priority::kMedium:
      return "medium";
    case Priority::kHigh:
      return "high";
    case Priority::kCritical:
      return "critical";
  }
  return "low";
}

}  // namespace culprit
