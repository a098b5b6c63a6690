/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers of the kernel's interface that are macros there, so that BTF does not have them. */
#ifndef CULPRIT_UAPI_BPF_H
#define CULPRIT_UAPI_BPF_H

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define MSG_PEEK 2

#endif
