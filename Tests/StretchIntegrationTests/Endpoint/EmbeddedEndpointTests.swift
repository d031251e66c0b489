import Foundation
import Stretch
import StretchCore
import StretchEmbedded
import StretchEndpoint
import StretchEndpointTesting
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct EmbeddedEndpointTests {
    @Test(arguments: EndpointConformance.checks)
    func `the embedded endpoint keeps the contract`(_ check: EndpointConformance.Check) throws {
        try withRemotePath { path in
            try check.run(
                EndpointConformance {
                    try EmbeddedEndpoint(
                        path: path, routines: .linked, isCreating: true, owner: $0)
                })
        }
    }

    @Test(arguments: EndpointConformance.damageChecks)
    func `the embedded endpoint counts its answers`(_ check: EndpointConformance.Check) throws {
        try withRemotePath { path in
            try check.run(
                EndpointConformance(
                    makeEndpoint: {
                        try EmbeddedEndpoint(
                            path: path, routines: .linked, isCreating: true, owner: $0)
                    },
                    damage: { damage, batch, ordinal in
                        let file = try Connection(
                            path: path, access: .readWrite, routines: .linked)
                        let first = try file.integer(
                            "SELECT first_row FROM stretch_batch WHERE id = \(batch)")
                        let row = try #require(first) + ordinal
                        try file.execute(Self.sql(damage, row: row))
                    }))
        }
    }

    private static func sql(_ damage: RowDamage, row: Int64) -> String {
        switch damage {
        case .lost: "DELETE FROM rows_1 WHERE id = \(row)"
        case .doubled:
            """
            CREATE TABLE copy AS SELECT * FROM rows_1
                UNION ALL SELECT * FROM rows_1 WHERE id = \(row) ORDER BY id;
            DROP TABLE rows_1;
            ALTER TABLE copy RENAME TO rows_1
            """
        case .ofUnknownBatch: "UPDATE rows_1 SET id = 1000000 WHERE id = \(row)"
        case .beyondBatch: "UPDATE rows_1 SET id = -1 WHERE id = \(row)"
        }
    }

    // MARK: What is no remote

    @Test func `a missing file is an error, and is found when it comes back`() throws {
        try withRemotePath { path in
            let endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: false)
            expect(.remoteUnavailable) { _ = try endpoint.fence(branch: 1) }
            #expect(!FileManager.default.fileExists(atPath: path))
            let sample = try Sample(path)
            #expect(try endpoint.fence(branch: 1) == sample.position)
            #expect(try sample.keys(on: endpoint) == [1, 2])
        }
    }

    @Test func `a file that vanished is an error, also for the session that made it`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            #expect(try sample.keys(on: sample.endpoint) == [1, 2])
            try FileManager.default.removeItem(atPath: path)
            expect(.remoteUnavailable) { _ = try sample.endpoint.fence(branch: 1) }
            expect(.remoteUnavailable) { _ = try sample.keys(on: sample.endpoint) }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a file that was replaced is read anew`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            try withRemotePath { otherPath in
                let other = try Sample(otherPath, keys: [7])
                try other.fold()
                #expect(try sample.keys(on: sample.endpoint) == [1, 2])
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: path + suffix)
                }
                try FileManager.default.copyItem(atPath: otherPath, toPath: path)
            }
            #expect(try sample.keys(on: sample.endpoint, count: 1) == [7])
        }
    }

    @Test func `a file that is no database is refused and stays as it is`() throws {
        try withRemotePath { path in
            let bytes = Data(String(repeating: "not a database ", count: 500).utf8)
            try bytes.write(to: URL(fileURLWithPath: path))
            expect(.wrongState) {
                _ = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: true)
            }
            let endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: false)
            expect(.wrongState) { try endpoint.register(database: 1, position: Sample.start) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
    }

    @Test func `another program's database is refused and stays as it is`() throws {
        try withRemotePath { path in
            let foreign = try Connection(path: path, access: .create, routines: .linked)
            try foreign.execute("CREATE TABLE notes(a); INSERT INTO notes VALUES (1)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            expect(.wrongState) {
                _ = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: true)
            }
            let endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: false)
            expect(.wrongState) { try endpoint.register(database: 1, position: Sample.start) }
            expect(.wrongState) { _ = try endpoint.fence(branch: 1) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
    }

    @Test func `an empty file becomes a remote by registering, and is none before`() throws {
        try withRemotePath { path in
            try Data().write(to: URL(fileURLWithPath: path))
            let endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: false)
            #expect(try endpoint.fence(branch: 1) == nil)
            expect(.remoteMismatch) { _ = try endpoint.scan(Sample.request(at: Sample.start)) }
            try endpoint.register(database: 1, position: Sample.start)
            #expect(try endpoint.fence(branch: 1) == Sample.start)
        }
    }

    @Test func `a newer format is refused`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            try sample.execute("UPDATE stretch_remote SET format = format + 1")
            let endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: false)
            expect(.wrongState) { _ = try endpoint.fence(branch: 1) }
            expect(.wrongState) { try endpoint.register(database: 1, position: Sample.start) }
        }
    }

    // MARK: Damage and limits

    @Test func `a remote that cannot be written is read, and its commits say so`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            // A copy has a rollback journal, and needs no file beside it to be read. Rights do not
            // bind the superuser; a format that a later SQLite writes binds everyone:
            // https://sqlite.org/fileformat2.html#file_format_version_numbers
            let copy = path + ".copy"
            try sample.execute("VACUUM INTO '\(copy)'")
            let file = try #require(FileHandle(forUpdatingAtPath: copy))
            try file.seek(toOffset: 18)
            try file.write(contentsOf: [3])
            try file.close()
            let endpoint = try EmbeddedEndpoint(path: copy, routines: .linked, isCreating: false)
            #expect(try sample.keys(on: endpoint) == [1, 2])
            expect(.remoteUnavailable) { _ = try endpoint.fence(branch: 1) }
        }
    }

    @Test func `a batch that the ledger lost is reported, not left out`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            try sample.execute("DELETE FROM stretch_batch")
            let endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: false)
            expect(.remoteMismatch) { _ = try sample.keys(on: endpoint) }
            expect(.remoteMismatch) { _ = try sample.read(on: endpoint) }
        }
    }

    @Test(arguments: [
        "UPDATE stretch_batch SET columns = 'none'", "UPDATE stretch_batch SET digest = 5",
        "DELETE FROM stretch_history WHERE epoch = 1",
    ])
    func `a damaged ledger entry is reported`(_ damage: String) throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            try sample.execute(damage)
            expect(.damaged) { _ = try sample.endpoint.ledgerEntry(batch: Sample.batch) }
        }
    }

    @Test func `a batch that lost a row is reported when it is read back`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            #expect(try sample.read(on: sample.endpoint) == [1, 2])
            try sample.execute("DELETE FROM rows_1 WHERE id = 1")
            expect(.damaged) { _ = try sample.read(on: sample.endpoint) }
        }
    }

    @Test(arguments: ["DROP TABLE rows_1", "DROP TABLE stretch_history"])
    func `a lost table is reported as damage`(_ damage: String) throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            try sample.execute(damage)
            expect(.damaged) { _ = try sample.keys(on: sample.endpoint) }
        }
    }

    @Test(arguments: ["id", "4 - id"])
    func `a branch that descends from itself is damage, and questions end`(
        _ parent: String
    ) throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            let child = TimelinePosition(branch: 3, epoch: 1, token: 9)
            let endpoint = sample.endpoint
            try endpoint.fork(child, of: sample.position, database: 7, without: [])
            try sample.execute("UPDATE stretch_branch SET parent = \(parent), fork_epoch = 0")
            let other = TimelinePosition(branch: 5, epoch: 1, token: 6)
            expect(.damaged) { _ = try endpoint.batches(seenAt: child) }
            expect(.damaged) { _ = try endpoint.hasCollectedBatch(seenAt: child) }
            expect(.damaged) {
                try endpoint.fork(other, of: sample.position, database: 7, without: [])
            }
            expect(.damaged) { try endpoint.setDropped(false, branch: 3) }
        }
    }

    @Test func `VACUUM and VACUUM INTO keep every row at its location`() throws {
        try withRemotePath { path in
            let sample = try Sample(path, keys: [1, 2, 3])
            try sample.execute("DELETE FROM rows_1 WHERE c1 = 1; VACUUM")
            #expect(try sample.locations(on: sample.endpoint, from: 2) == [1, 2])
            try sample.execute("VACUUM INTO '\(path).copy'")
            let copy = try EmbeddedEndpoint(
                path: path + ".copy", routines: .linked, isCreating: false)
            #expect(try sample.locations(on: copy, from: 2) == [1, 2])
        }
    }

    @Test func `more columns than a table can have are refused`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            let columns = (1...2_000).map {
                RemoteColumn(id: $0, name: "c", affinity: .blob, defaultValue: .null)
            }
            var relation = Relation(
                id: 9, name: "wide", columns: columns, key: Sample.relation.key, indexes: [])
            expect(.unsupported) { try sample.endpoint.provision(relation) }
            relation.columns.removeLast()
            try sample.endpoint.provision(relation)
            relation.columns = columns
            expect(.unsupported) { try sample.endpoint.provision(relation) }
            #expect(try sample.endpoint.usage(relation: 9).rowCount == 0)
        }
    }

    @Test func `a column's id never gets a second meaning`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            var relation = Sample.relation
            relation.columns = [
                RemoteColumn(id: 1, name: "key", affinity: .blob, defaultValue: "other")
            ]
            expect(.schemaMismatch) { try sample.endpoint.provision(relation) }
        }
    }

    @Test func `a commit that fails halfway leaves nothing`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            // A row where the ledger has none stops the second row of the batch.
            try sample.execute("INSERT INTO rows_1 VALUES (4, 'foreign')")
            let rows = RowBuffer(columnCount: 1)
            for key in 1...2 as ClosedRange<Int64> {
                rows.beginRow(identifier: key)
                rows.append(key)
            }
            let batch = NewBatch(id: 51, relation: 2, columns: [1], rowCount: 2, digest: [1])
            expect(.damaged) {
                try sample.endpoint.commit(
                    batch, rows: rows, from: sample.position, to: sample.position.next(token: 9))
            }
            #expect(try sample.endpoint.fence(branch: 1) == sample.position)
            #expect(try sample.endpoint.ledgerEntry(batch: 51) == nil)
            #expect(try sample.connection.integer("SELECT count(*) FROM rows_1") == 3)
        }
    }

    @Test func `a confirmation records the file's time once`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            let next = sample.position.next(token: 9)
            try sample.endpoint.retire(batch: Sample.batch, from: sample.position, to: next)
            let confirmed = "SELECT confirmed_at FROM stretch_retirement"
            #expect(try sample.connection.string(confirmed) == nil)
            // A file that has not reached the retirement does not confirm it.
            try sample.endpoint.confirm(sample.position)
            #expect(try sample.connection.string(confirmed) == nil)
            try sample.endpoint.confirm(next)
            let time = try #require(try sample.connection.string(confirmed))
            try sample.endpoint.confirm(next)
            #expect(try sample.connection.string(confirmed) == time)
        }
    }

    @Test func `a scan of one page is one round trip, and each further page is one more`() throws {
        try withRemotePath { path in
            let sample = try Sample(path, keys: Array(1...10))
            let before = sample.endpoint.roundTripCount
            let scan = try sample.endpoint.scan(Sample.request(at: sample.position, count: 10))
            let page = RowBuffer(columnCount: 1)
            _ = try scan.nextPage(into: page, maximumRowCount: 6)
            #expect(sample.endpoint.roundTripCount == before + 1)
            _ = try scan.nextPage(into: page, maximumRowCount: 6)
            #expect(sample.endpoint.roundTripCount == before + 2)
            _ = try scan.nextPage(into: page, maximumRowCount: 6)
            #expect(sample.endpoint.roundTripCount == before + 2)
        }
    }

    @Test func `no read transaction outlives its scan`() throws {
        try withRemotePath { path in
            let sample = try Sample(path)
            let page = RowBuffer(columnCount: 1)
            let scan = try sample.endpoint.scan(Sample.request(at: sample.position))
            // Without readers a truncating checkpoint succeeds; with one it is busy.
            #expect(try sample.checkpoint() == 1)
            while try scan.nextPage(into: page, maximumRowCount: 10) {}
            #expect(try sample.checkpoint() == 0)
            _ = try sample.endpoint.scan(Sample.request(at: sample.position))
            #expect(try sample.checkpoint() == 0)
        }
    }
}
