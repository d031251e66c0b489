/// What a person can do about a failure, as a value.
///
/// Each program words it for its own users: the command line as a command, Transact-SQL as a
/// statement, an app as one of its buttons. The description is plain English.
public enum Advice: Hashable, Sendable {
    /// Enable Stretch for the database.
    case enable
    /// Enable Stretch for the table.
    case enableTable(String)
    /// Give the table another filter.
    case changeFilter(table: String)
    /// Say which column of the table was renamed.
    case renameColumn(table: String, from: String?, to: String?)
    /// Say that the column was dropped, and that the new one is another.
    case replaceColumn(table: String, String)
    /// Disable Stretch for the table, and bring its cold rows back.
    case bringBackTable(String)
    /// Disable Stretch for the table, and leave its cold rows in the remote.
    case abandonTable(String)
    /// Let the owner of the remote make what the tables need there.
    case provision

    /// Connect the file to its remote.
    case reauthorize
    /// Reauthorize in the place of another file.
    case takeOver(owner: String)
    /// Reauthorize without the rows of batches that are lost.
    case acceptLoss
    /// Let queries see all rows.
    case setQueryMode
    /// Name the login that the remote is asked with.
    case nameLogin
    /// Store another login for the file.
    case storeLogin
    /// Give a user a grant to migrate.
    case grantWriter
    /// Attach a grant in place of the one that is there.
    case replaceGrant

    /// Look at the state of the database.
    case showStatus
    /// Compare the cold rows with their proofs.
    case verify
    /// Keep moved rows for some hours.
    case enableStaging
    /// Keep no moved rows.
    case disableStaging
    /// Let staging take more bytes.
    case setStagingBudget
    /// Let the remote keep collected rows for another time.
    case setRetention

    /// Put a backup in the place of the file.
    case restore
    /// Replace the file that is there.
    case replaceFile
    /// Overwrite the file that is there.
    case overwriteFile
    /// Name the file that was replicated.
    case nameOriginal
    /// Take the newest state of a replica.
    case takeNewestState
    /// Work in another folder.
    case chooseFolder

    /// Look at the branches of the remote.
    case listBranches
    /// Take the drop of a branch back.
    case undropBranch(Int64)
    /// Do it all the same.
    case force

    /// Make a master key.
    case createMasterKey
    /// Open the master key with its password.
    case openMasterKey
    /// Make the credential.
    case createCredential(String)
    /// Change the credential.
    case alterCredential(String)
    /// Let a user administer the file.
    case addMember(String)
    /// Let this user's programs move rows to remotes.
    case allowArchive
}

extension Advice: CustomStringConvertible {
    /// The advice in plain English, without a full stop, to stand after a colon: `verify the file`.
    public var description: String {
        switch self {
        case .enable: "enable Stretch for the database"
        case .enableTable(let table): "enable Stretch for table \"\(table)\" with a filter"
        case .changeFilter(let table): "alter the filter of table \"\(table)\""
        case .renameColumn(let table, let old, let new):
            if let old, let new {
                "alter table \"\(table)\" with column \"\(old)\" renamed to \"\(new)\""
            } else {
                "alter table \"\(table)\" with the renamed columns"
            }
        case .replaceColumn(let table, let column):
            "alter table \"\(table)\" with column \"\(column)\" replaced"
        case .bringBackTable(let table):
            "disable Stretch for table \"\(table)\" and bring its rows back"
        case .abandonTable(let table):
            "disable Stretch for table \"\(table)\" and abandon its cold rows"
        case .provision: "provision the remote with the owner's login"
        case .reauthorize: "reauthorize the file"
        case .takeOver(let owner): "reauthorize and take over from \"\(owner)\""
        case .acceptLoss: "reauthorize and accept the loss of those batches"
        case .setQueryMode: "set the query mode to local and remote"
        case .nameLogin: "name the login"
        case .storeLogin: "store another login"
        case .grantWriter: "grant this user the writer's role"
        case .replaceGrant: "attach the grant in place of the present one"
        case .showStatus: "look at the status of the database"
        case .verify: "verify the database"
        case .enableStaging: "switch staging on"
        case .disableStaging: "switch staging off"
        case .setStagingBudget: "set a larger budget for staging"
        case .setRetention: "set another retention"
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

/// A full sentence or more about what to do next, in which advice stands as values.
package struct Hint: Hashable, Sendable {
    fileprivate enum Part: Hashable {
        case text(String)
        case advice(Advice)
    }

    fileprivate var parts: [Part]

    /// The advice, in its order.
    package var advice: [Advice] {
        parts.compactMap { if case .advice(let advice) = $0 { advice } else { nil } }
    }

    /// The text, each advice in the given words.
    package func text(_ wording: (Advice) -> String) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let words): text += words
            case .advice(let advice): text += wording(advice)
            }
        }
    }

    package static func + (first: Hint, second: Hint) -> Hint {
        var sum = first
        sum += second
        return sum
    }

    package static func += (hint: inout Hint, other: Hint) {
        hint.parts += other.parts
    }
}

extension Hint: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.text(literal)) }
        }

        package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            appendLiteral(value.description)
        }

        package mutating func appendInterpolation(_ hint: Hint) {
            parts += hint.parts
        }

        package mutating func appendInterpolation(advice: Advice) {
            parts.append(.advice(advice))
        }
    }

    package init(stringLiteral text: String) {
        parts = [.text(text)]
    }

    package init(stringInterpolation: StringInterpolation) {
        parts = stringInterpolation.parts
    }

    /// A hint without advice.
    package init(_ text: String) {
        parts = [.text(text)]
    }
}
