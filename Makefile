# `make` alone lists what there is.
BIN    := $(CURDIR)/bin
TOOLS  := $(CURDIR)/.tools
# scripts/toolchain.sh puts Go into .tools/toolchain where the machine's own cannot build the project.
export PATH := $(BIN):$(TOOLS):$(TOOLS)/toolchain/bin:$(PATH)
export GITLAB_CI_LOCAL := $(TOOLS)/gitlab-ci-local

GOLANGCI_LINT := v2.15.0
GOFUMPT       := v0.12.0
CRANE         := v0.22.1
CUE           := $(shell sed -n 's/^\tcuelang.org\/go //p' go.mod)

.PHONY: help build install images archives test lint fmt golden generate e2e costs chaos chaos-short leftovers bench fuzz demo tools clean toolchain

help:
	@echo "build     the commands, in bin"
	@echo "install   the commands, where go install puts them"
	@echo "images    the static commands that go into the project's images, for all their platforms"
	@echo "archives  the commands for Linux and macOS as archives of a release, in dist"
	@echo "test      unit tests and command tests; needs Go and git"
	@echo "lint      the linters of Go and of shell"
	@echo "e2e       real pipelines on a real registry; 'scripts/install.sh' installs what it needs"
	@echo "costs     the jobs, requests and layers of the examples' pipelines, as in docs/benchmarks.md"
	@echo "chaos     a thousand runs of pipelines among failing servers, and five hundred kills; chaos-short: a few of them"
	@echo "leftovers what a kill leaves on a machine, in numbers; needs root and buildah"
	@echo "demo      compile and run the nested example, and show the images' lineage"
	@echo "bench     the numbers of docs/benchmarks.md"
	@echo "fuzz      a minute for each fuzz target"
	@echo "clean     remove everything that these commands made in this folder"
	@echo "golden    rewrite the golden files; generate: rewrite what is generated"

toolchain:
	@scripts/toolchain.sh $(TOOLS)/toolchain

build: toolchain
	go build -trimpath -o $(BIN)/ ./cmd/...

install: toolchain
	go install -trimpath ./cmd/...

# The programs that a release and the image cli contain.
PROGRAMS := stemma stemma-cue stemma-import stemma-fairy stemma-rpm
ARCHITECTURES ?= amd64 arm64
images: $(foreach arch,$(ARCHITECTURES),images/runtime/$(arch)/stemma images/cli/$(arch)/)

images/runtime/%/stemma: FORCE
	CGO_ENABLED=0 GOARCH=$* go build -trimpath -ldflags=-s -o $@ ./cmd/stemma-job
	CGO_ENABLED=0 GOARCH=$* go build -trimpath -ldflags=-s -o $(@D)/ ./cmd/stemma-rpm

images/cli/%/: FORCE
	CGO_ENABLED=0 GOARCH=$* go build -trimpath -ldflags=-s -o $@ $(PROGRAMS:%=./cmd/%)

VERSION := $(shell sed -n 's/^const Version = "\(.*\)"$$/\1/p' schema/version.go)
PLATFORMS ?= linux-amd64 linux-arm64 darwin-amd64 darwin-arm64
archives: $(foreach platform,$(PLATFORMS),dist/stemma-$(VERSION)-$(platform).tar.gz)

dist/stemma-$(VERSION)-%.tar.gz: FORCE
	mkdir -p dist/programs/$*
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) go build -trimpath -ldflags=-s -o dist/programs/$*/ $(PROGRAMS:%=./cmd/%)
	tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - LICENSE -C dist/programs/$* $(PROGRAMS) | gzip -n >$@

FORCE:

PACKAGES ?= ./...
test:
	@scripts/prepare.sh test
	go test $(PACKAGES)

lint: $(TOOLS)/golangci-lint $(TOOLS)/gofumpt
	golangci-lint run
	golangci-lint run --build-tags e2e,chaos ./test/...
	@unformatted=$$(gofumpt -l cmd compiler internal schema test); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	go vet ./...
	git ls-files "*.sh" .ci ":!.ci/release-signers" | xargs shellcheck

fmt: $(TOOLS)/gofumpt
	gofumpt -w cmd compiler internal schema test

