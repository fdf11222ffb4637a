#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls and includes point down the map of rooms, and no files of a room call each other in a circle.
set -eu
cd "$SOURCE"
python3 tests/lint/rooms.py lib/rooms.map "$SOURCE" "$BUILD"
