#!/bin/sh
set -eu
test -d "$1"
