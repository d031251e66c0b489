// A single import provides all names needed to implement a remote.
@_exported public import StretchCore
@_exported public import StretchSQLite
