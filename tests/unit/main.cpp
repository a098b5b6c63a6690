// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_MAIN
#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 with sanitizers takes std::regex, which Catch2 v2 uses, for uninitialised.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "catch.h"
