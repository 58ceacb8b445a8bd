#!/bin/sh
# Runs inside the image while it is built, in a clone of this project.
set -eu
mkdir -p /opt/cargo
chmod 0777 /opt/cargo
