# Warnings of the project's own code. -Werror comes from the presets, so that a newer compiler never breaks a packager.
add_library(rk_warnings INTERFACE)
target_compile_options(rk_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wwrite-strings
  -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 -Wundef -pedantic)
target_compile_definitions(rk_warnings INTERFACE
  _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE _GNU_SOURCE
  OPENSSL_NO_DEPRECATED OPENSSL_API_COMPAT=30000)
