internal import StretchCore
internal import StretchText
internal import StretchTransactSQL
internal import TransactSQL

extension Advice {
    /// The advice as a command, or as an option of the command that failed.
    var command: String {
        switch self {
        case .enable: "stretch enable FILE --server file:archive.db"
        case .enableTable(let table):
            "stretch table enable FILE \(table.shellQuoted) --filter CONDITION"
        case .nameFollowColumns(let parent):
            "--follow \(parent.shellQuoted) --on CHILD=PARENT"
        case .changeFollowing(let table):
            "stretch table alter FILE \(table.shellQuoted) --follow PARENT --on CHILD=PARENT, "
                + "or stretch table alter FILE \(table.shellQuoted) --no-follow --filter CONDITION"
        case .changeFilter(let table):
            "stretch table alter FILE \(table.shellQuoted) --filter CONDITION"
        case .renameColumn(let table, let old, let new):
            "stretch table alter FILE \(table.shellQuoted) --rename "
                + "\(old ?? "OLD")=\(new ?? "NEW")".shellQuoted
        case .replaceColumn(let table, let column):
            "stretch table alter FILE \(table.shellQuoted) --replace \(column.shellQuoted)"
        case .convertColumn(let table, let column):
            "stretch table alter FILE \(table.shellQuoted) --convert \(column.shellQuoted)"
        case .fillColumn(let table, let column):
            "stretch table alter FILE \(table.shellQuoted) --fill "
                + "\(column)=VALUE".shellQuoted
        case .sameTable(let table): "stretch table alter FILE \(table.shellQuoted) --same"
        case .bringBackTable(let table):
            "stretch table disable FILE \(table.shellQuoted) --bring-back"
        case .abandonTable(let table):
            "stretch table disable FILE \(table.shellQuoted) --abandon"
        case .provision: "stretch provision FILE --login NAME"
        case .reauthorize: "stretch reauthorize FILE"
        case .moveRemote(let server):
            "stretch reauthorize FILE --server \(server?.shellQuoted ?? "ADDRESS")"
        case .takeOver(let owner):
            "stretch reauthorize FILE --without-copy --take-over \(owner.shellQuoted)"
        case .acceptLoss:
            "stretch reauthorize FILE --accept-loss all, or --accept-loss BATCH for each"
        case .setQueryMode: "stretch query-mode FILE LOCAL_AND_REMOTE"
        case .readHotRows: "stretch query-mode FILE LOCAL_ONLY"
        case .nameLogin: "--login NAME"
        case .storeLogin: "stretch login FILE --login NAME"
        case .grantReader: "stretch grant FILE USER --output GRANT"
        case .attachGrant: "stretch attach FILE --from GRANT"
        case .grantWriter: "stretch grant FILE USER --role writer --output GRANT"
        case .replaceGrant: "stretch attach FILE --from GRANT --replace"
        case .showStatus: "stretch status FILE"
        case .verify: "stretch verify FILE"
        case .enableStaging: "stretch staging FILE --rpo HOURS"
        case .disableStaging: "stretch staging FILE --rpo off"
        case .setStagingBudget: "stretch staging FILE --budget BYTES"
        case .setRetention: "stretch retention FILE DURATION"
        case .acceptClock: "stretch gc FILE --accept-clock"
        case .restore: "stretch restore BACKUP FILE --replace"
        case .replaceFile: "--replace"
        case .overwriteFile: "--overwrite"
        case .nameOriginal: "--original"
        case .takeNewestState: "--nearest"
        case .chooseFolder: "--folder"
        case .listBranches: "stretch branch list FILE"
        case .undropBranch(let id): "stretch branch undrop FILE \(id)"
        case .force: "--force"
        case .createMasterKey, .openMasterKey, .createCredential, .alterCredential, .addMember,
            .allowArchive:
            transactSQL ?? description
        }
    }
}

extension String {
    /// The text quoted as one word for a shell.
    var shellQuoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                    || (0x61...0x7a).contains($0)
                    || "_-.,:/=@%+".utf8.contains($0)
            }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}

extension StretchError {
    /// The hint, with advice as commands.
    var commandHint: String? { hint(\.command) }
}

extension TransactSQLError {
    /// The hint, with advice as statements, or as commands if there is no statement.
    var commandHint: String? {
        guard let cause = cause as? StretchError, cause.transactSQLHint == hint
        else { return hint }
        return cause.hint { $0.transactSQL ?? $0.command }
    }
}
