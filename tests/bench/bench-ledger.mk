# Benchmarks of the ledger and the verifier, and the shim that makes a disk slow.

LEDGER_BENCHES := $(addprefix $(O)/bench/,bench_ledger bench_groups bench_slices bench_verify)

$(LEDGER_BENCHES): $(O)/bench/%: $(O)/tests/bench/%.o $(O)/tests/bench/measure.o $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(ARCHIVES) $(kannuki-ledger_LIBS) -o $@

$(O)/bench/slow_flush.so: tests/bench/slow_flush.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(CFLAGS) -fPIC -shared $< -o $@

bench-programs: $(LEDGER_BENCHES) $(O)/bench/slow_flush.so

# What bench_socket.py asks the keeper with.
$(O)/bench/socket_client: tests/bench/socket_client.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(CFLAGS) $(LINK) $< -o $@
bench-programs: $(O)/bench/socket_client
