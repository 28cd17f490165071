# SPDX-License-Identifier: GPL-2.0-or-later
# Postern: `make help` lists the targets.

VERSION  := 0.1.0
PREFIX   ?= /usr/local
SBINDIR  ?= $(PREFIX)/sbin
DATADIR  ?= $(PREFIX)/share
MANDIR   ?= $(DATADIR)/man
UNITDIR  ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
# Debian has vendor-completions below /usr.
ZSH_FUNCTIONS ?= site-functions
BUILD    ?= build

CLANG    ?= clang
BPFTOOL  ?= $(or $(shell command -v bpftool),/usr/sbin/bpftool)
# Optional: without it nothing is lost but probes and a doorman over TLS.
TLS      := $(shell pkg-config --exists openssl 2>/dev/null && echo openssl)
# ... and without this one, nothing but `posternctl top`.
CURSES   := $(shell pkg-config --exists ncurses 2>/dev/null && echo ncurses)
PKGS     := libbpf libelf zlib libzstd libcares libuv libconfuse jansson libcap \
	libpcap libseccomp libmicrohttpd $(TLS) $(CURSES)
# Asked for at first use: what needs no library works without any.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) -lm)$(PKG_LIBS)

# The maps of two builds are the same only when the contract is.
ABI      := 0x$(shell cat bpf/shared.h bpf/ranges_layout.h | sha256sum | \
	cut -c1-16)

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla \
	-Wimplicit-fallthrough -Wformat=2 -Wconversion $(WERROR)
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CPPFLAGS += -Iuserspace -Ibpf -isystem $(BUILD) -D_GNU_SOURCE \
	-DPOSTERN_VERSION='"$(VERSION)"' -DPOSTERN_ABI=$(ABI)ULL \
	$(if $(TLS),-DPOSTERN_TLS) $(if $(CURSES),-DPOSTERN_CURSES)
CFLAGS   ?= -O2 -g
LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--as-needed

Q   := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-5s %s\n' $(1) $(2))

