import ArgumentParser

/// What `make bench` runs.
@main
struct StretchBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stretch-benchmarks",
        abstract: "Measures Stretch against plain SQLite, in the same run.",
        subcommands: [
            OverlayBenchmark.self, MigrationBenchmark.self, ScriptBenchmark.self,
            PostgresBenchmark.self, TimelineBenchmark.self,
        ])
}
