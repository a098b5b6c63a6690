// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/snapshot.h"
#include "view/page.h"

namespace culprit {

// A row of the wire explained, into an area: what it is, how long it took, where that time
// went, who asked for it.
void draw_query(Canvas& canvas, Area area, const Snapshot& now, const QueryRow& query);
void draw_endpoint(Canvas& canvas, Area area, const Snapshot& now, const EndpointRow& endpoint);
void draw_database(Canvas& canvas, Area area, const Snapshot& now, const DatabaseRow& database);
void draw_service(Canvas& canvas, Area area, const Snapshot& now, const ServiceRow& service);

}  // namespace culprit
