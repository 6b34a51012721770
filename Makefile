# Kannuki: everything is built, run and tested from here. `make help` lists the targets.
#
#   PROFILE=dev|release|asan|tsan|coverage|arm64   one folder each below $(BUILD)
#   V=1                                       shows the commands

.DEFAULT_GOAL := all
BUILD   ?= build
PROFILE ?= dev
O       := $(BUILD)/$(PROFILE)
VERSION := 0.1
JOBS    ?= $(shell nproc)

ifneq ($(V),1)
Q := @
say = @printf '  %-8s%s\n' '$(1)' '$(2)'
endif

# ---- compilers ----------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference $(if $(CI),-Werror)
COMMON   := -std=c17 -g $(WARNINGS) -D_GNU_SOURCE -DKANNUKI_VERSION='"$(VERSION)"' \
	-Iapp -I$(O)/generated -ffile-prefix-map=$(CURDIR)=.
HARDEN   := -O3 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	-ftrivial-auto-var-init=zero -fPIE
LINK     := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed

include scripts/profiles.mk

PKG_CONFIG ?= pkg-config
pkg = $(shell $(PKG_CONFIG) --libs $(1))

CPPFLAGS += $(shell $(PKG_CONFIG) --cflags-only-I libsodium sqlite3 jansson libsystemd libmodbus libgpiod \
	libcyaml libcrypto libedit libqrencode 2>/dev/null)

# ---- rooms: each folder of app/ is one library, or one program ------------------------------------
# A room may use itself and the rooms named after it (arrows point downwards only; `make lint` checks).

ROOMS := uplink procedure form ipc ledger base

PROGRAMS := kannukid kannuki-paneld kannuki-console kannuki kannuki-ledger kannuki-verify kannuki-stick kannuki-simboard kannuki-simcable
kannukid_ROOM        := app/keeper
kannukid_LIBS         = $(call pkg,libsodium sqlite3 jansson libsystemd libcrypto libcyaml) -lcsv
kannuki-paneld_ROOM  := app/panel
kannuki-paneld_LIBS   = $(FIRMWARE_HOST_LIB) $(call pkg,libsodium jansson libsystemd libmodbus libgpiod libcyaml) \
	-lpthread
kannuki-console_ROOM := app/console
kannuki-console_LIBS  = $(call pkg,libsodium jansson libedit libqrencode) -lcsv
# One command of the console: the same room with another beginning.
kannuki_ROOM         := app/console/one
kannuki_WITH          = $(filter-out %/main.o,$(call objects,app/console))
kannuki_LIBS          = $(kannuki-console_LIBS)
kannuki-ledger_ROOM  := app/offline
kannuki-ledger_LIBS   = $(call pkg,libsodium sqlite3 jansson libcrypto)
# The only program that may mount something; for a moment, and one file at a time.
kannuki-stick_ROOM   := app/stick
kannuki-stick_LIBS    = $(call pkg,libsodium)
kannuki-verify_ROOM  := app/verify
kannuki-verify_LIBS   = $(call pkg,libsodium jansson libcrypto)
# The simulated board links libsimavr (GPL-3); it is for demonstration and tests, never on the appliance.
kannuki-simboard_ROOM := board/simulator
kannuki-simboard_LIBS  = $(SIMAVR) $(call pkg,libmodbus) -lutil -lpthread
SIMAVR := -lsimavr
kannuki-simcable_ROOM := board/cable
kannuki-simcable_LIBS  = -lutil

