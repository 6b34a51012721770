# tests/firmware: the flashable .hex on the simulated board. libsimavr (GPL-3) is linked here and into
# kannuki-simboard, and nowhere else.

SIMULATION := $(addprefix $(O)/board/simulator/,board.o chip.o line.o provision.o) \
	$(patsubst %.c,$(O)/%.o,$(filter-out tests/firmware/test_%,$(wildcard tests/firmware/*.c))) $(O)/firmware/core/crc16.o
FIRMWARE_TESTS := $(if $(NO_SIMULATOR),,$(patsubst %.c,$(O)/%,$(sort $(wildcard tests/firmware/test_*.c))))

$(FIRMWARE_TESTS): %: %.o $(SIMULATION) $(FIRMWARE).hex
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(SIMAVR) $(call pkg,cmocka) -o $@

test-programs: $(FIRMWARE_TESTS)

FIRMWARE_BENCHES := $(addprefix $(O)/bench/,bench_panel bench_simulation)

$(FIRMWARE_BENCHES): $(O)/bench/%: $(O)/tests/bench/%.o $(SIMULATION) $(FIRMWARE).hex
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(SIMAVR) $(call pkg,cmocka) -o $@

bench-programs: $(if $(NO_SIMULATOR),,$(FIRMWARE_BENCHES))
