/// A step that resolves or explains a failure.
///
/// Each program presents it in its own form: the command line as a command, Transact-SQL as a
/// statement, an app as a button. The description is plain English.
public enum Advice: Hashable, Sendable {
    /// Enable Stretch for the database.
    case enable
    /// Enable Stretch for the table.
    case enableTable(String)
    /// Name the columns by which the table follows its parent.
    case nameFollowColumns(parent: String)
    /// Change what the table follows.
    case changeFollowing(table: String)
    /// Change the table's filter predicate.
    case changeFilter(table: String)
    /// State which column of the table was renamed.
    case renameColumn(table: String, from: String?, to: String?)
    /// State that the column was dropped and that the new column is unrelated to it.
    case replaceColumn(table: String, String)
    /// State that the column is the old one, whose values take its new type.
    case convertColumn(table: String, String)
    /// State the value of the new column in rows that are cold already.
    case fillColumn(table: String, String)
    /// State that the table, which was made anew, is the old one.
    case sameTable(String)
    /// Disable Stretch for the table and return its cold rows to the local file.
    case bringBackTable(String)
    /// Disable Stretch for the table and leave its cold rows in the remote.
    case abandonTable(String)
    /// Have the owner of the remote create the objects that the tables need there.
    case provision

    /// Reconnect the file to its remote.
    case reauthorize
    /// Reauthorize with the present address of a remote that was moved, if it is known.
    case moveRemote(server: String?)
    /// Reauthorize as the owner of a branch that another file owned.
    case takeOver(owner: String)
    /// Reauthorize without the rows of batches that are lost.
    case acceptLoss
    /// Set the query mode to local and remote rows.
    case setQueryMode
    /// Set the query mode to local rows, which need no remote.
    case readHotRows
    /// Specify the login for the remote.
    case nameLogin
    /// Store a different login for the file.
    case storeLogin
    /// Grant a user the right to read cold rows.
    case grantReader
    /// Attach the file with a grant.
    case attachGrant
    /// Grant a user the right to migrate.
    case grantWriter
    /// Replace the attached grant.
    case replaceGrant

    /// Show the state of the database.
    case showStatus
    /// Compare the cold rows with their proofs.
    case verify
    /// Stage migrated rows for some hours.
    case enableStaging
    /// Disable staging.
    case disableStaging
    /// Increase the staging budget.
    case setStagingBudget
    /// Change the retention of the remote.
    case setRetention
    /// Set times of the remote that are ahead of its clock back.
    case acceptClock

    /// Restore the file from a backup.
    case restore
    /// Replace the existing file.
    case replaceFile
    /// Overwrite the existing file.
    case overwriteFile
    /// Specify the file that was replicated.
    case nameOriginal
    /// Use the newest state of a replica.
    case takeNewestState
    /// Use another folder.
    case chooseFolder

    /// List the branches of the remote.
    case listBranches
    /// Undo the drop of a branch.
    case undropBranch(Int64)
    /// Override the check.
    case force

    /// Create a master key.
    case createMasterKey
    /// Open the master key with its password.
    case openMasterKey
    /// Create the credential.
    case createCredential(String)
    /// Change the credential.
    case alterCredential(String)
    /// Make a user an administrator of the file.
    case addMember(String)
    /// Allow this user's programs to migrate rows to remotes.
    case allowArchive
}

extension Advice: CustomStringConvertible {
    /// The advice in plain English, for use after a colon, without a period: `verify the file`.
    public var description: String {
        switch self {
        case .enable: "enable Stretch for the database"
        case .enableTable(let table): "enable Stretch for table \"\(table)\" with a filter"
        case .nameFollowColumns(let parent):
            "name the columns by which it follows table \"\(parent)\""
        case .changeFollowing(let table): "alter what table \"\(table)\" follows"
        case .changeFilter(let table): "alter the filter of table \"\(table)\""
        case .renameColumn(let table, let old, let new):
            if let old, let new {
                "alter table \"\(table)\" with column \"\(old)\" renamed to \"\(new)\""
            } else {
                "alter table \"\(table)\" with the renamed columns"
            }
        case .replaceColumn(let table, let column):
            "alter table \"\(table)\" with column \"\(column)\" replaced"
        case .convertColumn(let table, let column):
            "alter table \"\(table)\" with column \"\(column)\" converted"
        case .fillColumn(let table, let column):
            "alter table \"\(table)\" with a value that fills column \"\(column)\""
        case .sameTable(let table): "state that table \"\(table)\" is the same"
        case .bringBackTable(let table):
            "disable Stretch for table \"\(table)\" and bring its rows back"
        case .abandonTable(let table):
            "disable Stretch for table \"\(table)\" and abandon its cold rows"
        case .provision: "provision the remote with the owner's login"
        case .reauthorize: "reauthorize the file"
        case .moveRemote(let server):
            server.map { "reauthorize the file with server \"\($0)\"" }
                ?? "reauthorize the file with the remote's present address"
        case .takeOver(let owner): "reauthorize and take over from \"\(owner)\""
        case .acceptLoss: "reauthorize and accept the loss of those batches"
        case .setQueryMode: "set the query mode to local and remote"
        case .readHotRows: "set the query mode to local rows only"
        case .nameLogin: "name the login"
        case .storeLogin: "store another login"
        case .grantReader: "grant this user the reader's role"
        case .attachGrant: "attach the file with the grant"
        case .grantWriter: "grant this user the writer's role"
        case .replaceGrant: "attach the grant in place of the present one"
        case .showStatus: "look at the status of the database"
        case .verify: "verify the database"
        case .enableStaging: "switch staging on"
        case .disableStaging: "switch staging off"
        case .setStagingBudget: "set a larger budget for staging"
        case .setRetention: "set another retention"
        case .acceptClock: "collect garbage and accept the clock"
        case .restore: "restore a backup in place of the file"
        case .replaceFile: "replace the file"
        case .overwriteFile: "overwrite the file"
        case .nameOriginal: "name the original"
        case .takeNewestState: "take the newest state"
        case .chooseFolder: "name another folder"
        case .listBranches: "list the branches"
        case .undropBranch(let id): "undrop branch \(id)"
        case .force: "force it"
        case .createMasterKey: "create a master key"
        case .openMasterKey: "open the master key with its password"
        case .createCredential(let name): "create credential \"\(name)\""
        case .alterCredential(let name): "alter credential \"\(name)\""
        case .addMember(let name): "add user \"\(name)\" to the members"
        case .allowArchive: "allow the remote data archive"
        }
    }
}
