internal import StretchMigration

/// The file of fingerprints beside a database, as a connection reads it.
///
/// A migrator replaces the file and never changes it, so that an open one stays right for the
/// batches that it names.
final class UniqueListReader {
    private let database: String
    private var known: UniqueListFile?

    init(database: String) {
        self.database = database
    }

    /// Returns the file, or `nil` if there is none that can be used.
    func file(ofDatabase id: Int64) -> UniqueListFile? {
        if let known { return known }
        known = UniqueListFile(database: database, id: id)
        return known
    }

    /// Forgets the file if another one is there now, or none was.
    ///
    /// - Returns: Whether the file must be looked at again.
    func refresh() -> Bool {
        guard let known else { return UniqueListFile.exists(besides: database) }
        guard !known.isCurrent(database) else { return false }
        self.known = nil
        return true
    }
}
