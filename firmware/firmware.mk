# The panel controller's firmware (avr-gcc), and firmware/core once more for the host: unit tests and fuzzing.

AVR        := avr-
AVR_MCU    := atmega1284p
AVR_FLAGS  := -mmcu=$(AVR_MCU) -DF_CPU=7372800UL -Os -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wno-missing-braces -ffunction-sections -fdata-sections -fshort-enums -mcall-prologues -flto -I. \
	$(if $(CI),-Werror)
FIRMWARE   := $(O)/firmware/kannuki-panel
FIRMWARE_SOURCES := $(call sources,firmware/core) $(call sources,firmware/port)
FIRMWARE_OBJECTS := $(FIRMWARE_SOURCES:firmware/%.c=$(O)/firmware/avr/%.o)

all: $(FIRMWARE).hex

$(O)/firmware/avr/%.o: firmware/%.c
	$(call say,AVR-CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(AVR)gcc $(AVR_FLAGS) -MMD -MP -c $< -o $@

$(FIRMWARE).elf: $(FIRMWARE_OBJECTS)
	$(call say,AVR-LD,$@)
	$(Q)$(AVR)gcc $(AVR_FLAGS) -mrelax -Wl,--gc-sections $^ -o $@

$(FIRMWARE).hex: $(FIRMWARE).elf
	$(Q)$(AVR)objcopy -O ihex -R .eeprom -R .fuse $< $@
	$(Q)$(AVR)size -A $< | awk '/^\.(text|data|bss|noinit) / { n[$$1] = $$2 } END { \
		printf "  %-8sflash %d of 131072 bytes, RAM %d of 16384 bytes\n", "SIZE", \
		n[".text"] + n[".data"], n[".data"] + n[".bss"] + n[".noinit"] }'

FIRMWARE_HOST_LIB := $(O)/lib/libfirmware-core.a
$(FIRMWARE_HOST_LIB): $(call objects,firmware/core)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@
	$(Q)$(AR) rcsD $@ $^

# Without a controller the panel daemon is the panel.
$(O)/bin/kannuki-paneld: $(FIRMWARE_HOST_LIB)

# The simulated board provisions its EEPROM with the firmware's own CRC, and speaks JSON on its control socket.
kannuki-simboard_LIBS += $(call pkg,jansson)
$(O)/bin/kannuki-simboard: $(O)/firmware/core/crc16.o
