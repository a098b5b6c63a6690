# SPDX-License-Identifier: Apache-2.0
"""A background job: computes for most of the time, in a process of its own."""
import time

while True:
    begin = time.monotonic()
    while time.monotonic() - begin < 0.4:
        sum(range(1000))
    time.sleep(0.05)
