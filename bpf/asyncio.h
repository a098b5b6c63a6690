/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the programs on functions of asyncio and uvloop are told what they are at. */
#ifndef CULPRIT_BPF_ASYNCIO_H
#define CULPRIT_BPF_ASYNCIO_H

/* Cookie of asyncio_step: the Task is not the argument, but within what the argument is. */
#define ASYNCIO_WRAPPED 1

#endif
