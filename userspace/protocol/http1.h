// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// HTTP/1.0 and 1.1, for the client's connections and for the server's. A query's operation
/// is the method and its text "METHOD route" ("GET /users/{id}"), since ids come from the
/// text alone and the methods of one route must differ. An error is a status of 500 or more.
/// A call begins and ends with its final response; 1xx before it only add bytes. Of header
/// fields nothing is kept.
std::unique_ptr<Decoder> make_http1_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
