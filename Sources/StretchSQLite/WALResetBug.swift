/// SQLite's WAL-reset bug: <https://sqlite.org/wal.html#walresetbug>.
extension Routines {
    /// The reason to replace the SQLite library, as a full sentence, or `nil`.
    public var walResetWarning: String? {
        guard Self.hasWALResetBug(versionNumber) else { return nil }
        let version = [
            versionNumber / 1_000_000, versionNumber / 1_000 % 1_000, versionNumber % 1_000,
        ]
        .map(String.init).joined(separator: ".")
        return "SQLite \(version), which this program uses, has the WAL-reset bug: two checkpoints "
            + "beside a writer can damage a database in WAL mode. Use SQLite 3.51.3 or newer; see "
            + "https://sqlite.org/wal.html#walresetbug."
    }

    /// Returns whether a version has the bug.
    ///
    /// Two checkpoints in quick succession, concurrent with a commit that restarts the log, can
    /// lose pages.
    ///
    /// - Parameter versionNumber: `3.40.1` is `3_040_001`.
    package static func hasWALResetBug(_ versionNumber: Int32) -> Bool {
        switch versionNumber {
        case ..<3_007_000: false  // These versions have no log.
        case 3_044_006..<3_045_000, 3_050_007..<3_051_000, 3_051_003...: false
        default: true
        }
    }
}
