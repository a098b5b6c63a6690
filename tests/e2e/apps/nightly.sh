#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# As cron does: a short job again and again, each time with another argument.
number=0
while :; do
  number=$((number + 1))
  /usr/bin/python3 -c 'import sys; sum(range(2000000))' --batch "$number"
  sleep 0.4
done
