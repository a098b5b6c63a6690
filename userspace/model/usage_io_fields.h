// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/field_value.h"
#include "model/usage_wait_fields.h"

namespace culprit {

/// Fields of `usage` about page faults, disks and networks; written once for threads, processes and
/// units.
namespace usage_field {

template <typename Row>
inline constexpr Field<Row> major_faults{"memory.major_faults",
                                         "MAJF/s",
                                         Unit::kCount,
                                         FieldKind::kCounter,
                                         6,
                                         "page faults that waited for a disk",
                                         usage_of<Row, &Usage::major_faults>};

template <typename Row>
inline constexpr Field<Row> minor_faults{"memory.minor_faults",
                                         "MINF/s",
                                         Unit::kCount,
                                         FieldKind::kCounter,
                                         6,
                                         "page faults that needed no disk",
                                         usage_of<Row, &Usage::minor_faults>};

template <typename Row>
inline constexpr Field<Row> read_bytes{"disk.read_bytes",
                                       "RD/s",
                                       Unit::kBytes,
                                       FieldKind::kCounter,
                                       5,
                                       "read from disks",
                                       usage_of<Row, &Usage::read_bytes>};

template <typename Row>
inline constexpr Field<Row> write_bytes{"disk.write_bytes",
                                        "WR/s",
                                        Unit::kBytes,
                                        FieldKind::kCounter,
                                        5,
                                        "made to be written to disks, perhaps later",
                                        usage_of<Row, &Usage::write_bytes>};

template <typename Row>
inline constexpr Field<Row> disk_wait_seconds{
    "disk.wait_seconds",
    "",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads waited for a disk; the same as blocked_seconds.disk",
    blocked_for<Row, BLOCKED_DISK>};

template <typename Row>
inline constexpr Field<Row> receive_bytes{"network.receive_bytes",
                                          "RX/s",
                                          Unit::kBytes,
                                          FieldKind::kCounter,
                                          5,
                                          "received through its sockets",
                                          usage_of<Row, &Usage::receive_bytes>};

template <typename Row>
inline constexpr Field<Row> transmit_bytes{"network.transmit_bytes",
                                           "TX/s",
                                           Unit::kBytes,
                                           FieldKind::kCounter,
                                           5,
                                           "sent through its sockets",
                                           usage_of<Row, &Usage::transmit_bytes>};

template <typename Row>
inline constexpr Field<Row> retransmits{"network.retransmits",
                                        "RTX/s",
                                        Unit::kCount,
                                        FieldKind::kCounter,
                                        5,
                                        "TCP segments sent again",
                                        usage_of<Row, &Usage::retransmits>};

}  // namespace usage_field

}  // namespace culprit
