# SPDX-License-Identifier: Apache-2.0
"""Memory over time, in megabytes: 80 that stay, and above. usage: memory.py leak | warm_up | saw_tooth"""
import sys
import time

ABOVE = {"leak": lambda t: 8 * t, "warm_up": lambda t: min(8 * t, 40),
         "saw_tooth": lambda t: 10 * (t % 4)}[sys.argv[1]]
base = bytearray(b"x") * (80 << 20)
kept = []
begin = time.monotonic()
print("ready", flush=True)
while True:
    wanted = int(ABOVE(time.monotonic() - begin))
    del kept[wanted:]
    kept += [bytearray(b"x") * (1 << 20) for _ in range(wanted - len(kept))]
    time.sleep(0.1)
