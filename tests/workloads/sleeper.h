// The ways in which `sleeper` blocks: one row each.
#pragma once

#include "truth.h"

struct way {
  const char *name;
  int period_ms;  // what one wait lasts unless --period-ms says otherwise
  void (*setup)(const char *directory);
  void (*hold)(void);                 // the peer, once, before the first wait
  void (*answer)(int64_t period_ns);  // the peer, again and again: ends one wait
  void (*block)(int64_t period_ns);   // the sleeper: one wait
};

// Each table ends with a row without a name.
extern const struct way sleeper_time_ways[], sleeper_memory_ways[], sleeper_io_ways[],
    sleeper_file_ways[];

extern long sleeper_block_kb;  // what one read of odirect takes
