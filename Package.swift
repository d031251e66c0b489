// swift-tools-version: 6.2
import PackageDescription

// MARK: - Foundations

let foundations: [Target] = [
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
    // Errors, time, positions, files that others may have put in place.
    .target(
        name: "StretchCore",
        dependencies: [
            "StretchSQLite", "StretchText",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "CryptoExtras", package: "swift-crypto"),
        ]),
    // Arguments and rows of the application's statements: by name, of any type, Codable.
    .target(name: "StretchRows", dependencies: ["StretchCore", "StretchSQLite", "StretchText"]),
    // SQL as text: tokens, filters, rewriting, triggers.
    .target(name: "SQLText", dependencies: ["StretchCore", "StretchText"]),
]

// MARK: - Remotes

let remotes: [Target] = [
    .target(
        name: "StretchEndpoint",
        dependencies: [
            "StretchCore", "StretchSQLite", "StretchText",
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    .target(
        name: "StretchEmbedded",
        dependencies: [
            "StretchCore", "StretchEndpoint", "StretchSQLite", "StretchText",
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    // C: PostgreSQL's own client library: TLS, SCRAM and COPY as every client does them.
    .systemLibrary(
        name: "CLibPQ", pkgConfig: "libpq",
        providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(
        name: "StretchPostgres",
        dependencies: ["CLibPQ", "StretchCore", "StretchEndpoint", "StretchSQLite", "StretchText"]),
]

// MARK: - Engine

let engine: [Target] = [
    // What is decided about files, forks and garbage, as pure values.
    .target(
        name: "StretchTimeline", dependencies: ["StretchCore", "StretchEndpoint", "StretchText"]),
    // The `stretch_…` tables of the local file, and the definitions of its tables.
    .target(
        name: "StretchCatalog",
        dependencies: [
            "SQLText", "StretchCore", "StretchEndpoint", "StretchSQLite", "StretchText",
            "StretchTimeline",
        ]),
    .target(
        name: "StretchKeystore",
        dependencies: [
            "StretchCatalog", "StretchCore", "StretchEndpoint", "StretchSQLite", "StretchText",
            "StretchTimeline", .product(name: "Crypto", package: "swift-crypto"),
        ]),
    .target(
        name: "StretchSchema",
        dependencies: [
            "SQLText", "StretchCatalog", "StretchCore", "StretchEndpoint", "StretchKeystore",
            "StretchSQLite", "StretchText", .product(name: "Crypto", package: "swift-crypto"),
        ]),
    .target(
        name: "StretchStaging",
        dependencies: [
            "StretchCatalog", "StretchCompression", "StretchCore", "StretchEndpoint",
            "StretchKeystore", "StretchSQLite", "StretchText",
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    .target(
        name: "StretchMigration",
        dependencies: [
            "SQLText", "StretchCatalog", "StretchCore", "StretchEndpoint", "StretchKeystore",
            "StretchSchema", "StretchSQLite", "StretchStaging", "StretchText", "StretchTimeline",
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    .target(
        name: "StretchOverlay",
        dependencies: [
            "SQLText", "StretchCatalog", "StretchCore", "StretchEndpoint", "StretchKeystore",
            "StretchMigration", "StretchSchema", "StretchSQLite", "StretchStaging", "StretchText",
            "StretchTimeline",
        ]),
    // Copies of a file and what is known of them, Litestream's replicas among them.
    .target(
        name: "StretchBackup",
        dependencies: [
            "SQLText", "StretchCatalog", "StretchCore", "StretchEmbedded", "StretchEndpoint",
            "StretchKeystore", "StretchMigration", "StretchSQLite", "StretchText",
            "StretchTimeline",
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    // The library: what applications and the command call.
    .target(
        name: "StretchEngine",
        dependencies: [
            "SQLText", "StretchBackup", "StretchCatalog", "StretchCore", "StretchEmbedded",
            "StretchEndpoint", "StretchKeystore", "StretchMigration", "StretchOverlay",
            "StretchRows", "StretchSchema", "StretchSQLite", "StretchStaging", "StretchText",
            "StretchTimeline",
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    // The library on the SQLite that this process links, with remotes that are SQLite files.
    .target(
        name: "Stretch",
        dependencies: [
            "CSQLiteLinked", "StretchBackup", "StretchCatalog", "StretchCore", "StretchEmbedded",
            "StretchEndpoint", "StretchEngine", "StretchKeystore", "StretchMigration",
            "StretchRows", "StretchSchema", "StretchSQLite", "StretchStaging", "StretchTimeline",
        ]),
]

// MARK: - Programs

let programs: [Target] = [
    // The language alone: what its statements do is behind a protocol.
    .target(name: "TransactSQL", dependencies: ["StretchCore", "StretchText"]),
    .target(
        name: "StretchTransactSQL",
        dependencies: [
            "SQLText", "StretchBackup", "StretchCatalog", "StretchCore", "StretchEndpoint",
            "StretchEngine", "StretchKeystore", "StretchSchema", "StretchSQLite",
            "StretchStaging", "StretchText", "TransactSQL",
        ]),
    // C: line editing and history, as the sqlite3 shell has them.
    .systemLibrary(name: "CEditline", providers: [.apt(["libedit-dev"])]),
    .executableTarget(
        name: "StretchCommand",
        dependencies: [
            "CEditline", "StretchBackup", "StretchCore", "StretchEndpoint",
            "StretchEngine", "StretchKeystore", "Stretch", "StretchPostgres", "StretchSchema",
            "StretchSQLite", "StretchStaging", "StretchText", "StretchTransactSQL", "TransactSQL",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
]

// MARK: - Rigs

let rigs: [Target] = [
    // The tests that every remote passes, for people who write one.
    .target(
        name: "StretchEndpointTesting",
        dependencies: ["StretchCore", "StretchEndpoint", "StretchSQLite"]),
    // C: a VFS that fails the n-th call, for the fault tests.
    .target(
        name: "CFaultVFS", path: "Tests/Rigs/CFaultVFS",
        linkerSettings: [.linkedLibrary("sqlite3")]),
    // C: settings of the SQLite library that hold for a whole test process.
    .target(
        name: "CTestProcess", path: "Tests/Rigs/CTestProcess",
        linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
        name: "StretchTestSupport",
        dependencies: [
            "CFaultVFS", "CTestProcess", "Stretch", "StretchCore", "StretchEndpoint",
            "StretchEndpointTesting",
            "StretchEngine", "StretchKeystore", "StretchPostgres", "StretchSQLite", "StretchText",
        ], path: "Tests/Rigs/StretchTestSupport"),
    // C: ends the process before the n-th call that changes a file, for the kill tests.
    .target(name: "CKillPoint", path: "Tests/Rigs/CKillPoint"),
    // A program that migrates, writes and reads, and that the tests kill.
    .executableTarget(
        name: "StretchCrashWorker",
        dependencies: [
            "CKillPoint", "StretchBackup", "StretchCatalog", "StretchCore", "StretchEndpoint",
            "StretchEngine",
            "StretchKeystore", "Stretch", "StretchMigration", "StretchSQLite",
            "StretchTestSupport",
        ], path: "Tests/Rigs/StretchCrashWorker"),
    // C: a routine table that counts statements, for the gate on counters.
    .target(name: "CCountingRoutines", path: "Tests/Rigs/CCountingRoutines"),
    // A program that counts what fixed workloads take, and compares it with what was accepted.
    .executableTarget(
        name: "StretchCounters",
        dependencies: [
            "CCountingRoutines", "Stretch", "StretchEndpoint", "StretchMigration",
            "StretchSQLite", "StretchTestSupport",
        ], path: "Tests/Rigs/StretchCounters"),
    // A program that changes what Stretch reads from outside, and looks for crashes.
    .executableTarget(
        name: "StretchFuzz",
        dependencies: [
            "StretchBackup", "StretchCore", "StretchEndpoint", "StretchEndpointTesting",
            "StretchEngine",
            "StretchKeystore", "Stretch", "StretchMigration", "StretchSQLite",
            "StretchStaging", "StretchTestSupport", "StretchTransactSQL", "TransactSQL",
            .product(name: "Crypto", package: "swift-crypto"),
        ], path: "Tests/Rigs/StretchFuzz"),
    // The timeline's decisions, walked through whole lives on models of files and remote.
    .target(
        name: "StretchSimulator",
        dependencies: ["StretchCore", "StretchEndpoint", "StretchTimeline"],
        path: "Simulation/StretchSimulator"),
    .executableTarget(
        name: "StretchSimulate", dependencies: ["StretchSimulator"],
        path: "Simulation/StretchSimulate"),
]

// MARK: - Tests

let tests: [Target] = [
    .testTarget(
        name: "StretchSimulatorTests", dependencies: ["StretchSimulator", "StretchTimeline"]),
    // What an application writes: one import, and nothing that only the package sees.
    .testTarget(name: "StretchClientTests", dependencies: ["Stretch"]),
    .testTarget(name: "StretchTextTests", dependencies: ["StretchText"]),
    .testTarget(
        name: "StretchSQLiteTests",
        dependencies: ["Stretch", "StretchSQLite", "StretchTestSupport"]),
    .testTarget(
        name: "TransactSQLTests",
        dependencies: ["StretchCore", "StretchTestSupport", "TransactSQL"],
        exclude: ["Scripts"]),
    .testTarget(
        name: "StretchTests",
        dependencies: [
            "SQLText", "StretchBackup", "StretchCatalog", "StretchCompression", "StretchCore",
            "StretchEndpoint",
            "StretchEngine", "StretchKeystore", "Stretch", "StretchMigration", "StretchOverlay",
            "StretchSQLite", "StretchTestSupport", "StretchText", "StretchTimeline",
        ]),
    .testTarget(
        name: "StretchIntegrationTests",
        dependencies: [
            "SQLText", "StretchBackup", "StretchCatalog", "StretchCore", "StretchCrashWorker",
            "StretchEmbedded",
            "StretchEndpoint", "StretchEndpointTesting", "StretchEngine", "StretchKeystore",
            "Stretch", "StretchMigration", "StretchOverlay", "StretchPostgres",
            "StretchSchema", "StretchSQLite", "StretchStaging", "StretchTestSupport",
            "StretchText", "StretchTimeline", "StretchTransactSQL", "TransactSQL",
        ]),
    .testTarget(
        name: "StretchCommandTests",
        dependencies: [
            "StretchCommand", "StretchCore", "StretchEndpoint", "StretchEngine",
            "StretchKeystore", "Stretch", "StretchSQLite", "StretchStaging",
            "StretchTestSupport", "StretchText", "StretchTransactSQL", "TransactSQL",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], exclude: ["Scripts", "Snapshots"]),
]

// MARK: - Package

// The graph is the architecture: a target sees what it lists, and arrows point down.
let package = Package(
    name: "stretch",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "Stretch", targets: ["Stretch"]),
        .library(name: "StretchPostgres", targets: ["StretchPostgres"]),
        .library(name: "StretchTransactSQL", targets: ["StretchTransactSQL"]),
        .library(name: "StretchEndpoint", targets: ["StretchEndpoint"]),
        .library(name: "StretchEndpointTesting", targets: ["StretchEndpointTesting"]),
        // For the benchmarks, which are a package of their own.
        .library(name: "StretchTestSupport", targets: ["StretchTestSupport"]),
        .executable(name: "stretch", targets: ["StretchCommand"]),
        .executable(name: "stretch-simulate", targets: ["StretchSimulate"]),
        .executable(name: "stretch-fuzz", targets: ["StretchFuzz"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: foundations + remotes + engine + programs + rigs + tests
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
