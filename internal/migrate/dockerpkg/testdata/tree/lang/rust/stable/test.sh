#!/bin/sh
exec docker run --rm "$1" cargo --version
