internal import Foundation
internal import StretchCore
internal import StretchEngine
internal import StretchSQLite
internal import StretchText
internal import TransactSQL

/// The catalog views of SQL Server for Stretch Database.
///
/// They are tables of an attached in-memory database `sys`, filled before a statement that names
/// them.
///
/// They describe only the current database, whose id is 1. Object ids are rowids of SQLite's schema
/// table, which `VACUUM` can change.
///
/// `start_time_utc` is always NULL: the catalog records when a batch became visible, not when its
/// migration started, and does not record errors of migrations.
final class SystemCatalog {
    private var isAttached = false

    /// Attaches `sys` again at the next statement, after a change of the current database.
    func forget() { isAttached = false }

    /// Fills the views that a statement names.
    func refresh(for text: String, of database: StretchDatabase) throws(StretchError) {
        guard Self.namesSchema(text) else { return }
        if !isAttached {
            try database.execute("ATTACH ':memory:' AS sys; " + Self.schema)
            isAttached = true
        }
        let lowered = text.foldingCase
        let named = Self.views.filter { lowered.includes($0.name) }
        guard !named.isEmpty else { return }
        let source = CatalogSource(database)
        for view in named {
            try database.execute("DELETE FROM sys.\(view.name)")
            for row in try view.rows(source) {
                let marks = Array(repeating: "?", count: row.count).joined(separator: ", ")
                try database.execute("INSERT INTO sys.\(view.name) VALUES(\(marks))", row)
            }
        }
    }

    /// Returns whether `sys`, quoted or not, precedes a period; strings can match as well.
    private static func namesSchema(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let base = UnsafeRawPointer(bytes.baseAddress) else { return false }
            var searched = 0
            // The platform's search is fast; it runs for every statement of a long script.
            while let found = memchr(base + searched, 0x2E, bytes.count - searched) {
                let point = UnsafeRawPointer(found) - base
                searched = point + 1
                var end = point
                while end > 0, quotes.contains(bytes[end - 1]) { end -= 1 }
                guard end >= name.count else { continue }
                let start = end - name.count
                if name.indices.allSatisfy({ bytes[start + $0] | 0x20 == name[$0] }) { return true }
            }
            return false
        }
    }

    private static let name = Array("sys".utf8)
    /// Quotation marks, brackets and grave accents, which are ignored.
    private static let quotes: [UInt8] = [0x22, 0x5B, 0x5D, 0x60]

    private static var schema: String {
        views.map { "CREATE TABLE sys.\($0.name)(\($0.columns));" }.joined(separator: "\n")
    }
}

extension SystemCatalog {
    /// A view: its name, its columns with SQL Server's types, and the source of its rows.
    struct View: Sendable {
        let name: String
        let columns: String
        let rows: @Sendable (CatalogSource) throws(StretchError) -> [[Value]]
    }

    static let views = [
        View(
            name: "remote_data_archive_databases",
            columns: """
                remote_database_id int, remote_database_name sysname, data_source_id int
                """,
            rows: { source throws(StretchError) in
                guard let server = try source.server() else { return [] }
                return [[1, .text(server), 1]]
            }),
        View(
            name: "remote_data_archive_tables",
            columns: """
                object_id int, remote_database_id int, remote_table_name sysname,
                filter_predicate nvarchar, migration_direction tinyint,
                migration_direction_desc nvarchar(60), is_migration_paused bit, is_reconciled bit
                """,
            rows: { source throws(StretchError) in try source.archiveTables() }),
        View(
            name: "dm_db_rda_migration_status",
            columns: """
                table_id int, database_id int, migrated_rows bigint, start_time_utc datetime,
                end_time_utc datetime, error_number int, error_severity int, error_state int
                """,
            rows: { source throws(StretchError) in try source.migrations() }),
        View(
            name: "dm_db_rda_schema_update_status",
            columns: """
                table_id int, database_id int, task_id bigint, task_type int,
                task_type_desc nvarchar(60), task_state int, task_state_des nvarchar(60),
                start_time_utc datetime, end_time_utc datetime, error_number int,
                error_severity int, error_state int
                """,
            rows: { source throws(StretchError) in try source.schemaTasks() }),
        View(
            name: "database_scoped_credentials",
            columns: """
                credential_id int, name sysname, credential_identity nvarchar(4000),
                create_date datetime, modify_date datetime, target_type nvarchar(100), target_id int
                """,
            rows: { source throws(StretchError) in try source.credentials() }),
        View(
            name: "external_data_sources",
            columns: """
                data_source_id int, name sysname, location nvarchar(4000), type_desc nvarchar(255),
                type tinyint, resource_manager_location nvarchar(4000), credential_id int,
                database_name sysname, shard_map_name sysname
                """,
            rows: { source throws(StretchError) in
                guard let server = try source.server() else { return [] }
                return [
                    [
                        1, "stretch", .text(server), "RemoteDataArchiveTypeExtDataSource", 3, .null,
                        try source.usedCredentialID(), .null, .null,
                    ]
                ]
            }),
        View(
            name: "databases",
            columns: """
                database_id int, name sysname, create_date datetime,
                is_master_key_encrypted_by_server bit, is_encrypted bit,
                is_remote_data_archive_enabled bit
                """,
            rows: { source throws(StretchError) in [try source.databaseRow()] }),
        View(
            name: "tables",
            columns: """
                object_id int, name sysname, schema_id int, type char(2), type_desc nvarchar(60),
                is_remote_data_archive_enabled bit
                """,
            rows: { source throws(StretchError) in try source.tables() }),
        View(
            name: "messages",
            columns: """
                message_id int, language_id smallint, severity tinyint, is_event_logged bit,
                text nvarchar(2048)
                """,
            rows: { _ throws(StretchError) in
                TransactSQLError.catalogue.map { code, text in
                    [
                        .integer(Int64(code.number)), 1033, .integer(Int64(code.level)), 0,
                        .text(text),
                    ]
                }
            }),
    ]
}
