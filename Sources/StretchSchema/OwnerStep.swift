package import StretchCore
package import StretchEndpoint

/// A step for a table that only the owner of the remote may perform.
public struct OwnerStep: Equatable, Sendable {
    /// The kinds of steps.
    public enum Kind: String, Sendable, CaseIterable {
        /// The remote has no table for the rows, so none can be migrated.
        case table
        /// The remote lacks columns of the local table; until then no row is migrated.
        case columns
        /// The remote lacks the index of the key; until then no row is migrated.
        case keyIndex
        /// The remote lacks other indexes; until then searches of cold rows are slow.
        case indexes
        /// The remote has indexes that the local table no longer has; they cost space and time.
        case surplusIndexes
    }

    /// The kind.
    public let kind: Kind
    /// The step as text: `add column "note"`.
    public let message: String
}

extension OwnerStep {
    /// Returns the steps that fill a gap.
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
        if gap.surplusIndexCount > 0 {
            let word = gap.surplusIndexCount == 1 ? "index" : "indexes"
            steps.append(
                OwnerStep(
                    kind: .surplusIndexes, message: "drop \(gap.surplusIndexCount) \(word)"))
        }
        return steps
    }

    /// Returns the error for steps that the login may not perform.
    package static func error(
        _ steps: [OwnerStep], table: String, hint: StretchError.Hint = OwnerStep.hint,
        cause: (any Error)?
    ) -> StretchError {
        let work = steps.map(\.message).joined(separator: ", ")
        return StretchError(
            .notPermitted,
            "table \"\(table)\" waits for the owner of the remote to \(work)", hint: hint,
            cause: cause)
    }

    package static let hint: StretchError.Hint = "Let the owner do it: \(advice: .provision)."
}

extension Endpoint {
    /// Provisions a relation; missing permission for secondary indexes is not an error.
    ///
    /// - Throws: `notPermitted`, naming the steps that must precede migration.
    package func provision(_ relation: Relation, hint: StretchError.Hint) throws(StretchError) {
        do throws(StretchError) {
            try provision(relation)
        } catch {
            guard error.code == .notPermitted else { throw error }
            let gap = try lacks(relation)
            if !gap.isBlocking, gap.indexCount > 0 { return }
            // Nothing is missing any longer, or the refusal had another reason.
            guard gap.isBlocking else { throw error }
            throw OwnerStep.error(
                OwnerStep.steps(for: gap, in: relation), table: relation.name, hint: hint,
                cause: error.cause ?? error)
        }
    }
}
