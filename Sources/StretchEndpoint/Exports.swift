// One import gives all names that writing a remote needs.
@_exported public import StretchCore
@_exported public import StretchSQLite
