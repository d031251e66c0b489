internal import CSQLite

/// The routine table of the SQLite library that serves a connection.
///
/// Every call that Stretch makes to SQLite goes through this table, so that the engine runs linked
/// to a library and inside a host that carries its own copy: two copies of SQLite on one file in
/// one process would break its locks (<https://sqlite.org/howtocorrupt.html>, section 2.2.1).
public struct Routines: @unchecked Sendable {
    // Sendable: the table is constant for the life of the process; SQLite never writes it after
    // start-up.
    package let address: UnsafeRawPointer

    /// Wraps a table that a host handed over: `sqlite3_api_routines *`.
    ///
    /// - Parameter address: The third argument of an extension's entry point,
    ///   <https://sqlite.org/loadext.html>.
    public init(address: UnsafeRawPointer) {
        self.address = address
    }

    var table: UnsafePointer<csqlite_routines> {
        address.assumingMemoryBound(to: csqlite_routines.self)
    }

    /// The version of the SQLite library behind the table, as `3.40.1` is `3_040_001`.
    public var versionNumber: Int32 { table.pointee.libversion_number() }
}
