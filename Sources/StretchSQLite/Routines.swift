internal import CSQLite

/// The routine table of a SQLite library.
///
/// Stretch makes every call to SQLite through this table, so that the engine runs both linked to a
/// library and inside a host with its own copy of SQLite. Two copies of SQLite that use one file in
/// one process would break its locks (<https://sqlite.org/howtocorrupt.html>, section 2.2.1).
public struct Routines: @unchecked Sendable {
    // Sendable: the table is constant for the life of the process; SQLite does not write it after
    // startup.
    package let address: UnsafeRawPointer

    /// Wraps a table passed by a host: `sqlite3_api_routines *`.
    ///
    /// - Parameter address: The third argument of an extension's entry point,
    ///   <https://sqlite.org/loadext.html>.
    public init(address: UnsafeRawPointer) {
        self.address = address
    }

    var table: UnsafePointer<csqlite_routines> {
        address.assumingMemoryBound(to: csqlite_routines.self)
    }

    /// The version number of the SQLite library; `3_040_001` for `3.40.1`.
    public var versionNumber: Int32 { table.pointee.libversion_number() }
}
