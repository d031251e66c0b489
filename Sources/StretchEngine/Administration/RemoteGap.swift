internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSchema

/// The parts of a table's current definition that the remote lacks.
struct RemoteGap {
    let relation: Relation
    let gap: RelationGap

    /// Returns the steps that only the owner may perform.
    ///
    /// - Parameter hasMoved: Whether rows have been migrated; before that, no indexes are needed.
    func ownerSteps(hasMoved: Bool) -> [OwnerStep] {
        guard !gap.isFillable else { return [] }
        return OwnerStep.steps(for: gap, in: relation).filter { hasMoved || $0.kind != .indexes }
    }
}

extension StretchDatabase {
    /// Queries the remote for the missing parts of a table's current definition.
    func remoteGap(
        of change: SchemaChange, endpoint: any Endpoint
    ) throws -> RemoteGap {
        // The ids of new columns are drawn again when they are recorded.
        let relation = Relation(change.table, schema: change.schema)
        return RemoteGap(relation: relation, gap: try endpoint.lacks(relation))
    }
}
