internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSchema

/// What the remote lacks of a table as it is now.
struct RemoteGap {
    let relation: Relation
    let gap: RelationGap

    /// The steps that only the owner may do.
    ///
    /// - Parameter hasMoved: Whether rows have moved; before that, indexes are not wanted.
    func ownerSteps(hasMoved: Bool) -> [OwnerStep] {
        guard !gap.isFillable else { return [] }
        return OwnerStep.steps(for: gap, in: relation).filter { hasMoved || $0.kind != .indexes }
    }
}

extension StretchDatabase {
    /// Asks the remote what it lacks of a table, with the columns that the table has now.
    func remoteGap(
        of table: StretchedTable, _ schema: TableSchema, endpoint: any Endpoint
    ) throws -> RemoteGap {
        // Ids of columns that are new get drawn again when they are written down.
        let now = try SchemaReconciler.reconciled(
            table, schema: schema, hints: [], connection: connection, configuration: configuration)
        let relation = Relation(now, schema: schema)
        return RemoteGap(relation: relation, gap: try endpoint.lacks(relation))
    }
}