# Only rooms that hold something are built, so that a half-finished tree still makes what it can.
sources   = $(sort $(wildcard $(addsuffix /*.c,$(1))))
objects   = $(patsubst %.c,$(O)/%.o,$(call sources,$(1)))
ROOMS    := $(foreach r,$(ROOMS),$(if $(call sources,app/$(r)),$(r)))
PROGRAMS := $(foreach p,$(PROGRAMS),$(if $(call sources,$($(p)_ROOM)),$(p)))
ARCHIVES := $(foreach r,$(ROOMS),$(O)/lib/lib$(r).a)
BINARIES := $(addprefix $(O)/bin/,$(filter-out $(if $(NO_SIMULATOR),kannuki-simboard kannuki-simcable),$(PROGRAMS)))

all: $(BINARIES) locale page ## Build every program into build/<profile>/bin
.PHONY: all

$(O)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

define room
$(O)/lib/lib$(1).a: $(call objects,app/$(1))
	$(call say,AR,$$@)
	$(Q)mkdir -p $$(@D) && rm -f $$@
	$(Q)$(AR) rcsD $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

define program
$(O)/bin/$(1): $(call objects,$($(1)_ROOM)) $($(1)_WITH) $(ARCHIVES)
	$(call say,LD,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $$(filter %.o,$$^) $(ARCHIVES) $$($(1)_LIBS) -o $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# The verifier without any library, for an auditor's machine: where the compiler finds static libraries.
STATIC_VERIFY := $(if $(filter dev release,$(PROFILE)),$(if $(filter /%,\
	$(shell $(CC) $(CFLAGS) -print-file-name=libcrypto.a)),$(O)/bin/kannuki-verify-static))
$(O)/bin/kannuki-verify-static: $(call objects,app/verify app/verify/static) $(O)/lib/libledger.a $(O)/lib/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(subst -pie,-static-pie,$(LINK)) $^ \
		$(shell $(PKG_CONFIG) --static --libs libsodium jansson libcrypto) -o $@
all: $(STATIC_VERIFY)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# ---- the two languages ----------------------------------------------------------------------------

# The C locale under the name ja_JP, for a machine that has no Japanese one (see app/base/text.c).
C_MESSAGES  := /usr/lib/locale/C.utf8/LC_MESSAGES/SYS_LC_MESSAGES
JA_MESSAGES := $(O)/share/locale/ja_JP.utf8/LC_MESSAGES/SYS_LC_MESSAGES

locale: $(O)/share/locale/ja/LC_MESSAGES/kannuki.mo $(JA_MESSAGES)
.PHONY: locale
$(O)/share/locale/ja/LC_MESSAGES/kannuki.mo: $(wildcard app/base/po/ja.po)
	$(call say,MSGFMT,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(if $^,msgfmt --check -o $@ $<,:)
$(JA_MESSAGES): $(C_MESSAGES)
	$(call say,COPY,$@)
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

# ---- the auditor's page ---------------------------------------------------------------------------

page: $(O)/share/kannuki-verify.html ## Build the one HTML file that checks a bundle in a browser
.PHONY: page
$(O)/share/kannuki-verify.html: scripts/page $(wildcard app/verify/page/*)
	$(call say,JOIN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/page $@

# The simulated board's page lies where kannuki-simboard looks for it.
page: $(O)/share/kannuki-simboard.html
$(O)/share/kannuki-simboard.html: board/simulator/page.html
	$(call say,COPY,$@)
	$(Q)mkdir -p $(@D) && cp $< $@

# ---- the panel controller -------------------------------------------------------------------------

include firmware/firmware.mk

# ---- tests ----------------------------------------------------------------------------------------
# tests/unit/test_X.c is one cmocka program each, linked with every room (and firmware/core built for the host).

UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
TEST_LIBS   = $(call pkg,cmocka libsodium sqlite3 jansson libsystemd libmodbus libgpiod libcrypto libcyaml libedit libqrencode) \
	-lcsv -lpthread -lutil
CPPFLAGS   += -Itests/unit -I.

$(UNIT_TESTS): $(O)/tests/%: $(O)/tests/unit/%.o $(call objects,tests/unit/support) $(ARCHIVES) $(FIRMWARE_HOST_LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(ARCHIVES) $(FIRMWARE_HOST_LIB) $(TEST_LIBS) -o $@

unit-tests: $(UNIT_TESTS) locale
include tests/tests.mk

test: ## Install what is needed, build, and run every test that needs no virtual machine
	$(Q)scripts/deps run test
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory all test-programs
	$(Q)PROFILE=$(PROFILE) scripts/test $(O) $(TESTS)

test-firmware: ## The panel's firmware alone, in the simulated chip, and the table of its promises
	$(Q)scripts/deps run test
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory all test-programs $(O)/bench/bench_panel $(O)/bench/bench_simulation
	$(Q)PROFILE=$(PROFILE) scripts/test $(O) firmware
	$(Q)KANNUKI_BUILD=$(O) $(O)/bench/bench_panel
	$(Q)KANNUKI_BUILD=$(O) $(O)/bench/bench_simulation
.PHONY: test test-firmware unit-tests test-programs

# ---- what a person types --------------------------------------------------------------------------

run: ## Start the whole appliance with a simulated board (state in build/run)
	$(Q)scripts/deps run
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory all
	$(Q)exec scripts/run $(O)

verify-go: ## Build the second verifier, written in Go from the format text alone
	$(Q)scripts/deps run test
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory $(O)/bin/kannuki-verify-go

run-clean: ## Forget the state of make run
	$(Q)scripts/run --forget

lint: ## clang-tidy, cppcheck, gcc -fanalyzer, layout, room arrows
	$(Q)scripts/deps lint
	$(Q)scripts/lint

asan: ## Unit and system tests under AddressSanitizer and UBSan
	$(Q)scripts/deps test lint
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory PROFILE=asan all test-programs
	$(Q)PROFILE=asan scripts/test $(BUILD)/asan unit interop system

crash: ## Cut the ledger's power in 100,000 states (CRASH_STATES; a new CRASH_SEED each time), fail every call
	$(Q)scripts/deps run test
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory test-programs
	$(Q)$(O)/tests/crash/test_crash --states $(or $(CRASH_STATES),100000) --seed $(or $(CRASH_SEED),$$(date +%s))
	$(Q)$(O)/tests/crash/test_faults --all

tsan: ## What runs in threads under ThreadSanitizer: the verifier
	$(Q)scripts/deps test lint
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory PROFILE=tsan $(BUILD)/tsan/tests/test_bundle
	$(Q)$(BUILD)/tsan/tests/test_bundle

coverage: ## Line and branch coverage of the tests, as text and HTML
	$(Q)scripts/deps test
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory PROFILE=coverage all test-programs
	$(Q)PROFILE=coverage scripts/test $(BUILD)/coverage unit system
	$(Q)scripts/coverage $(BUILD)/coverage

fuzz: ## Fuzz every parser, and the verifiers with riddles, for FUZZ_SECONDS (default 20) each
	$(Q)scripts/deps lint
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory all $(O)/bin/kannuki-verify-go $(O)/tests/firmware/test_frames
	$(Q)scripts/fuzz $(BUILD)/fuzz $(O)

bench: ## Print one line per figure: bench NAME VALUE UNIT goal OP GOAL ok|short
	$(Q)scripts/deps run test
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory PROFILE=release all bench-programs
	$(Q)scripts/bench $(BUILD)/release

release: ## Build the release and what auditors get twice, compare, and pack both with their hashes
	$(Q)scripts/deps run cross
	$(Q)scripts/release $(BUILD)/release-pack $(BUILD)/image

image: ## Build the arm64 image
	$(Q)scripts/deps image
	$(Q)image/build $(BUILD)/image

test-image: image ## Boot the image in QEMU and press the button
	$(Q)$(MAKE) -j$(JOBS) --no-print-directory all
	$(Q)PROFILE=$(PROFILE) scripts/test $(O) image

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

clean: ## Remove everything that was built
	$(Q)rm -rf $(BUILD)

.PHONY: run verify-go run-clean lint asan crash tsan coverage fuzz bench release image test-image help clean bench-programs
