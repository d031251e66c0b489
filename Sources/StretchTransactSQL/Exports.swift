// A single import provides all names that this product's API uses.
@_exported public import StretchBackup
@_exported public import StretchCore
@_exported public import StretchEngine
@_exported public import StretchSQLite
@_exported public import TransactSQL
