# Power cuts: the ledger on a disk in memory that loses, reorders and tears what was not synced.

CRASH_PARTS := $(patsubst %.c,$(O)/%.o,$(filter-out tests/crash/test_%,$(wildcard tests/crash/*.c)))
CRASH_TESTS := $(patsubst tests/crash/%.c,$(O)/tests/crash/%,$(wildcard tests/crash/test_*.c))
CRASH_LIBS   = $(call pkg,libsodium sqlite3 jansson libcrypto)

$(CRASH_TESTS): $(O)/tests/crash/%: $(O)/tests/crash/%.o $(CRASH_PARTS) $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(ARCHIVES) $(CRASH_LIBS) -o $@

# The same harness with one file of the ledger sabotaged: its object comes before the archive that has the real one.
SABOTAGED := $(patsubst %,$(O)/sabotage/%/test_crash,$(shell $(SABOTEUR) tests/crash/sabotage names))

$(SABOTAGED): $(O)/sabotage/%/test_crash: $(O)/tests/crash/test_crash.o $(CRASH_PARTS) $(ARCHIVES) tests/crash/sabotage
	$(call say,SPOIL,$*)
	$(Q)$(SABOTEUR) tests/crash/sabotage copy $* $(@D)/changed.c
	$(Q)$(CC) $(COMMON) -w $(CPPFLAGS) $(CFLAGS) -c $(@D)/changed.c -o $(@D)/changed.o
	$(Q)$(CC) $(CFLAGS) $(LINK) $(@D)/changed.o $(filter %.o,$^) $(ARCHIVES) $(CRASH_LIBS) -o $@

test-programs: $(CRASH_TESTS) $(SABOTAGED)
