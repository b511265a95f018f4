# make            builds ./pmap
# make demo       runs it on the texts in testdata/demo
# make test       installs what the tests need and runs them all
# make bench      compares it with its peers; bench-short guards against regressions
# make fuzz       runs each fuzzer for FUZZTIME
# make lint       checks sources, module, man pages and scripts
# make cross      builds for other systems, into dist/
# make install    PREFIX=/usr/local DESTDIR= BINARY=pmap
#
# procps has a program called pmap too, which shows the memory of a process.
# BINARY=NAME installs this one under another name.

PREFIX  ?= /usr/local
DESTDIR ?=
BINARY  ?= pmap

bindir  = $(DESTDIR)$(PREFIX)/bin
mandir  = $(DESTDIR)$(PREFIX)/share/man/man1
man5dir = $(DESTDIR)$(PREFIX)/share/man/man5
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir  = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

GO       ?= go
FUZZTIME ?= 30s
BENCH    ?=

# A build from a tagged checkout is called by its tag, any other by what the
# source says.
VERSION := $(shell test -e .git && git describe --tags --dirty 2>/dev/null | sed 's/^v//')
LDFLAGS := $(if $(VERSION),-X pmap/cmd.Version=$(VERSION))
BUILD    = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

SYSTEMS = linux/amd64 linux/arm64 darwin/arm64
CROSS   = linux-arm64 darwin-arm64 darwin-amd64

# What the tests call, as Debian packages. dash, bash and the peers are called
# by tests that compare; gcc by the race detector and the benchmark.
PACKAGES = bash coreutils dash diffutils findutils gcc git gzip jq libc6-dev libtext-csv-perl make \
	mandoc moreutils parallel procps python3 shellcheck strace xe zsh

.NOTPARALLEL:
.PHONY: all pmap demo deps test test-race test-static test-fallback bench bench-short fuzz lint cross install clean

all: pmap

# Go knows better than make what has changed.
pmap:
	$(BUILD) -o $@ .

demo: pmap
	./testdata/demo/run ./pmap

deps:
	@if ! command -v dpkg-query >/dev/null; then \
		echo "deps: this isn't Debian; the tests call what these packages have: $(PACKAGES)"; exit 0; \
	fi; \
	missing=; \
	for p in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' "$$p" 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -z "$$missing" ]; then \
		echo "deps: everything is there"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; then \
		echo "deps: installed$$missing"; \
	else \
		echo "deps: not installed (it takes root and apt-get):$$missing"; \
		echo "deps: tests that need them fail or are skipped"; \
	fi

test: deps test-race test-static test-fallback

# -race needs cgo, which pmap is built without: hence both.
test-race:
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 60m ./...

test-static:
	CGO_ENABLED=0 $(GO) test -shuffle=on -timeout 60m ./...

# As where the kernel refuses clone3.
test-fallback:
	PMAP_NO_CLONE3=1 CGO_ENABLED=0 $(GO) test -count=1 -shuffle=on -timeout 60m -short -run TestScripts .

# BENCH='-only echo -rounds 3' and the like.
bench: pmap
	$(GO) run ./testdata/bench $(BENCH)

bench-short: pmap
	$(GO) run ./testdata/bench -short

fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for name in $$($(GO) test -list '^Fuzz' "$$pkg" | grep '^Fuzz'); do \
			echo "fuzz $$pkg $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$pkg" || exit 1; \
		done; \
	done

lint:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "not as gofmt has it:" $$out; exit 1; fi
	@for system in $(SYSTEMS); do \
		echo "vet $$system"; \
		CGO_ENABLED=0 GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) vet ./... || exit 1; \
	done
	$(GO) vet ./testdata/bench ./testdata/kernel ./testdata/leaktest
	$(GO) mod tidy -diff
	@if command -v mandoc >/dev/null; then \
		for page in man/*.[15]; do [ ! -e "$$page" ] || mandoc -T lint -W warning "$$page" || exit 1; done; \
	else echo "lint: no mandoc, man pages not checked"; fi
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run testdata/demo/run; \
	else echo "lint: no shellcheck, scripts not checked"; fi

cross: $(CROSS:%=dist/pmap-%)

.PHONY: $(CROSS:%=dist/pmap-%)
$(CROSS:%=dist/pmap-%):
	@mkdir -p dist
	GOOS=$(word 2,$(subst -, ,$@)) GOARCH=$(word 3,$(subst -, ,$@)) $(BUILD) -o $@ .

# The installed program writes its completions itself, for the name it has.
install: pmap
	install -d '$(bindir)' '$(mandir)' '$(man5dir)' '$(bashdir)' '$(zshdir)' '$(fishdir)'
	install -m 755 pmap '$(bindir)/$(BINARY)'
	install -m 644 man/pmap.1 '$(mandir)/$(BINARY).1'
	install -m 644 man/pmap-xargs.1 '$(mandir)/$(BINARY)-xargs.1'
	install -m 644 man/pmap-journal.5 '$(man5dir)/$(BINARY)-journal.5'
	'$(bindir)/$(BINARY)' completion bash > '$(bashdir)/$(BINARY)'
	'$(bindir)/$(BINARY)' completion zsh > '$(zshdir)/_$(BINARY)'
	'$(bindir)/$(BINARY)' completion fish > '$(fishdir)/$(BINARY).fish'

clean:
	rm -rf pmap dist
