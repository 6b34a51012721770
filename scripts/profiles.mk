# One set of compiler flags for each PROFILE.
CC ?= gcc
ifeq ($(PROFILE),dev)
CFLAGS := $(HARDEN)
else ifeq ($(PROFILE),release)
CFLAGS := $(HARDEN) -Werror
else ifeq ($(PROFILE),asan)
CFLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
else ifeq ($(PROFILE),tsan)
CFLAGS := -O1 -fsanitize=thread -fno-omit-frame-pointer -fPIE
else ifeq ($(PROFILE),coverage)
CFLAGS := -O0 --coverage -fPIE -fprofile-update=atomic
else ifeq ($(PROFILE),arm64)
# SYSROOT holds Debian's arm64 -dev packages; image/build makes it.
SYSROOT ?= $(abspath $(BUILD))/image/sysroot
CC := aarch64-linux-gnu-gcc
AR := aarch64-linux-gnu-gcc-ar
# The compiler's own cross library is another release's: its headers and start files must come second.
CFLAGS := $(HARDEN) --sysroot=$(SYSROOT) -B$(SYSROOT)/usr/lib/aarch64-linux-gnu \
	-isystem $(SYSROOT)/usr/include/aarch64-linux-gnu -isystem $(SYSROOT)/usr/include \
	-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(SYSROOT)=/sysroot
PKG_CONFIG := env PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
NO_SIMULATOR := 1
else
$(error PROFILE=$(PROFILE) is not known; use dev, release, asan, tsan, coverage or arm64)
endif
