/// Makes a failing list of steps short: delta debugging, then smaller steps.
///
/// Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002.
enum Shrinker {
    static func shrink(
        _ operations: [Operation], fails: ([Operation]) -> Bool
    ) -> [Operation] {
        var shortest = operations
        while true {
            let shorter = simplify(removeChunks(shortest, fails: fails), fails: fails)
            if shorter == shortest { return shortest }
            shortest = shorter
        }
    }

    /// Leaves chunks out, from halves down to single steps.
    private static func removeChunks(
        _ operations: [Operation], fails: ([Operation]) -> Bool
    ) -> [Operation] {
        var operations = operations
        var length = max(operations.count / 2, 1)
        while true {
            var start = 0
            while start < operations.count {
                var candidate = operations
                candidate.removeSubrange(start..<min(start + length, operations.count))
                if fails(candidate) {
                    operations = candidate
                } else {
                    start += length
                }
            }
            if length == 1 { return operations }
            length = max(length / 2, 1)
        }
    }

    private static func simplify(
        _ operations: [Operation], fails: ([Operation]) -> Bool
    ) -> [Operation] {
        var operations = operations
        for index in operations.indices {
            // Each form is smaller than the last: this ends.
            while let smaller = operations[index].simplified.first(where: { form in
                var candidate = operations
                candidate[index] = form
                return fails(candidate)
            }) {
                operations[index] = smaller
            }
        }
        return operations
    }
}
