public import StretchCore
internal import StretchText

extension Advice {
    /// The advice as a Transact-SQL statement, or `nil` if there is no such statement.
    public var transactSQL: String? {
        switch self {
        case .enable:
            "ALTER DATABASE CURRENT SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'file:archive.db', "
                + "CREDENTIAL = NAME)"
        case .enableTable(let table), .changeFilter(let table):
            "ALTER TABLE \(table.quotedName) SET (REMOTE_DATA_ARCHIVE = ON (FILTER_PREDICATE = "
                + "CONDITION, MIGRATION_STATE = OUTBOUND))"
        case .bringBackTable(let table):
            "ALTER TABLE \(table.quotedName) SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = INBOUND))"
        case .abandonTable(let table):
            "ALTER TABLE \(table.quotedName) SET (REMOTE_DATA_ARCHIVE = OFF_WITHOUT_DATA_RECOVERY "
                + "(MIGRATION_STATE = PAUSED))"
        case .renameColumn(let table, let old, let new):
            reconciling(table, "@rename = " + "\(old ?? "OLD")=\(new ?? "NEW")".quotedLiteral)
        case .replaceColumn(let table, let column):
            reconciling(table, "@replace = " + column.quotedLiteral)
        case .convertColumn(let table, let column):
            reconciling(table, "@rename = " + "\(column)=\(column)".quotedLiteral)
        case .fillColumn(let table, let column):
            reconciling(table, "@fill = " + "\(column)=VALUE".quotedLiteral)
        case .sameTable(let table): reconciling(table, "@same = 1")
        case .reauthorize: "EXEC sp_rda_reauthorize_db N'CREDENTIAL'"
        case .moveRemote(let server):
            "EXEC sp_rda_reauthorize_db N'CREDENTIAL', 1, N\((server ?? "ADDRESS").quotedLiteral)"
        case .readHotRows: "EXEC sp_rda_set_query_mode 'LOCAL_ONLY'"
        case .setQueryMode: "EXEC sp_rda_set_query_mode 'LOCAL_AND_REMOTE'"
        case .enableStaging: "EXEC sp_rda_set_rpo_duration 24"
        case .createMasterKey: "CREATE MASTER KEY"
        case .openMasterKey: "OPEN MASTER KEY DECRYPTION BY PASSWORD = 'PASSWORD'"
        case .createCredential(let name):
            "CREATE DATABASE SCOPED CREDENTIAL \(name.quotedName) WITH IDENTITY = 'NAME'"
        case .addMember(let name): "ALTER ROLE db_owner ADD MEMBER \(name.quotedName)"
        case .alterCredential(let name):
            "ALTER DATABASE SCOPED CREDENTIAL \(name.quotedName) WITH IDENTITY = 'NAME'"
        case .allowArchive: "EXEC sp_configure 'remote data archive', '1'; RECONFIGURE"
        case .replaceFile: "WITH REPLACE"
        case .nameLogin: "a database scoped credential with IDENTITY and SECRET"
        default: nil
        }
    }

    private func reconciling(_ table: String, _ answer: String) -> String {
        "EXEC sp_rda_reconcile_columns \(table.quotedLiteral), \(answer)"
    }
}
