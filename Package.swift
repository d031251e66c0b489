// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "stretch",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "Stretch", targets: ["Stretch", "StretchLinked"]),
        .library(name: "StretchPostgres", targets: ["StretchPostgres"]),
        .library(name: "StretchTestSupport", targets: ["StretchTestSupport"]),
        .library(name: "StretchTransactSQL", targets: ["StretchTransactSQL", "TransactSQL"]),
        .library(name: "TransactSQL", targets: ["TransactSQL"]),
        .executable(name: "stretch", targets: ["StretchCommand"]),
        .executable(name: "stretch-simulate", targets: ["StretchSimulate"]),
        .executable(name: "stretch-fuzz", targets: ["StretchFuzz"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // Text as SQLite, PostgreSQL and file systems see it: bytes.
        .target(name: "StretchText"),
        // C: types of SQLite's routine table, and calls that Swift cannot make (variadic functions).
        .target(name: "CSQLite"),
        // C: the routine table of the SQLite library that this process links.
        .target(name: "CSQLiteLinked", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "StretchSQLite", dependencies: ["CSQLite", "StretchText"]),
        // C: zlib, which every system has.
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "StretchCompression", dependencies: ["CZlib"]),
        .target(
            name: "Stretch",
            dependencies: [
                "StretchCompression", "StretchSQLite", "StretchText",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        // C: PostgreSQL's own client library: TLS, SCRAM and COPY as every client does them.
        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "StretchPostgres",
            dependencies: ["CLibPQ", "Stretch", "StretchSQLite", "StretchText"]),
        .target(
            name: "StretchLinked",
            dependencies: ["CSQLiteLinked", "Stretch", "StretchPostgres", "StretchSQLite"]),
        // The language alone: what its statements do is behind a protocol.
        .target(name: "TransactSQL", dependencies: ["StretchText"]),
        .target(
            name: "StretchTransactSQL",
            dependencies: ["Stretch", "StretchSQLite", "StretchText", "TransactSQL"]),
        // C: line editing and history, as the sqlite3 shell has them.
        .systemLibrary(name: "CEditline", providers: [.apt(["libedit-dev"])]),
        .executableTarget(
            name: "StretchCommand",
            dependencies: [
                "CEditline", "Stretch", "StretchLinked", "StretchSQLite", "StretchText",
                "StretchTransactSQL", "TransactSQL",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // C: a VFS that fails the n-th call, for the fault tests.
        .target(name: "CFaultVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "StretchTestSupport",
            dependencies: [
                "CFaultVFS", "Stretch", "StretchLinked", "StretchSQLite", "StretchText",
            ]),
        // C: ends the process before the n-th call that changes a file, for the kill tests.
        .target(name: "CKillPoint"),
        // A program that migrates, writes and reads, and that the tests kill.
        .executableTarget(
            name: "StretchCrashWorker",
            dependencies: ["CKillPoint", "Stretch", "StretchLinked", "StretchSQLite"]),
        // The timeline's decisions, walked through whole lives on models of files and remote.
        .target(name: "StretchSimulator", dependencies: ["Stretch"]),
        .executableTarget(name: "StretchSimulate", dependencies: ["StretchSimulator"]),
        // A program that changes what Stretch reads from outside, and looks for crashes.
        .executableTarget(
            name: "StretchFuzz",
            dependencies: [
                "Stretch", "StretchLinked", "StretchSQLite", "StretchTestSupport",
                "StretchTransactSQL", "TransactSQL",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "StretchSimulatorTests", dependencies: ["Stretch", "StretchSimulator"]),
        .testTarget(name: "StretchTextTests", dependencies: ["StretchText"]),
        .testTarget(
            name: "StretchSQLiteTests",
            dependencies: ["StretchLinked", "StretchSQLite", "StretchTestSupport"]),
        .testTarget(
            name: "TransactSQLTests", dependencies: ["StretchTestSupport", "TransactSQL"],
            exclude: ["Scripts"]),
        .testTarget(
            name: "StretchTests",
            dependencies: [
                "Stretch", "StretchCompression", "StretchLinked", "StretchSQLite",
                "StretchTestSupport", "StretchText",
            ]),
        .testTarget(
            name: "StretchIntegrationTests",
            dependencies: [
                "Stretch", "StretchCrashWorker", "StretchLinked", "StretchPostgres",
                "StretchSQLite", "StretchTestSupport", "StretchText", "StretchTransactSQL",
                "TransactSQL",
            ]),
        .testTarget(
            name: "StretchCommandTests",
            dependencies: [
                "Stretch", "StretchCommand", "StretchLinked", "StretchSQLite",
                "StretchTestSupport", "StretchText", "StretchTransactSQL", "TransactSQL",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], exclude: ["Scripts", "Snapshots"]),
    ]
)

// The Makefile sets it, so that a warning of a newer compiler breaks our gate and no user's build.
let treatsWarningsAsErrors = Context.environment["STRETCH_WARNINGS_AS_ERRORS"] != nil

for target in package.targets {
    guard target.type != .system, !target.name.hasPrefix("C") else { continue }
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
    if treatsWarningsAsErrors {
        target.swiftSettings?.append(.treatAllWarnings(as: .error))
    }
}
