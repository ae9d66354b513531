#!/bin/sh
# A release gate for any CI, or by hand: judge a DDS, and compare with the last accepted run.
#
#   DDS_TARGET=https://dds.example.org/api/v1 DDS_API_TOKEN=… DDS_OTHER_API_TOKEN=… sh judge.sh
#
# Without DDS_TARGET nothing is judged. Who sets it agrees that projects are made at the target, and removed again.
# DDS_SUITE says what is installed if the command is not there, in pip's words: a name from an index
# (dds-conformance==0.2.0), the URL of a wheel, or git+https://…@v0.2.0. Optional files: dds/expect.toml (known
# deviations), dds/accepted.json (the last accepted run). The reports are in dds-report/.
set -eu

if [ -z "${DDS_TARGET:-}" ]; then
    echo "DDS_TARGET is empty, missing or misspelt: there is no target to judge." >&2
    exit 2
fi

if ! command -v dds-conformance >/dev/null; then
    python3 -m venv .dds-venv
    .dds-venv/bin/python -m pip install --quiet "${DDS_SUITE:-dds-conformance}"
    PATH="$PWD/.dds-venv/bin:$PATH"
fi

set -- --target "$DDS_TARGET" --i-may-write --effort "${DDS_EFFORT:-standard}" --report-dir dds-report
if [ -f dds/expect.toml ]; then set -- "$@" --expect dds/expect.toml; fi
dds-conformance run "$@"

if [ -f dds/accepted.json ]; then dds-conformance compare dds/accepted.json dds-report/report.json; fi
