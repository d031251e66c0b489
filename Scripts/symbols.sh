# What is public in a module, as the compiler's symbol graphs. Sourced by scripts that run in the folder of
# the package. Needs the tests' build, whose modules it reads.

# C modules, which the compiler must find to read ours.
symbol_flags=(-I "$(swift build --show-bin-path)/Modules")
for map in "${symbol_flags[1]%/Modules}"/*.build/module.modulemap Sources/*/module.modulemap \
    .build/checkouts/*/Sources/*/include/module.modulemap; do
    if [ -f "$map" ]; then symbol_flags+=(-Xcc "-fmodule-map-file=$map"); fi
done
for include in Sources/*/include .build/checkouts/*/Sources/*/include; do
    symbol_flags+=(-Xcc "-I$include")
done
for library in libpq zlib libedit; do
    for flag in $(pkg-config --cflags-only-I "$library" 2>/dev/null || true); do
        symbol_flags+=(-Xcc "$flag")
    done
done
if [ "$(uname)" = Darwin ]; then symbol_flags+=(-sdk "$(xcrun --show-sdk-path)"); fi
symbol_flags+=(-target
    "$(swiftc -print-target-info | sed -n 's/^ *"unversionedTriple": "\(.*\)",*$/\1/p' | head -1)")

# Writes the symbol graphs of a module to a folder.
extract_symbols() { # module folder flags…
    swift symbolgraph-extract -module-name "$1" -output-dir "$2" "${symbol_flags[@]}" \
        -minimum-access-level public -skip-synthesized-members "${@:3}"
}

# The modules that a module exports beside itself.
exported_modules() { # module
    sed -n 's/^@_exported public import //p' "Sources/$1"/*.swift
}
