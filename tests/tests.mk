# Programs that only tests and benchmarks use, and the list of test kinds `make test` runs.
TESTS ?= unit firmware packs interop browser crash system

test-programs: unit-tests
bench-programs:

# Makes copies of sources with a mistake in them, which the tests must find.
SABOTEUR := python3 tests/support/saboteur.py

include tests/firmware/firmware-tests.mk
include tests/interop/interop.mk
include tests/bench/bench-ledger.mk
include tests/crash/crash.mk

# The parts of the console, all but its main.
$(O)/tests/test_console: $(filter-out $(O)/app/console/main.o,$(call objects,app/console))
$(O)/tests/test_people_table: $(O)/app/console/people_table.o

# The same of the keeper; test_rounds takes one part in by itself.
KEEPER_PARTS = $(filter-out $(O)/app/keeper/main.o,$(call objects,app/keeper))
$(O)/tests/test_keeper: $(KEEPER_PARTS)
$(O)/tests/test_credentials: $(KEEPER_PARTS)
$(O)/tests/test_rounds: $(filter-out $(O)/app/keeper/rounds.o,$(KEEPER_PARTS))

# The same of the panel daemon.
$(O)/tests/test_panel: $(filter-out $(O)/app/panel/main.o,$(call objects,app/panel))

# Preloaded: one proves that a thread allocates nothing, one breaks a medium, one has no clock. The sanitizers do not go
# with that.
PRELOADED := $(patsubst %,$(O)/tests/%.so,no_thread_malloc broken_medium unset_clock stepped_clock cut_off)
$(PRELOADED): $(O)/tests/%.so: tests/support/%.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(CFLAGS) -fPIC -shared $< -o $@

test-programs: $(if $(filter asan,$(PROFILE)),,$(PRELOADED))
