"""The sales ledger: reading, checking, storing and querying lines."""
