# SPDX-License-Identifier: Apache-2.0
"""Reads a file at places by chance, as a search in an index does. usage: thrash.py [MEGABYTES]"""
import mmap
import random
import sys

SIZE, PAGE = int([*sys.argv[1:], 160][0]) << 20, 4096
with open("index", "wb") as file:
    for _ in range(SIZE >> 20):
        file.write(random.randbytes(1 << 20))
with open("index", "rb") as file:
    index = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    print("ready", flush=True)
    while True:
        index[random.randrange(SIZE // PAGE) * PAGE]
