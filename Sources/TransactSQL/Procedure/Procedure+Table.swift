internal import StretchCore

extension Procedure {
    /// All procedures, with parameters as documented for SQL Server.
    public static let all: [Procedure] = [
        Procedure(
            action: .reauthorize,
            parameters: [
                Parameter("@credential", .sysname, refusesUnlimitedText: true),
                Parameter("@with_copy", .bit, default: .integer(1)),
                // Longer than SQL Server's sysname: an address can be a URL.
                Parameter("@azure_servername", .nvarchar(2048), default: .null),
                Parameter("@azure_databasename", .sysname, default: .null),
            ]),
        Procedure(action: .deauthorize, parameters: []),
        Procedure(
            action: .setQueryMode,
            parameters: [
                Parameter(
                    "@mode", .nvarchar(64), choices: QueryMode.allCases.map(\.rawValue),
                    choiceCode: .invalidMode),
                Parameter("@force", .bit, default: .integer(0)),
            ]),
        Procedure(
            action: .getRPODuration,
            parameters: [Parameter("@durationinhours", .int, isOutput: true)]),
        Procedure(action: .setRPODuration, parameters: [Parameter("@duration_hrs", .int)]),
        Procedure(action: .reconcileBatch, parameters: [Parameter("@objname", .nvarchar(776))]),
        Procedure(
            action: .reconcileColumns,
            parameters: [
                Parameter("@objname", .nvarchar(776)),
                // Answers to what Stretch asks after another program changed the table.
                Parameter("@rename", .nvarchar(2048), default: .null),
                Parameter("@replace", .nvarchar(2048), default: .null),
                Parameter("@fill", .nvarchar(2048), default: .null),
                Parameter("@same", .bit, default: .integer(0)),
            ]),
        Procedure(action: .reconcileIndexes, parameters: [Parameter("@objname", .nvarchar(776))]),
        Procedure(
            action: .testConnection,
            parameters: [
                Parameter("@database_name", .sysname, default: .null),
                Parameter("@server_address", .nvarchar(2048), default: .null),
                Parameter("@azure_username", .sysname, default: .null),
                Parameter("@azure_password", .nvarchar(128), default: .null, isSecret: true),
                Parameter("@credential_name", .sysname, default: .null),
            ]),
        Procedure(
            action: .controlMasterKeyPassword,
            parameters: [
                Parameter("@db_name", .sysname),
                Parameter("@password", .nvarchar(128), isSecret: true),
                Parameter("@action", .nvarchar(10), choices: ["ADD", "DROP"]),
            ]),
        Procedure(
            action: .spaceUsed,
            parameters: [
                Parameter("@objname", .nvarchar(776), default: .null),
                Parameter(
                    "@updateusage", .varchar(5), default: .text("false"),
                    choices: ["TRUE", "FALSE"]),
                Parameter(
                    "@mode", .varchar(11), default: .text(SpaceMode.all.rawValue),
                    choices: SpaceMode.allCases.map(\.rawValue), choiceCode: .invalidMode),
                // There is always one result, and sizes are always current.
                Parameter("@oneresultset", .bit, default: .integer(0)),
                Parameter("@include_total_xtp_storage", .bit, default: .integer(0)),
            ]),
        Procedure(
            action: .configure,
            parameters: [
                Parameter("@configname", .varchar(35), default: .null),
                Parameter("@configvalue", .int, default: .null),
            ]),
        Procedure(
            action: .helpDatabase, parameters: [Parameter("@dbname", .sysname, default: .null)]),
        Procedure(
            action: .addRoleMember,
            parameters: [Parameter("@rolename", .sysname), Parameter("@membername", .sysname)]),
        Procedure(
            action: .dropRoleMember,
            parameters: [Parameter("@rolename", .sysname), Parameter("@membername", .sysname)]),
    ]
}