MAINS    := userspace/posternd.c userspace/ctl/posternctl.c
SOURCES  := $(filter-out $(MAINS),$(wildcard userspace/*/*.c))
PROGRAMS := $(BUILD)/posternd $(BUILD)/posternctl
SKELETON := $(BUILD)/postern.skel.h $(BUILD)/steer.skel.h \
	$(BUILD)/witness.skel.h
UNITS    := $(patsubst %.c,%,$(wildcard tests/unit/test_*.c))
UNITS    := $(if $(TLS),$(UNITS),$(filter-out %_tls,$(UNITS)))
PACKETS  := $(patsubst %.c,%,$(wildcard tests/packet/test_*.c))
PROBES   := $(patsubst tests/packet/%.bpf.c,%,$(wildcard tests/packet/*.bpf.c))
BENCH_PARTS := $(filter-out %.bpf.c,$(wildcard tools/bench*.c)) \
	tests/packet/frame.c
BENCH_SKELETONS := $(patsubst tools/%.bpf.c,$(BUILD)/%.skel.h,\
	$(wildcard tools/*.bpf.c))
PACKET_PARTS := $(filter-out tests/packet/test_% %.bpf.c,\
	$(wildcard tests/packet/*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

all: $(PROGRAMS) ## build posternd and posternctl
	$(if $(TLS),,@echo "  built without OpenSSL: nothing is lost but TLS")
	$(if $(CURSES),,@echo "  built without ncurses: nothing is lost but top")

# Three trees of objects from the same sources: what is installed, the same
# under sanitizers for the tests, and with coverage for the fuzzers.
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -O1 -g
FUZZ     := -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g
# The same bytes wherever it is built: tests/reproducible.
SAME     := -ffile-prefix-map=$(CURDIR)=.

COMPILE   = $(CC) -std=gnu17 $(SAME) $(CPPFLAGS) $(WARN) $(PKG_CFLAGS) -MD -MP

# v3: instructions of 32 bits, which every kernel from 5.1 on has.
BPF_OBJECT = $(CLANG) $(SAME) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra \
	$(WERROR) -std=gnu17 -Ibpf -idirafter /usr/include/$(shell $(CC) -print-multiarch)

define build-bpf
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(BPF_OBJECT) -c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp
endef

$(BUILD)/bpf/%.o: bpf/%.bpf.c $(wildcard bpf/*.h)
	$(build-bpf)

$(BUILD)/bpf/%.o: tests/packet/%.bpf.c $(wildcard bpf/*.h tests/packet/*.h)
	$(build-bpf)

$(BUILD)/bpf/%.o: tools/%.bpf.c $(wildcard bpf/*.h bpf/*.bpf.c tools/*.h)
	$(build-bpf)

$(BUILD)/%.skel.h: $(BUILD)/bpf/%.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@.tmp && mv $@.tmp $@

$(BUILD)/%.o: %.c | $(SKELETON)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(CFLAGS) $(HARDEN) -c $< -o $@

$(BUILD)/san/%.o: %.c | $(SKELETON)
	$(call say,SAN,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(SAN) -c $< -o $@

$(BUILD)/fuzz/%.o: CC := $(CLANG)
$(BUILD)/fuzz/%.o: %.c | $(SKELETON)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(FUZZ) -c $< -o $@

$(BUILD)/libpostern.a: $(SOURCES:%.c=$(BUILD)/%.o)
$(BUILD)/san/libpostern.a: $(SOURCES:%.c=$(BUILD)/san/%.o)
$(BUILD)/fuzz/libpostern.a: $(SOURCES:%.c=$(BUILD)/fuzz/%.o)
%/libpostern.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/posternd: $(BUILD)/userspace/posternd.o $(BUILD)/libpostern.a
$(BUILD)/posternctl: $(BUILD)/userspace/ctl/posternctl.o $(BUILD)/libpostern.a
$(PROGRAMS):
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(PACKETS:%=$(BUILD)/%.o) $(PACKET_PARTS:%.c=$(BUILD)/%.o): \
		| $(PROBES:%=$(BUILD)/%.skel.h)
$(PACKETS:%=$(BUILD)/%): $(PACKET_PARTS:%.c=$(BUILD)/%.o)
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libpostern.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) \
		-lcmocka -o $@

$(BENCH_PARTS:%.c=$(BUILD)/%.o): | $(BENCH_SKELETONS)
$(BUILD)/tools/bench: $(BENCH_PARTS:%.c=$(BUILD)/%.o) $(BUILD)/libpostern.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(BUILD)/san/tests/%: $(BUILD)/san/tests/%.o $(BUILD)/san/libpostern.a
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $^ $(PKG_LIBS) -lcmocka -o $@

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o \
		$(BUILD)/fuzz/libpostern.a
	$(call say,LD,$@)
	$(Q)$(CLANG) $(FUZZ) -fsanitize=fuzzer $^ $(PKG_LIBS) -o $@

UNIT_PROGRAMS := $(UNITS:%=$(BUILD)/%) $(UNITS:%=$(BUILD)/san/%)
build-tests: $(PROGRAMS) $(UNIT_PROGRAMS) $(PACKETS:%=$(BUILD)/%)

deps: ## install what is missing to build and to test
	tools/deps build test

check: $(PROGRAMS) $(UNIT_PROGRAMS) ## run what needs no root: unit tests, sanitizers too
	tests/run $(UNIT_PROGRAMS) tests/completion tests/hardening

# Two steps: what the first installs, the second looks for.
test: ## run all tests (as root; installs what is missing)
	tools/deps build test
	$(Q)$(MAKE) build-tests
	$(Q)tests/run $(UNIT_PROGRAMS) $(PACKETS:%=$(BUILD)/%) \
		tests/completion tests/hardening tests/reproducible tests/lab/run

demo: ## show the main job in a lab of namespaces (as root)
	tools/deps build test
	$(Q)$(MAKE) all
	$(Q)tools/demo

bench: ## measure against other filters (as root; QUICK=1 for less)
	tools/deps build
	tools/deps bench || echo "bench: goes on without"
	$(Q)$(MAKE) $(BUILD)/tools/bench
	$(Q)$(BUILD)/tools/bench $(if $(QUICK),--quick) --json $(BUILD)/bench.json

kernels: ## test under kernels 5.10 to the newest (QUICK=1: those two)
	tools/deps build test
	tools/deps kernels || echo "kernels: goes on without"
	$(Q)$(MAKE) $(PROGRAMS) $(PACKETS:%=$(BUILD)/%)
	$(Q)tests/kernels/run $(if $(QUICK),--quick)

fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%) ## fuzz every parser, a minute each (FUZZ_SECONDS=)
	tools/fuzz $(FUZZ_SECONDS) $^

valgrind: ## run the unit tests under valgrind
	tools/deps build test valgrind
	$(Q)$(MAKE) $(UNITS:%=$(BUILD)/%)
	$(Q)tools/valgrind $(UNITS:%=$(BUILD)/%)

lint: $(SKELETON) $(PROBES:%=$(BUILD)/%.skel.h) $(BENCH_SKELETONS) ## formatting and static analysis
	tools/lint

UNITS_WITH_PATHS := posternd.service postern-exporter.service \
	postern-feeds.service postern-report.service

install: all ## install below PREFIX (/usr/local), and below DESTDIR
	install -D -m 755 -t $(DESTDIR)$(SBINDIR) $(PROGRAMS) \
		userspace/share/postern-feeds
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) \
		userspace/share/postern-feeds.timer \
		userspace/share/postern-report.timer
	for unit in $(UNITS_WITH_PATHS); do \
		sed 's,/usr/local/sbin,$(SBINDIR),' userspace/share/$$unit \
			> $(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done
	for shell in bash zsh fish; do \
		$(BUILD)/posternctl completion $$shell \
			> $(BUILD)/completion.$$shell || exit; \
	done
	install -D -m 644 $(BUILD)/completion.bash \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/posternctl
	install -D -m 644 $(BUILD)/completion.zsh \
		$(DESTDIR)$(DATADIR)/zsh/$(ZSH_FUNCTIONS)/_posternctl
	install -D -m 644 $(BUILD)/completion.fish \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/posternctl.fish
	install -D -m 644 userspace/share/postern.sysusers \
		$(DESTDIR)$(SYSUSERSDIR)/postern.conf
	install -D -m 644 userspace/share/postern.tmpfiles \
		$(DESTDIR)$(TMPFILESDIR)/postern.conf
	install -D -m 644 -t $(DESTDIR)$(DATADIR)/postern \
		userspace/share/postern.conf \
		userspace/share/postern.rules.yml \
		userspace/share/postern-dashboard.json
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man8 userspace/share/*.8
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man5 userspace/share/*.5
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man7 userspace/share/*.7

deb: ## build a Debian package (installs what is missing for that, as root)
	tools/deps build deb
	$(Q)$(MAKE) all
	$(Q)tools/deb $(VERSION)

test-deb: deb ## try it in a fresh Debian root (as root; downloads one)
	tests/deb $(BUILD)/postern_$(VERSION)-1_*.deb

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

.PHONY: all build-tests deps check test demo bench kernels fuzz valgrind lint \
	install deb test-deb clean help
.SECONDARY:
.DELETE_ON_ERROR:

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
