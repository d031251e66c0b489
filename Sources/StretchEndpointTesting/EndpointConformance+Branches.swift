internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

extension EndpointConformance {
    private static let owner = OwnerProof(name: "owner")
    private static let other = OwnerProof(name: "other")

    static var branchChecks: [Check] {
        [
            Check("a child sees what its parent saw where it left, and both go on") {
                let world = try ConformanceWorld($0)
                let first = try world.commit([[1, "a", nil], [2, "b", nil]])
                let base = world.position
                try world.retire(first)
                let later = try world.commit([[3, "c", nil]])
                let child = TimelinePosition(branch: 991, epoch: base.epoch, token: 5)
                let owned = try $0.makeEndpoint(owner)
                for _ in 1...2 {
                    try owned.branching().fork(
                        child, of: base, database: ConformanceWorld.database, without: [])
                }
                try require(owned.position(branch: 991), equals: child, "the child's head")
                try require(owned.holds(child), "the child's first position")
                try require(
                    owned.batches(seenAt: child),
                    equals: [first.id: world.digest(of: first.id)],
                    "what the child sees")
                try require(
                    Array(owned.batches(seenAt: world.position).keys),
                    equals: [later.id],
                    "what the parent sees")
                let branches = try owned.branching().branches(database: ConformanceWorld.database)
                try require(branches.map(\.parent), equals: [nil, base.branch], "the parents")
                try require(branches.map(\.head), equals: [world.position, child], "the heads")
                try require(branches[1].ownerHash, equals: owner.hash, "the child's owner")
                try require(branches[1].ownerName, equals: owner.name, "the owner's name")
                world.endpoint = owned
                world.move(to: child, seeing: [first])
                try world.commit([[4, "d", nil]])
                try require(world.scan(world.request()).count, equals: 3, "the child's rows")
            },
            Check("an index goes with its relation's definition, unless another branch is there") {
                let world = try ConformanceWorld($0)
                let first = try world.commit([[1, "a", nil], [2, "b", nil]])
                let endpoint = try $0.makeEndpoint(owner)
                let child = TimelinePosition(branch: 991, epoch: world.position.epoch, token: 5)
                try endpoint.branching().fork(
                    child, of: world.position, database: ConformanceWorld.database, without: [])
                var fewer = world.relation
                fewer.indexes.removeLast()
                try endpoint.buildIndexes(fewer)
                try require(
                    endpoint.lacks(fewer), equals: RelationGap(), "no index is in surplus")
                try require(
                    endpoint.lacks(world.relation), equals: RelationGap(), "the index is there")
                try endpoint.branching().setDropped(true, branch: 991)
                var gap = RelationGap()
                gap.surplusIndexCount = 1
                try require(endpoint.lacks(fewer), equals: gap, "the index is in surplus")
                try endpoint.buildIndexes(fewer)
                try require(endpoint.lacks(fewer), equals: RelationGap(), "the index is gone")
                (gap.surplusIndexCount, gap.indexCount) = (0, 1)
                try require(endpoint.lacks(world.relation), equals: gap, "it can be built again")
                fewer.indexes = []
                try endpoint.buildIndexes(fewer)
                try require(endpoint.lacks(fewer), equals: RelationGap(), "none is left")
                try require(world.read(first.id).count, equals: 2, "the rows")
                try world.requireScan(
                    world.request(constraints: [
                        ColdConstraint(column: 1, comparison: .equal("A"), collation: .nocase)
                    ]))
                try endpoint.buildIndexes(world.relation)
                try require(
                    endpoint.lacks(world.relation), equals: RelationGap(), "all are built again")
            },
            Check("a fork from a position that the history does not hold is refused") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                let head = world.position
                for wrong in [
                    TimelinePosition(branch: head.branch, epoch: head.epoch, token: 99),
                    TimelinePosition(branch: head.branch, epoch: head.epoch + 1, token: 99),
                    TimelinePosition(branch: 123, epoch: head.epoch, token: head.token),
                ] {
                    try require(!world.endpoint.holds(wrong), "\(wrong) is not held")
                    try require(.remoteMismatch, "a fork from \(wrong)") {
                        try world.endpoint.branching().fork(
                            TimelinePosition(branch: 991, epoch: wrong.epoch, token: 5),
                            of: wrong, database: ConformanceWorld.database, without: [])
                    }
                }
                try require(world.endpoint.position(branch: 991) == nil, "no child is left")
            },
            Check("a branch is extended by its owner alone, and a take-over compares both") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                let stranger = try $0.makeEndpoint(other)
                let owned = try $0.makeEndpoint(owner)
                try owned.branching().takeOver(world.position, from: nil)
                try owned.branching().takeOver(world.position, from: nil)
                for endpoint in [world.endpoint, stranger] {
                    let (batch, rows) = world.makeBatch([[4, 5, 6]])
                    let (base, next) = (world.position, world.position.next(token: 77))
                    try require(.remoteMismatch, "a stranger's commit") {
                        try endpoint.commit(batch, rows: rows, from: base, to: next)
                    }
                    try require(.remoteMismatch, "a stranger's retirement") {
                        try endpoint.retire(batch: world.batches[0].id, from: base, to: next)
                    }
                    try require(.remoteMismatch, "a stranger's confirmation") {
                        try endpoint.confirm(base)
                    }
                    try require(.remoteMismatch, "a stranger's fence") {
                        _ = try endpoint.fence(branch: base.branch)
                    }
                    try require(
                        endpoint.position(branch: base.branch), equals: base, "the head")
                }
                try require(.remoteMismatch, "a take-over from somebody else") {
                    try stranger.branching().takeOver(world.position, from: other.hash + [1])
                }
                world.endpoint = owned
                try world.commit([[4, 5, 6]])
                let old = TimelinePosition(
                    branch: world.position.branch, epoch: 0, token: 11)
                try require(.remoteMismatch, "a take-over at an old position") {
                    try stranger.branching().takeOver(old, from: owner.hash)
                }
                try stranger.branching().takeOver(world.position, from: owner.hash)
                try require(.remoteMismatch, "the former owner's fence") {
                    _ = try owned.fence(branch: world.position.branch)
                }
                try require(world.scan(world.request()).count, equals: 2, "the loser's rows")
            },
            Check("a fork where a batch was collected is refused, or leaves the batch out") {
                let world = try ConformanceWorld($0)
                let batches = try [world.commit([[1, 2, 3]]), world.commit([[4, 5, 6]])]
                let base = world.position
                try world.retire(batches[0])
                try world.endpoint.confirm(world.position)
                try require(
                    !world.endpoint.branching().hasCollectedBatch(seenAt: base),
                    "nothing is collected yet")
                try world.requireGarbage(1, kept: 0)
                try require(
                    world.endpoint.branching().hasCollectedBatch(seenAt: base),
                    "the batch is collected")
                try require(
                    !world.endpoint.branching().hasCollectedBatch(seenAt: world.position),
                    "the head does not see it")
                let child = TimelinePosition(branch: 991, epoch: base.epoch, token: 5)
                try require(.remoteMismatch, "a fork before the collection") {
                    try world.endpoint.branching().fork(
                        child, of: base, database: ConformanceWorld.database, without: [])
                }
                try world.endpoint.branching().fork(
                    child, of: base, database: ConformanceWorld.database,
                    without: [batches[0].id])
                try require(
                    Array(world.endpoint.batches(seenAt: child).keys),
                    equals: [batches[1].id],
                    "what the child sees")
            },
            Check("copies of a batch are found on every branch, until they are condemned") {
                let world = try ConformanceWorld($0)
                let first = try world.commit([[1, "a", nil], [2, "b", nil]])
                let digest = world.digest(of: first.id)
                let child = TimelinePosition(branch: 991, epoch: world.position.epoch, token: 5)
                try world.endpoint.branching().fork(
                    child, of: world.position, database: ConformanceWorld.database,
                    without: [first.id])
                func copies(_ relation: Int64, _ digest: [UInt8]) throws -> Set<Int64> {
                    Set(try world.endpoint.branching().copies(of: relation, digest: digest))
                }
                let relation = world.relation.id
                try require(copies(relation, digest), equals: [first.id], "the parent's batch")
                try require(copies(relation + 1, digest), equals: [], "another relation's")
                try require(copies(relation, [1] + digest), equals: [], "another digest's")
                let (again, rows) = world.makeBatch([[1, "a", nil], [2, "b", nil]])
                let same = NewBatch(
                    id: again.id, relation: relation, columns: again.columns,
                    rowCount: again.rowCount, digest: digest)
                try world.endpoint.commit(same, rows: rows, from: child, to: child.next(token: 6))
                try require(copies(relation, digest), equals: [first.id, same.id], "both")
                try world.retire(first)
                try world.endpoint.confirm(world.position)
                try require(copies(relation, digest), equals: [first.id, same.id], "retired ones")
                try world.requireGarbage(1, kept: 0)
                try require(copies(relation, digest), equals: [same.id], "a condemned one")
            },
            Check("what a child sees stays, until it is retired there or the child is dropped") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                let child = TimelinePosition(
                    branch: 991, epoch: world.position.epoch, token: 5)
                try world.endpoint.branching().fork(
                    child, of: world.position, database: ConformanceWorld.database, without: [])
                try world.retire(batch)
                try world.endpoint.confirm(world.position)
                try world.requireGarbage(0, kept: 1)
                try world.endpoint.branching().setDropped(true, branch: 991)
                try world.requireGarbage(1, kept: 0, isDryRun: true)
                try require(.remoteMismatch, "a commit on a dropped branch") {
                    let (new, rows) = world.makeBatch([[4, 5, 6]])
                    try world.endpoint.commit(
                        new, rows: rows, from: child, to: child.next(token: 6))
                }
                try world.endpoint.branching().setDropped(false, branch: 991)
                try world.requireGarbage(0, kept: 1)
                try world.endpoint.branching().setDropped(true, branch: 991)
                try world.requireGarbage(1, kept: 0)
                try require(.remoteMismatch, "taking back a drop after the collection") {
                    try world.endpoint.branching().setDropped(false, branch: 991)
                }
                try require(.remoteMismatch, "dropping an unknown branch") {
                    try world.endpoint.branching().setDropped(true, branch: 5)
                }
            },
        ]
    }
}
