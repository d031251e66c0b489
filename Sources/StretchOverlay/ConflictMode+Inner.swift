internal import StretchSQLite

extension ConflictMode {
    /// The mode of an inner statement, which fails where SQLite is to apply the mode to the outer
    /// one.
    var inner: ConflictMode { self == .replace ? .replace : .abort }

    /// The clause of an inner UPDATE, with a leading space.
    ///
    /// ABORT is what no clause means. As a clause, it would take the place of the clauses of
    /// triggers and constraints.
    var clause: String { self == .abort ? "" : " OR \(rawValue)" }

    /// Adapts an error, because SQLite applies the mode to every constraint of a virtual table:
    /// <https://sqlite.org/c3ref/vtab_on_conflict.html>.
    ///
    /// On an ordinary table, violations of foreign keys, RAISE() and types of STRICT tables are
    /// errors even where other conflicts are ignored. Here they become errors of another class,
    /// with the same effect: <https://sqlite.org/rescode.html#constraint_foreignkey>.
    func adapt(_ error: SQLiteError) -> SQLiteError {
        guard self == .ignore || self == .fail || self == .rollback, error.isConstraint else {
            return error
        }
        let isForced = [ResultCode.foreignKey, ResultCode.trigger, ResultCode.dataType]
            .contains(error.extendedCode)
        return SQLiteError(
            extendedCode: isForced ? ResultCode.error : ResultCode.constraint,
            message: error.message, sql: error.sql)
    }
}
