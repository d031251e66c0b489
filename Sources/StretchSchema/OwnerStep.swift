package import StretchCore
package import StretchEndpoint

/// Something that only the owner of the remote may do, and that a table waits for.
public struct OwnerStep: Equatable, Sendable {
    /// The kinds of step.
    public enum Kind: String, Sendable, CaseIterable {
        /// The remote has no table for the rows; none can move.
        case table
        /// The remote lacks columns that the local table has; no row moves meanwhile.
        case columns
        /// The remote lacks the index of the key; no row moves meanwhile.
        case keyIndex
        /// The remote lacks other indexes; searches among cold rows are slow meanwhile.
        case indexes
    }

    /// The kind.
    public let kind: Kind
    /// What is to be done: `add column "note"`.
    public let message: String
}

extension OwnerStep {
    /// The steps that fill a gap.
    package static func steps(for gap: RelationGap, in relation: Relation) -> [OwnerStep] {
        guard !gap.isMissing else { return [OwnerStep(kind: .table, message: "make its table")] }
        var steps: [OwnerStep] = []
        let names = relation.columns.filter { gap.columns.contains($0.id) }.map { "\"\($0.name)\"" }
        if !names.isEmpty {
            let word = names.count == 1 ? "column" : "columns"
            steps.append(
                OwnerStep(
                    kind: .columns, message: "add \(word) \(names.joined(separator: ", "))"))
        }
        if gap.lacksKeyIndex {
            steps.append(OwnerStep(kind: .keyIndex, message: "build the index of the key"))
        }
        if gap.indexCount > 0 {
            let word = gap.indexCount == 1 ? "index" : "indexes"
            steps.append(OwnerStep(kind: .indexes, message: "build \(gap.indexCount) \(word)"))
        }
        return steps
    }

    /// The error for steps that the login may not do.
    package static func error(
        _ steps: [OwnerStep], table: String, hint: Hint = OwnerStep.hint,
        cause: (any Error)?
    ) -> StretchError {
        let work = steps.map(\.message).joined(separator: ", ")
        return StretchError(
            .notPermitted,
            "table \"\(table)\" waits for the owner of the remote to \(work)", hint: hint,
            cause: cause)
    }

    static let hint: Hint = "Let the owner do it: \(advice: .provision)."
}

extension Endpoint {
    /// Provisions a relation; secondary indexes that the login may not build are no reason to fail.
    ///
    /// - Throws: `notPermitted`, naming the steps that rows have to wait for.
    package func provision(_ relation: Relation, hint: Hint) throws(StretchError) {
        do throws(StretchError) {
            try provision(relation)
        } catch {
            guard error.code == .notPermitted else { throw error }
            let gap = try lacks(relation)
            if !gap.isBlocking, gap.indexCount > 0 { return }
            // Nothing is lacking any more, or the refusal had another reason.
            guard gap.isBlocking else { throw error }
            throw OwnerStep.error(
                OwnerStep.steps(for: gap, in: relation), table: relation.name, hint: hint,
                cause: error.cause ?? error)
        }
    }
}
