# SPDX-License-Identifier: Apache-2.0
"""A background job: reads a file from the disk, again and again.
usage: disk_job.py FILE"""
import mmap
import os
import sys

PIECE = 256 << 10

file = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
piece = mmap.mmap(-1, PIECE)
while True:
    offset = 0
    while os.preadv(file, [piece], offset) == PIECE:
        offset += PIECE
