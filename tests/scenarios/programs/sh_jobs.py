# SPDX-License-Identifier: Apache-2.0
"""What cron does, faster: short jobs of sh, one every half second."""
import subprocess
import time

print("ready", flush=True)
while True:
    subprocess.run(["/bin/sh", "-c", "ls /usr/bin | sort | tail -n 1"], check=True,
                   stdout=subprocess.DEVNULL)
    time.sleep(0.5)
