# The second opinion on bundles: a verifier in Go, built from Debian's packages without a network.

GO_BUILD = cd tests/interop/go && GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 \
	GOCACHE=$(abspath $(BUILD))/go-cache $(if $(filter arm64,$(PROFILE)),GOARCH=arm64) go
GO_SOURCES := $(filter-out %_test.go,$(wildcard tests/interop/go/*.go))
GO_FLAGS := -trimpath -buildvcs=false -ldflags='-s -w -buildid='

# Files are named, not the folder: a package outside GOPATH would carry the path of the checkout into the program.
$(O)/bin/kannuki-verify-go: $(GO_SOURCES)
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GO_BUILD) build $(GO_FLAGS) -o $(abspath $@) $(notdir $(GO_SOURCES))

$(O)/tests/interop/verify-go-tests: $(wildcard tests/interop/go/*.go)
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GO_BUILD) vet .
	$(Q)$(GO_BUILD) test -c $(GO_FLAGS) -o $(abspath $@) .

# ZIP files beyond the old limits, for other people's readers.
$(O)/tests/interop/zip-maker: $(O)/tests/interop/zip_maker.o $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(filter %.o,$^) $(ARCHIVES) -o $@

test-programs: $(O)/tests/interop/zip-maker $(O)/bin/kannuki-verify-go $(O)/tests/interop/verify-go-tests
