// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "stretch-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "stretch", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // C: the same work in libpq alone, without anything of ours.
        .target(
            name: "CBarePeer", linkerSettings: [.linkedLibrary("pq"), .linkedLibrary("sqlite3")]),
        .executableTarget(
            name: "StretchBenchmarks",
            dependencies: [
                "CBarePeer",
                .product(name: "Stretch", package: "stretch"),
                .product(name: "StretchTestSupport", package: "stretch"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
    ]
)
