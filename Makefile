# The two commands of the README. Each does all set-up itself; CMake does the work.
.POSIX:
.PHONY: demo check build bench clean setup

demo: build
	sh examples/jetson-product/demo.sh build/demo

check: build
	cmake --preset dev
	cmake --build --preset dev
	sh scripts/run-tests.sh

build: setup
	cmake --preset release
	cmake --build --preset release

bench: build
	sh bench/run.sh

setup:
	sh scripts/setup.sh

clean:
	rm -rf build
