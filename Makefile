# Sillok's tasks. A fresh machine needs Go, a C compiler, Python 3 and apt; the rest is installed here.

GOLANGCI_LINT := v2.15.0
AWSCLI        := 1.46.2
BOTO3         := 1.44.5
AWSCRT        := 0.38.0

BIN   := $(CURDIR)/bin/sillok
VENV  := $(CURDIR)/.venv
TOOLS := $(CURDIR)/.tools
LINT  := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT)

.PHONY: help build demo test race check lint generate bench fuzz conformance trino clean

help: ## list the tasks
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: ## build bin/sillok
	go build -trimpath -ldflags "-s -w" -o $(BIN) ./cmd/sillok

demo: build ## build, then load three small logs and ask them
	$(BIN) demo

# go vet is make check's, and without symbols the hundred programs are linked in half the time.
LEAN := -vet=off -ldflags=-s

test: build $(VENV)/ready ## run every test, with the real AWS CLI and boto3 against bin/sillok
	SILLOK_BIN=$(BIN) SILLOK_VENV=$(VENV) go test $(LEAN) -short ./...

# What measures time or memory says nothing under the race detector.
MEASURES := ^(TestSpeed|TestHostileStatementsAreAnalyzedOrRefused|TestAnalysisEndsWithItsContext|TestHostileExpressions|TestStrangersTakeNothing|TestLargeTrailDocumentNeedsLittleMemory|TestARefusalTakesTheSameWork|TestARefusalOfAnObjectTakesTheSameWork|TestMatchDoesNotAllocate)$$
# The first race ends a process, and none waits a second before it ends.
race: export GORACE := halt_on_error=1 atexit_sleep_ms=0
race: $(VENV)/ready ## run every test under the race detector, against a server that is under it too
	go build -race -o $(BIN)-race ./cmd/sillok
	SILLOK_BIN=$(BIN)-race SILLOK_VENV=$(VENV) go test $(LEAN) -race -short -timeout 20m -skip '$(MEASURES)' ./...

check: lint ## formatting, linters, and that generated and module files are as their sources say
	go mod tidy -diff
	go vet ./...

lint: $(LINT)
	$(LINT) run ./...

generate: ## generate internal/api from AWS's models, and docs/compat.md
	go generate ./...

MEGABYTES ?= 200
OBJECTS   ?= 10000000
EVENTS    ?= 10000000
bench: build ## measure beside others over MEGABYTES of each log, buckets of up to OBJECTS and journals of up to EVENTS, and write docs/benchmarks.md
	SILLOK_BIN=$(BIN) ./scripts/bench $(MEGABYTES) $(OBJECTS) $(EVENTS)
	go test -run '^$$' -bench . -benchtime 1s ./internal/...

FUZZTIME ?= 30s
fuzz: ## fuzz every parser for FUZZTIME each
	./scripts/fuzz $(FUZZTIME)

conformance: build $(VENV)/ready ## run the judges from outside and the long forms of tests, and write docs/conformance.md
	./scripts/clients $(TOOLS)/clients
	SILLOK_BIN=$(BIN) SILLOK_VENV=$(VENV) ./scripts/conformance
	grep -rl 'testing\.Short()' --include='*_test.go' internal | xargs -rn 1 dirname | sort -u | sed 's#^#./#' | xargs -r go test -count=1

QUESTIONS ?= 20000
SEED      ?= 1
trino: build $(VENV)/ready ## make up QUESTIONS from SEED on, and ask a real Trino and us; TRINO_OUT=FILE takes those that differ
	./scripts/clients $(TOOLS)/clients
	SILLOK_BIN=$(BIN) SILLOK_VENV=$(VENV) SILLOK_TRINO_QUESTIONS=$(QUESTIONS) SILLOK_TRINO_SEED=$(SEED) SILLOK_TRINO_OUT=$(TRINO_OUT) ./scripts/conformance -timeout 4h -run '^TestDifferential$$'

clean: ## remove what was built and installed here
	rm -rf bin $(VENV) $(TOOLS)

$(LINT):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(TOOLS)/golangci-lint $(LINT)

$(VENV)/ready: scripts/python
	./scripts/python $(VENV) awscli==$(AWSCLI) boto3==$(BOTO3) awscrt==$(AWSCRT) pytest==8.4.2
	touch $@
