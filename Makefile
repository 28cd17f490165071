# SPDX-License-Identifier: GPL-2.0-or-later
# Postern: `make help` lists the targets.

VERSION  := 0.1.0
PREFIX   ?= /usr/local
SBINDIR  ?= $(PREFIX)/sbin
BUILD    ?= build

CLANG    ?= clang
BPFTOOL  ?= $(or $(shell command -v bpftool),/usr/sbin/bpftool)
PKGS     := libbpf libelf zlib libcares libuv libconfuse jansson libcap

# The maps of two builds are the same only when the contract is.
ABI      := 0x$(shell sha256sum bpf/shared.h | cut -c1-16)

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla \
	-Wimplicit-fallthrough -Wformat=2 -Wconversion $(WERROR)
HARDEN   := -fstack-protector-strong -fPIE
CPPFLAGS += -Iuserspace -Ibpf -I$(BUILD) -D_GNU_SOURCE \
	-DPOSTERN_VERSION='"$(VERSION)"' -DPOSTERN_ABI=$(ABI)ULL
CFLAGS   ?= -O2 -g
LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--as-needed

# Sanitizers want the same sources in a tree of objects of their own.
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -O1 -g

Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-7s %s\n' $(1) $(2))

MAINS    := userspace/posternd.c userspace/ctl/posternctl.c
SOURCES  := $(filter-out $(MAINS),$(wildcard userspace/*/*.c))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o)
PROGRAMS := $(BUILD)/posternd $(BUILD)/posternctl
UNITS    := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
PACKETS  := $(patsubst tests/packet/%.c,%,$(wildcard tests/packet/test_*.c))
SKELETON := $(BUILD)/postern.skel.h

all: $(PROGRAMS)

PKG_GOALS := $(filter-out deps help clean demo test,$(or $(MAKECMDGOALS),all))
ifneq ($(PKG_GOALS),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))
endif

HARDENED = $(HARDEN) -D_FORTIFY_SOURCE=2
COMPILE  = $(CC) -std=gnu17 $(CPPFLAGS) $(WARN) $(PKG_CFLAGS) -MMD -MP

$(BUILD)/bpf/%.o: bpf/%.bpf.c $(wildcard bpf/*.h)
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -O2 -g -Wall -Wextra $(WERROR) -std=gnu17 -Ibpf \
		-idirafter /usr/include/$(shell $(CC) -print-multiarch) \
		-c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp

$(BUILD)/%.skel.h: $(BUILD)/bpf/%.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@.tmp && mv $@.tmp $@

$(BUILD)/%.o: %.c | $(SKELETON)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(CFLAGS) $(HARDENED) -c $< -o $@

$(BUILD)/san/%.o: %.c | $(SKELETON)
	$(call say,SAN,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(SAN) -c $< -o $@

$(BUILD)/libpostern.a: $(OBJECTS)
$(BUILD)/san/libpostern.a: $(SOURCES:%.c=$(BUILD)/san/%.o)
%/libpostern.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/posternd: $(BUILD)/userspace/posternd.o $(BUILD)/libpostern.a
$(BUILD)/posternctl: $(BUILD)/userspace/ctl/posternctl.o $(BUILD)/libpostern.a
$(PROGRAMS):
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libpostern.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(PKG_LIBS) -lcmocka -o $@

$(BUILD)/san/tests/%: $(BUILD)/san/tests/%.o $(BUILD)/san/libpostern.a
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $^ $(PKG_LIBS) -lcmocka -o $@

unit-tests: $(UNITS:%=$(BUILD)/tests/unit/%) \
	$(UNITS:%=$(BUILD)/san/tests/unit/%)
packet-tests: $(PACKETS:%=$(BUILD)/tests/packet/%)

clean:
	rm -rf $(BUILD)

.PHONY: all unit-tests packet-tests clean
.SECONDARY:
.DELETE_ON_ERROR:

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
