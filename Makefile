# 'make help' lists the targets.

GO       ?= go
PREFIX   ?= /usr/local
LISTEN   ?= 127.0.0.1:8888
FUZZTIME ?= 1m
TIMEOUT  ?= 30m
DURATION ?= 1h
SEED     ?=

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
PRELOAD     = backend/sockop/preload/sockop_preload.c

# cgo and the preload library need gcc and the headers of libc
# ('apt install gcc libc6-dev'). Without them the server is built statically.
CGO_ENABLED ?= $(shell printf '\43include <sys/epoll.h>\n' | gcc -E -x c - >/dev/null 2>&1 && echo 1 || echo 0)
export CGO_ENABLED

.PHONY: build
build: aws $(if $(filter 1,$(CGO_ENABLED)),sockop_preload.so,without-cgo) ## build aws and, with gcc, sockop_preload.so

.PHONY: aws
aws: # always: the go command knows what is up to date
	$(GO) build -o aws ./cmd/aws

sockop_preload.so: $(PRELOAD)
	gcc -shared -fPIC -O2 -Wall -Wextra -Werror -o $@ $< -ldl

.PHONY: without-cgo
without-cgo:
	@echo 'Built without cgo (no gcc with libc6-dev): LD_PRELOAD has no effect on aws; use --fault.'

.PHONY: run
run: build ## serve a page and some files on LISTEN, with both engines, until Ctrl-C
	@exec cmd/aws/demo/run.sh ./aws $(LISTEN)

# TIMEOUT is only a backstop: a test that waits goes on until shortly before it,
# so a busy machine fails none. README.md lists the tools that the tests need.
.PHONY: test
test: ## run all tests, including those that fetch from the real binary
	$(GO) test -timeout=$(TIMEOUT) ./...

# All kinds of clients, files that change, both engines: docs/reliability.md. It
# prints the seed of its choices; SEED repeats them. After DURATION, TIMEOUT is left.
.PHONY: soak
soak: ## serve all kinds of clients for DURATION, and look at every answer
	SOAK_DURATION=$(DURATION) SOAK_SEED=$(SEED) $(GO) test -count=1 -v -timeout=$(DURATION)$(TIMEOUT) -run='^TestSoak$$' ./cmd/aws

.PHONY: check
check: lint race ## check the form, and look for mistakes and data races

# With -short the engines' suite injects one kind of fault; 'make test' injects
# all. The end-to-end tests are left out: they run the binary as make builds it.
.PHONY: race
race:
	$(if $(filter 1,$(CGO_ENABLED)),$(GO) test -race -short -timeout=$(TIMEOUT) ./backend/... ./httpx/...,@echo 'No race detector without cgo.')

.PHONY: lint
lint:
	@echo 'gofmt -l .'; unformed=$$(gofmt -l .); [ -z "$$unformed" ] || { echo "$$unformed"; exit 1; }
	$(GO) vet ./...
	GOARCH=arm64 CGO_ENABLED=0 $(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

.PHONY: fuzz
fuzz: ## run each fuzz test for FUZZTIME
	@grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9]*' . | sed 's|/[^/]*:func | |' | \
		while read -r dir name; do $(GO) test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) $$dir || exit 1; done

.PHONY: awsbench
awsbench:
	$(GO) build -o awsbench ./cmd/awsbench

.PHONY: bench
bench: build awsbench ## measure aws and the other servers that are installed, into bench/REPORT
	./awsbench run --aws=./aws

.PHONY: bench-quick
bench-quick: build awsbench ## the same in a minute or two, without verdicts; it says first how long it takes
	./awsbench run --quick --aws=./aws --out=bench/QUICK

.PHONY: install
install: build ## install aws and its completions for bash, zsh and fish below DESTDIR/PREFIX
	install -D aws $(DESTDIR)$(PREFIX)/bin/aws
	[ ! -e sockop_preload.so ] || install -D -m 644 sockop_preload.so $(DESTDIR)$(PREFIX)/lib/aws/sockop_preload.so
	[ ! -e docs/aws.1 ] || install -D -m 644 docs/aws.1 $(DESTDIR)$(PREFIX)/share/man/man1/aws.1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	./aws completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/aws
	./aws completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_aws
	./aws completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/aws.fish

.PHONY: clean
clean: ## remove what make has built
	rm -rf aws awsbench sockop_preload.so demo bench

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
	@echo 'Variables: GO PREFIX DESTDIR LISTEN FUZZTIME TIMEOUT DURATION SEED CGO_ENABLED'
