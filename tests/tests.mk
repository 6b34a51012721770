# Programs that only tests and benchmarks use, and the list of test kinds `make test` runs.
TESTS ?= unit firmware interop system

test-programs: unit-tests
bench-programs:

include tests/interop/interop.mk
include tests/bench/bench-ledger.mk
