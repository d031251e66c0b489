/// What an application does.
extension World {
    mutating func insert(_ place: Int, count: Int) {
        guard places[place].file != nil, let rows = drawRows(count) else { return }
        change(place, isDurable: false) {
            $0.hot.formUnion(rows)
            $0.oracle.formUnion(rows)
        }
        tell { "\($0.describe(place)) inserts rows \(rows)" }
    }

    /// Deletes one visible row, and puts another in its place for an update.
    mutating func delete(_ place: Int, choice: Int, isUpdate: Bool) {
        guard let file = places[place].file, let row = file.oracle.row(choice) else { return }
        let isHot = file.hot.contains(row)
        guard isHot || (open(place) && isReadable(file)) else { return }
        guard let new = isUpdate ? drawRows(1) : RowSet() else { return }
        change(place, isDurable: false) { file in
            if isHot {
                file.hot.subtract(row)
            } else {
                for index in file.manifest.indices
                where file.manifest[index].visible.contains(row) {
                    file.manifest[index].hidden.formUnion(row)
                }
            }
            file.hot.formUnion(new)
            file.oracle.subtract(row)
            file.oracle.formUnion(new)
        }
        let what = isUpdate ? "updates \(isHot ? "hot" : "cold") row" : "deletes row"
        tell { "\($0.describe(place)) \(what) \(row)\(isUpdate ? " to \(new)" : "")" }
    }

    /// Makes the cold rows of one batch hot again.
    mutating func recall(_ place: Int, choice: Int) {
        guard let file = places[place].file, !file.manifest.isEmpty, open(place),
            isReadable(file)
        else { return }
        let index = choice % file.manifest.count
        guard let rows = remote.readableRows(file.manifest[index].id) else { return }
        let recalled = rows.subtracting(file.manifest[index].hidden)
        change(place, isDurable: false) {
            $0.hot.formUnion(recalled)
            $0.manifest[index].hidden.formUnion(recalled)
        }
        tell {
            "\($0.describe(place)) recalls rows \(recalled) of batch \(file.manifest[index].id)"
        }
    }
}
