// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql.h"

#include "protocol/mysql_decoder.h"

namespace culprit {

std::unique_ptr<Decoder> make_mysql_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<MysqlDecoder>(scope, books);
}

}  // namespace culprit
