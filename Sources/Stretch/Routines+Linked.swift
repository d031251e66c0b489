internal import CSQLiteLinked
public import StretchSQLite

extension Routines {
    /// The SQLite library linked into this process.
    public static let linked: Routines = {
        guard let address = csqlite_linked_routines() else {
            preconditionFailure("the linked SQLite library opens no database in memory")
        }
        return Routines(address: address)
    }()
}
