import Testing

@Suite struct GarbageCommandTests {
    @Test func `gc goes by the retention, and says how old a backup may be`() throws {
        let sample = try CommandSample(isStretched: true)
        #expect(try sample.run(["bring-back", "app.db", "orders"]).status == 0)
        let none = try sample.run(["gc", "app.db"])
        #expect(none.status == 0 && none.output.contains("retention is unlimited"), "\(none)")
        #expect(none.output.contains("Every backup finds all its rows."))
        let early = try sample.run(["gc", "app.db", "--older-than", "400"])
        #expect(early.status == 2 && early.errors.contains("400 days is shorter"), "\(early)")
        #expect(early.errors.contains("stretch retention FILE"))

        let set = try sample.run(["retention", "app.db", "0d", "--json"])
        #expect(set.errors.hasPrefix("warning: after the next gc, backups older than 0 seconds"))
        #expect(try set.object()["rows"] as? Int == 4)
        let dry = try sample.run(["gc", "app.db", "--dry-run"])
        #expect(dry.output.hasPrefix("Would delete 4 rows"), "\(dry)")
        #expect(dry.output.contains("find all their rows."))
        let run = try sample.run(["gc", "app.db", "--json"]).object()
        #expect(run["rows"] as? Int == 4)
        #expect(run["retentionSeconds"] as? Int == 0)
        #expect(run["completeSince"] is String)
        #expect((run["completeForSeconds"] as? Int).map { $0 < 600 } == true)
        #expect(try sample.run(["gc", "app.db", "--older-than", "-1"]).status == 2)
    }

    @Test func `a retention is shown, set and made unlimited again`() throws {
        let sample = try CommandSample(isStretched: true)
        #expect(try sample.run(["retention", "app.db"]).output.hasPrefix("Retention: unlimited."))
        let set = try sample.run(["retention", "app.db", "8w"])
        #expect(set.output.hasPrefix("Retention: 56 days (before: unlimited)."), "\(set)")
        #expect(set.errors.contains("older than 56 days"))
        let longer = try sample.run(["retention", "app.db", "60d"])
        #expect(longer.status == 0 && longer.errors.isEmpty, "\(longer)")
        let object = try sample.run(["retention", "app.db", "--json"]).object()
        #expect(object["retentionSeconds"] as? Int == 60 * 86_400)
        #expect(object["isShortened"] as? Bool == false)
        let unlimited = try sample.run(["retention", "app.db", "unlimited", "--json"]).object()
        #expect(unlimited["retentionSeconds"] == nil)
        for wrong in ["30", "-1d", "d", "99999w", "1.5h", ""] {
            #expect(try sample.run(["retention", "app.db", wrong]).status == 2, "\(wrong)")
        }
    }

    @Test func `hidden rows are counted, and erased when that is asked for`() throws {
        let sample = try CommandSample(isStretched: true)
        #expect(try sample.run(["retention", "app.db", "0s"]).status == 0)
        let delete = "DELETE FROM orders WHERE id = (SELECT min(id) FROM orders)"
        #expect(try sample.run(["query", "app.db", delete]).status == 0)
        let first = try sample.run(["gc", "app.db"])
        #expect(
            first.output.contains("Kept in batches with other rows: 1 deleted or changed"),
            "\(first)")
        let rewritten = try sample.run(["gc", "app.db", "--erase-hidden", "--json"]).object()
        #expect(rewritten["rewrittenBatches"] as? Int == 1)
        #expect(rewritten["hiddenRows"] as? Int == 0)
        #expect(rewritten["rows"] as? Int == 0)
        #expect(try sample.run(["gc", "app.db", "--json"]).object()["rows"] as? Int == 4)
        #expect(try sample.run(["verify", "app.db"]).status == 0)
    }
}
