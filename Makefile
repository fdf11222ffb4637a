# The commands of the README and of CONTRIBUTING.md. Each does all set-up itself; CMake does the work.
.POSIX:
.PHONY: demo check check-all build install reference bench fuzz storm clean

demo:
	sh scripts/setup.sh build demo
	cmake --preset release -D BUILD_TESTING=OFF
	cmake --build --preset release --target rotkit
	sh examples/jetson-product/demo.sh build/demo

check:
	sh scripts/setup.sh build demo test
	sh scripts/run-tests.sh check

check-all:
	sh scripts/setup.sh build demo test firmware
	sh scripts/run-tests.sh all

build:
	sh scripts/setup.sh build
	cmake --preset release -D BUILD_TESTING=OFF
	cmake --build --preset release

# What is installed comes from BUILD_DIR, which is configured and built as far as that needs.
PREFIX = /usr/local
DESTDIR =
BUILD_DIR = build/release
install:
	[ -f $(BUILD_DIR)/CMakeCache.txt ] || { sh scripts/setup.sh build && cmake --preset release -D BUILD_TESTING=OFF; }
	cmake --build $(BUILD_DIR) --target rotkit ftpmprov_static ftpmprov_shared pages
	DESTDIR='$(DESTDIR)' cmake --install $(BUILD_DIR) --prefix '$(PREFIX)'

# The installed headers as HTML, build/reference/html/index.html.
REFERENCE_DIR = build/reference
reference:
	command -v doxygen >/dev/null || sh scripts/setup.sh test
	mkdir -p $(REFERENCE_DIR)
	ROTKIT_REFERENCE=$(REFERENCE_DIR) doxygen docs/Doxyfile

bench:
	sh scripts/setup.sh build demo test
	cmake --preset release
	cmake --build --preset release --target rotkit benches
	sh bench/run.sh

# Every fuzz target, so many seconds each.
SECONDS = 60
fuzz:
	sh scripts/setup.sh build test fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz --target fuzz_targets
	sh scripts/fuzz.sh $(SECONDS)

# A thousand kills where check-all has a hundred.
storm:
	sh scripts/setup.sh build demo test
	cmake --preset release
	cmake --build --preset release
	STORM=1000 ctest --test-dir build/release -R '^cli.kill-storm$$' --timeout 7200 -V

clean:
	rm -rf build
