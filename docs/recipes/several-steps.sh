#!/bin/sh
# Several steps under one yes: asks, waits, claims so that nobody else does the same, and reports how it ended.
set -eu

code=0
countersign request "Move the billing database to version 17" --type deploy --idempotency-key "${RUN_ID:?}" \
  --action "stop billing, upgrade the database, start billing" \
  --side-effect "billing is away for about ten minutes" --if-denied "It stays on version 16 until spring." \
  --wait --timeout 2h --json >request.json || code=$?

case $code in
  0) ;;
  3) echo "People said no." >&2 && exit 1 ;;
  4) echo "Nobody answered; nothing was done." >&2 && exit 1 ;;
  5) echo "It was taken back." >&2 && exit 1 ;;
  6) echo "Approved, but changed: nothing here knows how to do it otherwise." >&2 && exit 1 ;;
  7) echo "Still open; run this again with the same RUN_ID to go on waiting." >&2 && exit 75 ;;
  *) exit "$code" ;;
esac

countersign claim --from request.json
trap 'countersign report failed --from request.json --detail "Not all steps were done."' EXIT

./billing stop
./billing upgrade
./billing start

trap - EXIT
countersign report success --from request.json
