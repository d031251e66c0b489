internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

extension EndpointConformance {
    static var timelineChecks: [Check] {
        [
            Check("registering twice is harmless, and the branch stands at epoch 0") {
                let world = try ConformanceWorld($0)
                try world.endpoint.register(
                    database: ConformanceWorld.database, position: world.position)
                try world.requireHead(world.position)
                try world.commit([[1, 2, 3]])
                let start = TimelinePosition(branch: world.position.branch, epoch: 0, token: 11)
                try world.endpoint.register(database: ConformanceWorld.database, position: start)
                try world.requireHead(world.position)
            },
            Check("an unknown branch has no position, and an unknown batch no ledger entry") {
                let world = try ConformanceWorld($0)
                try require(world.endpoint.fence(branch: 1) == nil, "branch 1 is unknown")
                try require(world.endpoint.position(branch: 1) == nil, "branch 1 is unknown")
                try require(world.endpoint.ledgerEntry(batch: 1) == nil, "batch 1 is unknown")
            },
            Check("a commit moves the branch one epoch, and the ledger names batch and position") {
                let world = try ConformanceWorld($0)
                for _ in 1...3 {
                    let (batch, rows) = world.makeBatch([[1, "a", nil], [2, "b", 0.5]])
                    let next = world.position.next(token: world.drawID())
                    try world.endpoint.commit(batch, rows: rows, from: world.position, to: next)
                    world.position = next
                    try world.requireHead(next)
                    try require(
                        world.endpoint.ledgerEntry(batch: batch.id),
                        equals: LedgerEntry(batch: batch, position: next), "the ledger's entry")
                }
            },
            Check("a commit from another epoch, token or branch is refused and leaves nothing") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                let (head, old) = (world.position, world.position.epoch - 1)
                let strangers = [
                    TimelinePosition(branch: head.branch, epoch: old, token: 11),
                    TimelinePosition(branch: head.branch, epoch: head.epoch, token: 12),
                    TimelinePosition(
                        branch: head.branch, epoch: head.epoch + 1, token: head.token),
                    TimelinePosition(branch: 77, epoch: head.epoch, token: head.token),
                ]
                for stranger in strangers {
                    let (batch, rows) = world.makeBatch([[4, 5, 6]])
                    try require(.remoteMismatch, "a commit from \(stranger)") {
                        try world.endpoint.commit(
                            batch, rows: rows, from: stranger, to: stranger.next(token: 99))
                    }
                    try world.requireHead(head)
                    try require(
                        world.endpoint.ledgerEntry(batch: batch.id) == nil, "no entry is left")
                    let usage = try world.endpoint.usage(relation: world.relation.id)
                    try require(usage.rowCount, equals: 1, "the relation's rows")
                }
                try require(world.scan(world.request()), equals: world.rows, "the rows")
            },
            Check("the same commit again succeeds and changes nothing") {
                let world = try ConformanceWorld($0)
                let (batch, rows) = world.makeBatch([[1, 2, 3], [4, 5, 6]])
                let (base, next) = (world.position, world.position.next(token: 21))
                try world.endpoint.commit(batch, rows: rows, from: base, to: next)
                try world.endpoint.commit(batch, rows: rows, from: base, to: next)
                world.position = next
                try world.requireHead(next)
                let usage = try world.endpoint.usage(relation: world.relation.id)
                try require(usage.rowCount, equals: 2, "the relation's rows")
                try world.commit([[7, 8, 9]])
                // Also after the branch has advanced.
                try world.endpoint.commit(batch, rows: rows, from: base, to: next)
                try world.requireHead(world.position)
            },
            Check("a known batch id with another digest or position is refused") {
                let world = try ConformanceWorld($0)
                let (batch, rows) = world.makeBatch([[1, 2, 3]])
                let next = world.position.next(token: 21)
                try world.endpoint.commit(batch, rows: rows, from: world.position, to: next)
                let other = NewBatch(
                    id: batch.id, relation: batch.relation, columns: batch.columns, rowCount: 1,
                    digest: [UInt8](repeating: 9, count: 32))
                try require(.remoteMismatch, "another digest") {
                    try world.endpoint.commit(other, rows: rows, from: world.position, to: next)
                }
                try require(.remoteMismatch, "another position") {
                    try world.endpoint.commit(
                        batch, rows: rows, from: next, to: next.next(token: 31))
                }
                try world.requireHead(next)
            },
            Check("of two sessions that extend one position, one wins and the other is told") {
                let world = try ConformanceWorld($0)
                let rival = try $0.makeEndpoint()
                let (first, firstRows) = world.makeBatch([[1, 2, 3]])
                let (second, secondRows) = world.makeBatch([[4, 5, 6]])
                let base = world.position
                let (won, lost) = (base.next(token: 21), base.next(token: 22))
                try rival.commit(first, rows: firstRows, from: base, to: won)
                try require(.remoteMismatch, "the slower commit") {
                    try world.endpoint.commit(second, rows: secondRows, from: base, to: lost)
                }
                try world.requireHead(won)
                // The loser can continue from the winner's position.
                try world.endpoint.commit(
                    second, rows: secondRows, from: won, to: won.next(token: 23))
                try require(
                    rival.fence(branch: base.branch), equals: won.next(token: 23), "the head")
            },
            Check("what one session committed, every session reads") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, "one", 1.0]])
                world.endpoint = try $0.makeEndpoint()
                try require(world.scan(world.request()), equals: world.rows, "the rows")
                try world.commit([[2, "two", 2.0]])
                world.endpoint = try $0.makeEndpoint()
                try require(world.scan(world.request()), equals: world.rows, "the rows")
                try require(world.read(world.batches[1].id), equals: [[2, "two", 2.0]], "batch 2")
            },
            Check("branches of one remote have separate histories") {
                let world = try ConformanceWorld($0)
                let other = TimelinePosition(branch: 5, epoch: 0, token: 51)
                try world.endpoint.register(database: 6, position: other)
                try world.commit([[1, 2, 3]])
                try require(world.endpoint.fence(branch: 5), equals: other, "branch 5")
                let (batch, rows) = world.makeBatch([[4, 5, 6]])
                try world.endpoint.commit(
                    batch, rows: rows, from: other, to: other.next(token: 52))
                try world.requireHead(world.position)
                try require(world.scan(world.request()), equals: world.rows, "the rows")
            },
            Check("every question counts as at least one round trip") {
                let world = try ConformanceWorld($0)
                var count = world.endpoint.roundTripCount
                func requireMore(_ what: String) throws {
                    let found = world.endpoint.roundTripCount
                    try require(found > count, "\(what) made no round trip")
                    count = found
                }
                try world.commit([[1, 2, 3]])
                try requireMore("commit")
                _ = try world.endpoint.fence(branch: world.position.branch)
                try requireMore("fence")
                _ = try world.endpoint.ledgerEntry(batch: world.batches[0].id)
                try requireMore("ledgerEntry")
                _ = try world.read(world.batches[0].id)
                try requireMore("read")
                _ = try world.scan(world.request())
                try requireMore("scan")
            },
        ]
    }

    static var retirementChecks: [Check] {
        [
            Check("retiring a batch moves the branch and keeps its rows") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                let before = world.position
                let after = before.next(token: 31)
                try world.endpoint.retire(batch: batch.id, from: before, to: after)
                try world.requireHead(after)
                try require(world.read(batch.id), equals: [[1, 2, 3]], "the rows")
                // Files at the older and the newer position each see the batches that they name.
                try require(world.scan(world.request()), equals: world.rows, "rows before")
                world.position = after
                try require(world.scan(world.request()), equals: world.rows, "rows after")
            },
            Check("retiring from another epoch or token is refused and moves nothing") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                let head = world.position
                let strangers = [
                    TimelinePosition(branch: head.branch, epoch: 0, token: 11),
                    TimelinePosition(branch: head.branch, epoch: head.epoch, token: 12),
                    TimelinePosition(branch: 77, epoch: head.epoch, token: head.token),
                ]
                for stranger in strangers {
                    try require(.remoteMismatch, "a retirement from \(stranger)") {
                        try world.endpoint.retire(
                            batch: batch.id, from: stranger, to: stranger.next(token: 99))
                    }
                    try world.requireHead(head)
                }
            },
            Check("an unknown batch cannot be retired") {
                let world = try ConformanceWorld($0)
                try require(.remoteMismatch, "retiring batch 1") {
                    try world.endpoint.retire(
                        batch: 1, from: world.position, to: world.position.next(token: 31))
                }
                try world.requireHead(world.position)
            },
            Check("the same retirement again succeeds and changes nothing") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                let next = world.position.next(token: 31)
                for _ in 1...2 {
                    try world.endpoint.retire(batch: batch.id, from: world.position, to: next)
                    try world.requireHead(next)
                }
            },
            Check("confirming is idempotent, and refused for a position that the remote lacks") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                try world.endpoint.confirm(world.position)
                let next = world.position.next(token: 31)
                try world.endpoint.retire(batch: batch.id, from: world.position, to: next)
                for _ in 1...2 { try world.endpoint.confirm(next) }
                try world.requireHead(next)
                try require(world.read(batch.id), equals: [[1, 2, 3]], "the rows")
                try require(.remoteMismatch, "confirming another token") {
                    try world.endpoint.confirm(world.position.next(token: 32))
                }
            },
        ]
    }
}

extension ConformanceWorld {
    /// Throws unless the fence of the branch returns `position`.
    func requireHead(_ position: TimelinePosition) throws {
        try require(endpoint.fence(branch: position.branch), equals: position, "the branch")
        try require(
            endpoint.position(branch: position.branch), equals: position, "the branch, unlocked")
    }
}
