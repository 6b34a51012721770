# tests/firmware: the flashable .hex on the simulated board. libsimavr (GPL-3) is linked here and into
# kannuki-simboard, and nowhere else.

SIMULATION := $(addprefix $(O)/board/simulator/,board.o chip.o line.o provision.o) \
	$(patsubst %.c,$(O)/%.o,$(filter-out tests/firmware/test_%,$(wildcard tests/firmware/*.c))) $(O)/firmware/core/crc16.o
FIRMWARE_TESTS := $(if $(NO_SIMULATOR),,$(patsubst %.c,$(O)/%,$(sort $(wildcard tests/firmware/test_*.c))))

$(FIRMWARE_TESTS): %: %.o $(SIMULATION) $(FIRMWARE).hex
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(SIMAVR) $(call pkg,cmocka) -o $@

test-programs: $(FIRMWARE_TESTS)

# The same firmware with one file of it sabotaged.
SPOILT_FIRMWARE := $(if $(filter dev,$(PROFILE)),$(patsubst %,$(O)/sabotage/firmware/%/firmware/kannuki-panel.hex,\
	$(shell $(SABOTEUR) tests/firmware/sabotage names)))

$(SPOILT_FIRMWARE): $(O)/sabotage/firmware/%/firmware/kannuki-panel.hex: $(FIRMWARE_OBJECTS) tests/firmware/sabotage
	$(call say,SPOIL,$*)
	$(Q)$(SABOTEUR) tests/firmware/sabotage copy $* $(@D)/changed.c
	$(Q)$(AVR)gcc $(AVR_FLAGS) -w -c $(@D)/changed.c -o $(@D)/changed.o
	$(Q)$(AVR)gcc $(AVR_FLAGS) -w -mrelax -Wl,--gc-sections -o $(@D)/changed.elf $(@D)/changed.o $(filter-out \
		$(patsubst %.c,$(O)/firmware/avr/%.o,$(patsubst firmware/%,%,$(shell $(SABOTEUR) tests/firmware/sabotage file $*))),\
		$(FIRMWARE_OBJECTS))
	$(Q)$(AVR)objcopy -O ihex -R .eeprom -R .fuse $(@D)/changed.elf $@

test-programs: $(SPOILT_FIRMWARE)

FIRMWARE_BENCHES := $(addprefix $(O)/bench/,bench_panel bench_simulation)

$(FIRMWARE_BENCHES): $(O)/bench/%: $(O)/tests/bench/%.o $(SIMULATION) $(FIRMWARE).hex
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(SIMAVR) $(call pkg,cmocka) -o $@

bench-programs: $(if $(NO_SIMULATOR),,$(FIRMWARE_BENCHES))
