// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 v2 and v3 keep their header in different places.
#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
