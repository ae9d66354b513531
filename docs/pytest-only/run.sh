#!/bin/sh
# run.sh [TARGET] [options of pytest...]: judge a DDS with nothing but pytest.
set -eu
target=""
case "${1:-}" in
  http://* | https://*) target="$1"; shift ;;
esac
exec python -m pytest --pyargs conformance.scenarios ${target:+--target "$target"} --report-dir dds-report "$@"
