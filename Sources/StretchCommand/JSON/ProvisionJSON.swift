internal import Stretch

/// What `stretch provision --json` prints; a contract, see `Documentation/JSON.md`.
struct ProvisionJSON: Encodable {
    struct Table: Encodable {
        let name: String
        let steps: [OwnerStepJSON]
    }

    let tables: [Table]

    init(_ report: ProvisionReport) {
        tables = report.tables.map { table in
            Table(name: table.name, steps: table.steps.map(OwnerStepJSON.init))
        }
    }
}

/// Work for the owner of the remote, in `stretch provision --json` and `stretch status --json`.
struct OwnerStepJSON: Encodable {
    let kind: String
    let message: String

    init(_ step: OwnerStep) {
        kind = step.kind.rawValue
        message = step.message
    }
}
