internal import CSQLite

/// An action for which a statement needs authorization while it is prepared:
/// <https://sqlite.org/c3ref/c_alter_table.html>.
package enum AuthorizedAction: Equatable {
    /// Reading tables, calling functions, recursive queries.
    case read
    /// Creating a view in schema temp.
    case createTemporaryView
    /// Creating a trigger in schema temp.
    case createTemporaryTrigger
    /// Creating or filling an index.
    case createIndex(schema: String)
    /// Changing rows of a schema table, which is how objects are created.
    case writeSchemaTable(schema: String)
    /// All other actions: other changes, ATTACH, PRAGMA, transactions.
    case other

    fileprivate init(_ code: Int32, of first: String, schema: String) {
        switch code {
        case SQLITE_READ, SQLITE_SELECT, SQLITE_FUNCTION, SQLITE_RECURSIVE: self = .read
        case SQLITE_CREATE_TEMP_VIEW: self = .createTemporaryView
        case SQLITE_CREATE_TEMP_TRIGGER: self = .createTemporaryTrigger
        case SQLITE_CREATE_INDEX, SQLITE_REINDEX: self = .createIndex(schema: schema)
        case SQLITE_INSERT, SQLITE_UPDATE:
            let names = ["sqlite_master", "sqlite_schema"]
            let temporary = ["sqlite_temp_master", "sqlite_temp_schema"]
            let isSchemaTable = (names + temporary).contains { $0.utf8.elementsEqual(first.utf8) }
            self = isSchemaTable ? .writeSchemaTable(schema: schema) : .other
        default: self = .other
        }
    }
}

private final class AuthorizerBox {
    let allows: (AuthorizedAction) -> Bool

    init(_ allows: @escaping (AuthorizedAction) -> Bool) { self.allows = allows }
}

extension Connection {
    /// Runs `body` while only statements with allowed actions can be prepared; others fail with
    /// SQLITE_AUTH: <https://sqlite.org/c3ref/set_authorizer.html>.
    ///
    /// A borrowed connection keeps the authorizer of its host, which could not be restored.
    package func authorizing<Result, Failure: Error>(
        _ allows: @escaping (AuthorizedAction) -> Bool, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard ownsHandle else { return try body() }
        let box = AuthorizerBox(allows)
        // The call fails only for a misused handle.
        _ = routines.table.pointee.set_authorizer(
            handle,
            { context, code, first, _, schema, _ in
                let text = { (text: UnsafePointer<CChar>?) in
                    text.map { String(cString: $0) } ?? ""
                }
                let action = AuthorizedAction(code, of: text(first), schema: text(schema))
                return Unmanaged<AuthorizerBox>.fromOpaque(context!)._withUnsafeGuaranteedRef {
                    $0.allows(action) ? SQLITE_OK : SQLITE_DENY
                }
            }, Unmanaged.passUnretained(box).toOpaque())
        defer { _ = routines.table.pointee.set_authorizer(handle, nil, nil) }
        return try withExtendedLifetime(box) { () throws(Failure) in try body() }
    }
}