golden:
	go test ./cmd/stemma ./compiler/cuex ./compiler/lineage ./compiler/pipeline ./internal/desk/diff ./internal/lint ./internal/migrate/dockerpkg ./internal/gitlabci/pipeline ./test/pipelines -update

generate:
	go test ./compiler/cuex -update && go test ./test/generate -update

e2e: build $(TOOLS)/gitlab-ci-local $(TOOLS)/cue
	go test -tags e2e -count 1 -parallel 3 -timeout 25m ./test/e2e

costs: build $(TOOLS)/gitlab-ci-local
	go test -tags e2e -count 1 -timeout 60m -v -run TestChangesCost ./test/e2e -costs

# Seeds begin with the time. SEED repeats one run of each kind.
CHAOS_FAULTS ?= $(if $(SEED),1,1000)
CHAOS_KILLS  ?= $(if $(SEED),1,500)
# Most runs wait most of the time.
CHAOS_PARALLEL ?= 8
chaos: build
	go build -trimpath -o $(BIN)/chaos/buildah ./test/chaos/fakebuildah
	go test -tags chaos -count 1 -timeout 4h -parallel $(CHAOS_PARALLEL) ./test/chaos -fakes $(BIN)/chaos -seed $(or $(SEED),0) -faults $(CHAOS_FAULTS) -kills $(CHAOS_KILLS) $(CHAOS_FLAGS)

# COMMANDS names a folder with other commands than the present ones, to compare.
LEFTOVERS ?= 50
leftovers: build
	go build -trimpath -o $(BIN)/chaos/buildah ./test/chaos/fakebuildah
	PATH=$(COMMANDS):$$PATH go test -tags chaos -count 1 -timeout 2h ./test/chaos -v -run TestLeftovers -fakes $(BIN)/chaos -seed $(or $(SEED),0) -leftovers $(LEFTOVERS) $(CHAOS_FLAGS)

chaos-short:
	$(MAKE) chaos SEED=1 CHAOS_FAULTS=8 CHAOS_KILLS=10 CHAOS_FLAGS="-real 0"

bench: build $(TOOLS)/crane $(TOOLS)/cue
	go test -run '^$$' -bench . -benchmem ./compiler
	go test -run '^$$' -bench Wave -benchtime 1x ./internal/ci/wave/fleet
	go test -run '^$$' -bench UpdateCheck -benchtime 1x ./internal/ci/update
	go test -run '^$$' -bench BuildNothing -benchtime 5x ./cmd/stemma
	go test -run '^$$' -bench . ./internal/desk/chain
	go test -run '^$$' -bench List -benchtime 1x ./internal/platform/packages
	go test -run '^$$' -bench . -benchmem ./internal/migrate/...
	scripts/bench.sh
	scripts/bench-policy.sh

FUZZTIME ?= 1m
fuzz:
	@for file in $$(git grep -l '^func Fuzz' -- '*_test.go'); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' "$$file"); do \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s "./$$(dirname "$$file")" || exit 1; \
		done; \
	done

demo:
	@scripts/prepare.sh demo
	@echo "compiling stemma"
	@go build -trimpath -o $(BIN)/ ./cmd/stemma ./cmd/stemma-job ./test/demo
	@$(MAKE) --no-print-directory $(TOOLS)/gitlab-ci-local
	@scripts/demo.sh

clean:
	@scripts/clean.sh .demo .tools bin dist images/cli/amd64 images/cli/arm64 images/runtime/amd64 images/runtime/arm64

tools: $(TOOLS)/golangci-lint $(TOOLS)/gofumpt $(TOOLS)/gitlab-ci-local $(TOOLS)/crane $(TOOLS)/cue

$(TOOLS)/golangci-lint:
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)

$(TOOLS)/gofumpt:
	GOBIN=$(TOOLS) go install mvdan.cc/gofumpt@$(GOFUMPT)

$(TOOLS)/crane:
	GOBIN=$(TOOLS) go install github.com/google/go-containerregistry/cmd/crane@$(CRANE)

$(TOOLS)/cue:
	GOBIN=$(TOOLS) go install cuelang.org/go/cmd/cue@$(CUE)

$(TOOLS)/gitlab-ci-local:
	scripts/gitlab-ci-local.sh $(TOOLS)
