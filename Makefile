# Every target works on a machine that has Swift, git, make and apt.
PREFIX ?= /usr/local
# Package.swift turns warnings of our own targets into errors.
export STRETCH_WARNINGS_AS_ERRORS = 1

.PHONY: help build test lint sanitize coverage counters counters-accept api docs simulate simulate-new fuzz \
	fuzz-server demo flights bench install packages applications

help:
	@echo 'make test      run all tests'
	@echo 'make applications'
	@echo '               run schemas of applications beside plain files; test runs them, too'
	@echo 'make lint      check format and style'
	@echo 'make sanitize  run the unit and overlay tests under Thread and Address Sanitizer'
	@echo 'make coverage  tell which lines of each target the tests run'
	@echo 'make counters  compare round trips, statements and instructions of fixed workloads with'
	@echo '               Tests/Counters.json; counters-accept writes the present ones there'
	@echo 'make api       list what is public in the products, in Documentation/API'
	@echo 'make docs      build the documentation of the libraries with DocC, in .build-docs'
	@echo 'make simulate  walk through 100,000 random lives of files and their remote;'
	@echo '               simulate-new goes through new ones for two minutes'
	@echo 'make fuzz      change what Stretch reads from outside, for MINUTES=10, and look for'
	@echo '               crashes, endless waits and wrong answers; fuzz-server changes the'
	@echo '               answers of a PostgreSQL server'
	@echo 'make demo      stretch a database of 1,000,000 orders, step by step;'
	@echo '               SERVER=postgresql does it with a server of its own'
	@echo 'make flights   the same with 336,776 real flights'
	@echo 'make bench     compare speed with plain SQLite, libpq and other programs'
	@echo 'make install   install the command stretch, PREFIX=$(PREFIX)'

packages:
	@Scripts/install-packages

build: packages
	swift build -c release --product stretch

test: packages
	swift build --build-tests
	Scripts/test

# Schemas of applications, and a piece of the life of each, beside plain files. They are among the tests.
applications: packages
	swift build --build-tests
	swift test --skip-build --filter ApplicationTests

lint:
	Scripts/check

sanitize: packages
	Scripts/sanitize thread
	Scripts/sanitize address

coverage: packages
	Scripts/coverage

counters: packages
	swift build --product StretchCounters
	.build/debug/StretchCounters Tests/Counters.json

counters-accept: packages
	swift build --product StretchCounters
	.build/debug/StretchCounters --accept Tests/Counters.json

# The modules of the tests' build tell what is public.
api: packages
	swift build --build-tests
	Scripts/api Documentation/API

# Articles, comments and links; a warning is an error.
docs: packages
	swift build --build-tests
	Scripts/docs

# A walk that breaks an invariant is printed as its shortest story, with its seed.
simulate: packages
	swift build -c release --product stretch-simulate
	.build/release/stretch-simulate --walks 100000

# The tests' build has the program: two minutes without another one.
simulate-new: packages
	swift build --product stretch-simulate
	.build/debug/stretch-simulate --minutes 2

# How long to look for crashes, waits and wrong answers. A finding is printed with its seed.
MINUTES ?= 10

fuzz: packages
	swift build --product stretch-fuzz
	.build/debug/stretch-fuzz --minutes $(MINUTES)

fuzz-server: packages
	swift build --product stretch-fuzz
	.build/debug/stretch-fuzz --minutes $(MINUTES) --server

# Where the demo's cold rows go: file, or postgresql for a private server.
SERVER ?= file

demo: build
ifeq ($(SERVER),postgresql)
	Scripts/demo-postgresql .build/release/stretch Demo
else
	.build/release/stretch demo --folder Demo
endif

flights: build
	Scripts/flights .build/release/stretch

BENCHMARK = Benchmarks/.build/release/StretchBenchmarks

# Each measurement is a process of its own, so that its peak memory is its own.
bench: packages
	swift build --package-path Benchmarks -c release
	swift build --package-path Benchmarks -c release --product stretch
	$(BENCHMARK) overlay
	$(BENCHMARK) migration
	$(BENCHMARK) migration --staging
	$(BENCHMARK) migration --lock-budget 250
	$(BENCHMARK) migration --lock-budget 250 --no-index
	$(BENCHMARK) script
	Benchmarks/peers/install
	$(BENCHMARK) postgres migration reads
	$(BENCHMARK) postgres migration --lock-budget 250
	$(BENCHMARK) postgres memory
	$(BENCHMARK) postgres batches
	$(BENCHMARK) timeline

install: build
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 .build/release/stretch '$(DESTDIR)$(PREFIX)/bin/stretch'
