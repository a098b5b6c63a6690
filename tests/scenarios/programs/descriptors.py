# SPDX-License-Identifier: Apache-2.0
"""Opens a file twenty times a second and closes none."""
import time

kept = [open("/dev/null", "rb") for _ in range(150)]
print("ready", flush=True)
while True:
    kept.append(open("/dev/null", "rb"))
    time.sleep(0.05)
